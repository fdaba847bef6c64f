/// Shortens or lengthens sound without a change of pitch: a piece as long as a few periods is left out or repeated where the
/// sound resembles itself, and the seam is crossfaded (waveform-similarity overlap-add).
package enum TimeStretcher {
    package enum Direction: Sendable {
        case shorten
        case lengthen
    }

    /// Samples over which the seam is crossfaded: 10 ms at 48 kHz.
    package static let overlap = 480
    /// How much may be left out or repeated at once: 2.5 to 15 ms, the periods of voices between 400 and 67 Hz.
    package static let lags = 120...720
    /// With so many samples to come, the longest piece can be left out. Fewer limit it; repeating needs only ``overlap``.
    package static let lookahead = lags.upperBound + overlap

    /// The search runs on every sixth sample at first: 8 kHz.
    private static let decimation = 6
    /// Below this mean square (about -54 dBFS) any place is as good as another.
    private static let silence = 4000.0

    /// Changes `sound` from its first sample on: it jumps one piece ahead, or back into what was played before.
    ///
    /// - Parameters:
    ///   - history: what was played last; its last ``lags`` samples are of use.
    ///   - maximumLag: by how many samples it may grow or shrink at most.
    ///   - minimumSimilarity: the normalised correlation, up to 1, below which nothing is changed.
    /// - Returns: by how many samples `sound` grew or shrank; 0 if there was too little of it or no place was good enough.
    package static func stretch(
        _ sound: inout [Int16], after history: some Collection<Int16>, _ direction: Direction,
        maximumLag: Int = lags.upperBound, minimumSimilarity: Double
    ) -> Int {
        var whole = Array(history.suffix(lags.upperBound))
        let now = whole.count
        let longest = min(maximumLag, direction == .shorten ? sound.count - overlap : now)
        guard sound.count >= overlap, longest >= lags.lowerBound else { return 0 }
        let possible = lags.lowerBound...min(lags.upperBound, longest)
        whole.append(contentsOf: sound.prefix(lookahead))
        let search = Search(sound: whole.map { Double($0) }, now: now, sign: direction == .shorten ? 1 : -1)
        let lag: Int
        if search.meanSquare < silence {
            lag = possible.upperBound
        } else {
            let best = search.best(of: possible)
            guard best.similarity >= minimumSimilarity else { return 0 }
            lag = best.lag
        }
        // The sound goes on as it does one lag later, or as it did one lag ago.
        let joined = now + (direction == .shorten ? lag : -lag)
        var seam: [Int16] = []
        seam.reserveCapacity(overlap + lag)
        for index in 0..<overlap {
            let (leaving, joining) = (Int(whole[now + index]), Int(whole[joined + index]))
            let weight = index + 1
            seam.append(Int16((leaving * (overlap + 1 - weight) + joining * weight) / (overlap + 1)))
        }
        let next = joined + overlap - now
        if next < 0 { seam.append(contentsOf: whole[(now + next)..<now]) }
        sound.replaceSubrange(0..<max(0, next), with: seam)
        return lag
    }

    /// Looks for the distance at which the sound most resembles what comes now.
    private struct Search {
        let sound: [Double]
        /// Where in `sound` the first sample stands that is to be played.
        let now: Int
        /// 1 to look ahead, -1 to look back.
        let sign: Int

        var meanSquare: Double {
            sound.reduce(0) { $0 + $1 * $1 } / Double(max(1, sound.count))
        }

        func best(of lags: ClosedRange<Int>) -> (lag: Int, similarity: Double) {
            let start = now % decimation
            var coarse: [Double] = []
            for index in stride(from: start, through: sound.count - decimation, by: decimation) {
                coarse.append(sound[index..<(index + decimation)].reduce(0, +))
            }
            let rough = Self.best(
                of: (lags.lowerBound / decimation)...(lags.upperBound / decimation), in: coarse, at: (now - start) / decimation,
                over: overlap / decimation, sign: sign)
            let centre = rough.lag * decimation
            let near = lags.clamped(to: (centre - decimation)...(centre + decimation))
            return Self.best(of: near, in: sound, at: now, over: overlap, sign: sign)
        }

        private static func best(
            of lags: ClosedRange<Int>, in sound: [Double], at now: Int, over length: Int, sign: Int
        ) -> (lag: Int, similarity: Double) {
            var best = (lag: lags.lowerBound, similarity: -1.0)
            sound.withUnsafeBufferPointer { sound in
                var energy = 0.0
                for index in now..<(now + length) { energy += sound[index] * sound[index] }
                for lag in lags {
                    let other = now + sign * lag
                    guard other >= 0, other + length <= sound.count else { continue }
                    var product = 0.0
                    var otherEnergy = 0.0
                    for index in 0..<length {
                        product += sound[now + index] * sound[other + index]
                        otherEnergy += sound[other + index] * sound[other + index]
                    }
                    let similarity = energy > 0 && otherEnergy > 0 ? product / (energy * otherEnergy).squareRoot() : 0
                    if similarity > best.similarity { best = (lag, similarity) }
                }
            }
            return best
        }
    }
}
