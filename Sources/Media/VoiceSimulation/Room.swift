import Glibc

/// A room in which a microphone hears a speaker: the way that sound takes there, simulated.
public struct Room: Sendable {
    /// From the samples' being given to the speaker until their echo's beginning arrives with the microphone's, in milliseconds.
    public var delayMilliseconds: Int
    /// How much quieter all of the echo is than what is played, in decibels.
    public var returnDecibels = -10.0
    /// Parts per million by which the microphone's clock is slower than the speaker's.
    public var driftPartsPerMillion = 0.0
    /// How far the speaker bends loud sound: 0 for a perfect one, 2 for a laptop's.
    public var distortion = 0.0

    public init(delayMilliseconds: Int) {
        self.delayMilliseconds = delayMilliseconds
    }

    /// What the microphone hears of `played`, 48 kHz.
    public func echo(of played: [Int16]) -> [Double] {
        let reflections = reflections
        let delay = delayMilliseconds * 48
        let sound = distortion > 0 ? bent(played) : played.map { Double($0) }
        return (0..<played.count).map { index in
            let position = Double(index) * (1 - driftPartsPerMillion / 1e6)
            let (whole, fraction) = (Int(position), position - position.rounded(.down))
            var sum = 0.0
            for reflection in reflections {
                let source = whole - delay - reflection.lag
                guard source >= 0, source + 1 < sound.count else { continue }
                sum += reflection.gain * (sound[source] * (1 - fraction) + sound[source + 1] * fraction)
            }
            return sum
        }
    }

    /// The direct sound, then walls for 60 ms, ever quieter.
    private var reflections: [(lag: Int, gain: Double)] {
        var random = Noise(seed: 7)
        var taps = [(lag: 0, gain: 1.0)]
        for lag in stride(from: 37, to: 2_880, by: 37) { taps.append((lag, random.next() * exp(-Double(lag) / 480) * 0.15)) }
        let energy = taps.reduce(0) { $0 + $1.gain * $1.gain }
        let scale = pow(10, returnDecibels / 20) / energy.squareRoot()
        return taps.map { ($0.lag, $0.gain * scale) }
    }

    private func bent(_ played: [Int16]) -> [Double] {
        let peak = Double(played.map { abs(Int($0)) }.max() ?? 1)
        return played.map { peak * tanh(distortion * Double($0) / max(1, peak)) / distortion }
    }
}

/// White noise of -1...1, always the same from the same seed.
public struct Noise: Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(Int64(bitPattern: state) >> 11) / Double(1 << 52)
    }
}
