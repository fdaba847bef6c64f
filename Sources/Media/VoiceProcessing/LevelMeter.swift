import Glibc
import MediaSources

/// How loud sound is, as a meter shows it: up at once, down slowly.
public struct LevelMeter: Sendable {
    /// What a meter shows as nothing, in decibels relative to a full-scale sine.
    public static let floor = -60.0
    /// Decibels by which it falls in a second.
    private static let fall = 40.0

    /// In decibels relative to a full-scale sine: ``floor``...0.
    public private(set) var decibels = LevelMeter.floor

    public init() {}

    public mutating func measure(_ samples: [Int16]) {
        guard !samples.isEmpty else { return }
        let fallen = decibels - Self.fall * Double(samples.count) / Double(AudioFormat.sampleRate)
        decibels = min(0, max(Self.decibels(of: samples), fallen, Self.floor))
    }

    /// The level of a piece of sound.
    public static func decibels(of samples: [Int16]) -> Double {
        var sum: Int64 = 0
        for sample in samples { sum &+= Int64(sample) &* Int64(sample) }
        // A full-scale sine has half the energy of a full-scale square.
        let mean = Double(sum) / Double(max(1, samples.count)) / (32_768 * 32_768 / 2)
        return mean > 0 ? 10 * log10(mean) : -.infinity
    }
}
