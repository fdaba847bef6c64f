/// Shortens or lengthens sound without a change of pitch: a piece as long as a few periods is taken out or repeated where the
/// sound resembles itself, and the seam is crossfaded (waveform-similarity overlap-add).
package enum TimeStretcher {
    package enum Direction: Sendable {
        case shorten
        case lengthen
    }

    /// Samples over which the seam is crossfaded: 10 ms at 48 kHz.
    package static let overlap = 480
    /// How much may be taken out or repeated at once: 2.5 to 15 ms, the periods of voices between 400 and 67 Hz.
    package static let lags = 120...720
    /// How many samples ``stretch(_:_:minimumSimilarity:)`` needs.
    package static let samplesNeeded = lags.upperBound + overlap

    /// The search runs on every sixth sample at first: 8 kHz.
    private static let decimation = 6
    /// Below this mean square (about -54 dBFS) any place is as good as another.
    private static let silence = 4000.0

    /// Stretches the beginning of `sound`, which must be at least ``samplesNeeded`` long.
    ///
    /// - Parameter minimumSimilarity: the normalised correlation, up to 1, below which nothing is changed.
    /// - Returns: by how many samples `sound` was changed; 0 if no place was good enough.
    package static func stretch(_ sound: inout [Int16], _ direction: Direction, minimumSimilarity: Double) -> Int {
        guard sound.count >= samplesNeeded else { return 0 }
        let lag: Int
        if meanSquare(sound[..<samplesNeeded]) < silence {
            lag = lags.upperBound
        } else {
            let best = bestLag(sound)
            guard best.similarity >= minimumSimilarity else { return 0 }
            lag = best.lag
        }
        switch direction {
        case .shorten:
            // From here on the sound goes as it does one lag later.
            for index in 0..<overlap { sound[index] = mix(sound[index], sound[index + lag], index) }
            sound.removeSubrange(overlap..<(overlap + lag))
        case .lengthen:
            // One lag later the sound goes once more as it does from here on.
            let seam = (0..<overlap).map { mix(sound[$0 + lag], sound[$0], $0) }
            sound = sound[..<lag] + seam + sound[overlap...]
        }
        return lag
    }

    private static func mix(_ from: Int16, _ to: Int16, _ index: Int) -> Int16 {
        let weight = index + 1
        return Int16((Int(from) * (overlap + 1 - weight) + Int(to) * weight) / (overlap + 1))
    }

    private static func meanSquare(_ sound: ArraySlice<Int16>) -> Double {
        var sum = 0.0
        for sample in sound { sum += Double(sample) * Double(sample) }
        return sum / Double(max(1, sound.count))
    }

    /// The distance at which the sound most resembles its first samples.
    private static func bestLag(_ sound: [Int16]) -> (lag: Int, similarity: Double) {
        let coarse = stride(from: 0, to: samplesNeeded, by: decimation).map { start in
            var sum = 0
            for index in start..<(start + decimation) { sum += Int(sound[index]) }
            return Double(sum)
        }
        let fine = sound[..<samplesNeeded].map(Double.init)
        let rough = best(of: (lags.lowerBound / decimation)...(lags.upperBound / decimation), in: coarse, over: overlap / decimation)
        let centre = rough.lag * decimation
        let near = max(lags.lowerBound, centre - decimation)...min(lags.upperBound, centre + decimation)
        return best(of: near, in: fine, over: overlap)
    }

    private static func best(of lags: ClosedRange<Int>, in sound: [Double], over length: Int) -> (lag: Int, similarity: Double) {
        var best = (lag: lags.lowerBound, similarity: -1.0)
        sound.withUnsafeBufferPointer { sound in
            var energy = 0.0
            for index in 0..<length { energy += sound[index] * sound[index] }
            for lag in lags where lag + length <= sound.count {
                var product = 0.0
                var other = 0.0
                for index in 0..<length {
                    product += sound[index] * sound[index + lag]
                    other += sound[index + lag] * sound[index + lag]
                }
                let similarity = energy > 0 && other > 0 ? product / (energy * other).squareRoot() : 0
                if similarity > best.similarity { best = (lag, similarity) }
            }
        }
        return best
    }
}
