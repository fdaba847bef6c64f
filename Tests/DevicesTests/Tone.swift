import Foundation
import MediaSources

/// A tone of 400 Hz, whose level is -20 dB against full scale (RMS), from one pull to the next.
final class Tone: Sendable {
    /// A period, which is exactly as many samples.
    static let period = 120

    private let position = Monitor(0)
    let pulls = Collector<Duration>()

    func next() -> [Int16] {
        pulls.add(MediaClock.now)
        let start = position.withLock { position in
            defer { position += 480 }
            return position
        }
        return (0..<480).map { Int16(4_634 * sin(2 * Double.pi * 400 * Double(start + $0) / 48_000)) }
    }

    /// Root mean square, in dB of full scale.
    static func level(_ samples: [Int16]) -> Double {
        let power = samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(max(1, samples.count))
        return 10 * log10(power / (32_767.0 * 32_767.0) + 1e-12)
    }

    /// Whether the samples are this tone from the first to the last, at its level.
    static func isHeard(in samples: [Int16]) -> Bool {
        abs(level(samples) + 20) < 1 && breaks(in: samples) == 0
    }

    /// How often the tone breaks off or jumps: there a sample is not what it was a period ago, which spreads over the whole spectrum.
    static func breaks(in samples: [Int16]) -> Int {
        var count = 0
        var index = period
        while index < samples.count {
            if abs(Int(samples[index]) - Int(samples[index - period])) > 8 {
                count += 1
                index += period
            }
            index += 1
        }
        return count
    }
}
