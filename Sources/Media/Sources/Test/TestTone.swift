import Glibc

/// The sound of the test source: 440 Hz at -20 dBFS, and at each full second of Unix time a click of 5 ms at -3 dBFS.
///
/// Levels are of a sine's peak against full scale (AES17: a full-scale sine is 0 dBFS). The click is ten periods of 2 kHz,
/// which a voice codec carries. A sample is a function of its time alone, so every machine's tone is in step with its clock.
public struct TestTone: Sendable {
    /// Amplitude of -20 dBFS.
    static let toneAmplitude = 0.1
    /// Amplitude of -3 dBFS.
    static let clickAmplitude = 0.707_945_784
    /// 5 ms.
    static let clickSamples = 240

    /// The tone repeats after 1200 samples (11 periods), a divisor of a second.
    private let tone: [Int16]
    private let click: [Int16]

    public init() {
        func sine(_ frequency: Double, _ amplitude: Double, _ count: Int) -> [Int16] {
            (0..<count).map { index in
                let phase = 2 * Double.pi * frequency * Double(index) / Double(AudioFormat.sampleRate)
                return Int16((amplitude * 32767 * sin(phase)).rounded())
            }
        }
        tone = sine(440, Self.toneAmplitude, 1200)
        click = sine(2_000, Self.clickAmplitude, Self.clickSamples)
    }

    /// The sample number that a Unix time in nanoseconds falls on.
    public static func sample(atUnixNanoseconds time: Int64) -> Int64 {
        let (seconds, rest) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
        return seconds &* Int64(AudioFormat.sampleRate) &+ rest * Int64(AudioFormat.sampleRate) / 1_000_000_000
    }

    /// The sound from a sample on, counted from the Unix epoch at 48 kHz.
    public func samples(from first: Int64, count: Int) -> [Int16] {
        let rate = Int64(AudioFormat.sampleRate)
        var position = Int(((first % rate) + rate) % rate)
        return (0..<max(0, count)).map { _ in
            let sample = position < Self.clickSamples ? click[position] : tone[position % tone.count]
            position = position + 1 == AudioFormat.sampleRate ? 0 : position + 1
            return sample
        }
    }
}
