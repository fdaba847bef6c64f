import Glibc
import MediaSources

/// Plays a sound and records at the same time, to find out whether both work.
public struct SoundTest: Sendable {
    /// Whether the speaker took the sound.
    public var isPlayed = false
    /// Whether the microphone delivered anything.
    public var isRecorded = false
    /// Times that the speaker ran out of sound.
    public var underflowCount = 0
    /// How long a sample takes until it is heard.
    public var speakerDelay: Duration?
    /// The loudest 100 ms that were recorded, in decibels relative to a full-scale sine; nil for digital silence.
    public var levelDecibels: Double?
    /// Whether the microphone heard what was played.
    public var isEchoHeard = false
    /// Whether the sound server takes the speaker's sound out of the microphone's.
    public var serverCancelsEcho = false
    /// What the devices have to say, a sentence each.
    public var notes: [String] = []

    /// 1 kHz, which every speaker and microphone carries.
    private static let frequency = 1_000.0
    /// -20 dBFS: heard, and no shock.
    private static let amplitude = 3_277.0

    /// Runs the test; the caller is blocked for a little more than `duration`.
    ///
    /// - Parameters:
    ///   - microphone: a source by its name; nil for the server's choice.
    ///   - speaker: a sink by its name; nil for the server's choice.
    ///   - onLevel: told the level of each 100 ms, in decibels, for a meter.
    public init(
        microphone: String? = nil, speaker: String? = nil, server: String? = nil, duration: Duration = .seconds(2),
        onLevel: @escaping @Sendable (Double) -> Void = { _ in }
    ) {
        let notes = Monitor<[String]>([])
        let recorded = Monitor<[Int16]>([])
        let position = Monitor(0)
        let playback = SpeakerPlayback(device: speaker, server: server) { note in notes.withLock { $0.append(note) } }
        let source = MicrophoneSource(device: microphone, server: server, chunkSamples: AudioFormat.blockSamples) { note in
            notes.withLock { $0.append(note) }
        }
        source.start { chunk in
            let piece = recorded.withLock { recorded -> [Int16]? in
                recorded += chunk.samples
                return recorded.count.isMultiple(of: Self.piece) ? Array(recorded.suffix(Self.piece)) : nil
            }
            if let piece { onLevel(Self.decibels(piece[...])) }
        }
        playback.start {
            let first = position.withLock { position in
                defer { position += AudioFormat.blockSamples }
                return position
            }
            // On and off each 250 ms, so that it is told from a hum.
            let isOn = (first / 12_000).isMultiple(of: 2)
            return (first..<(first + AudioFormat.blockSamples)).map { isOn ? Int16(Self.amplitude * sin(Self.phase($0))) : 0 }
        }
        let deadline = MediaClock.monotonicNanoseconds + duration.wholeNanoseconds
        _ = Monitor(()).wait(until: deadline) { _ in nil as Bool? }
        isPlayed = playback.isRunning
        isRecorded = source.isRunning
        underflowCount = playback.underflowCount
        speakerDelay = playback.delay
        serverCancelsEcho = source.cancelsEcho
        source.stop()
        playback.stop()
        self.notes = notes.withLock { $0 }
        let samples = recorded.withLock { $0 }
        let pieces = stride(from: 0, to: samples.count - Self.piece + 1, by: Self.piece).map { samples[$0..<($0 + Self.piece)] }
        let loudest = pieces.map(Self.decibels).max() ?? -.infinity
        levelDecibels = loudest.isFinite ? loudest : nil
        // The tone is heard if some pieces are mostly tone.
        isEchoHeard = pieces.filter { Self.tonality($0) > 0.5 && Self.decibels($0) > -60 }.count >= 2
    }

    /// 100 ms.
    private static let piece = 4_800

    private static func phase(_ sample: Int) -> Double { 2 * .pi * frequency * Double(sample % AudioFormat.sampleRate) / 48_000 }

    private static func decibels(_ samples: ArraySlice<Int16>) -> Double {
        let energy = samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(max(1, samples.count))
        return energy > 0 ? 10 * log10(energy / (32_768 * 32_768 / 2)) : -.infinity
    }

    /// The part of the energy that lies at the tone's frequency: 0...1.
    private static func tonality(_ samples: ArraySlice<Int16>) -> Double {
        var (real, imaginary, energy) = (0.0, 0.0, 0.0)
        for (index, sample) in samples.enumerated() {
            let value = Double(sample)
            real += value * cos(phase(index))
            imaginary += value * sin(phase(index))
            energy += value * value
        }
        return energy > 0 ? 2 * (real * real + imaginary * imaginary) / (energy * Double(samples.count)) : 0
    }
}
