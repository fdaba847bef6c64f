public import MediaSources

/// Where the sound of a call goes: a speaker, a file, nowhere.
///
/// A playback asks for sound in real time, on a thread of its own, whatever becomes of its device: the call behind it always
/// goes on.
public protocol AudioPlayback: AnyObject, Sendable {
    /// Begins. Never blocks on a device; does nothing when already started.
    ///
    /// - Parameter pull: asked every 10 ms, on the playback's thread, for 480 samples of 48 kHz mono. What is missing from
    ///   fewer is silence.
    func start(pull: @escaping AudioPull)

    /// Ends; after the return `pull` is not called any more. ``start(pull:)`` may follow.
    func stop()

    /// Times that the device ran out of sound.
    var underflowCount: Int { get }

    /// How long a sample takes from `pull` to the air; nil while not known.
    var delay: Duration? { get }
}

/// Gives the next 10 ms of sound.
public typealias AudioPull = @Sendable () -> [Int16]

/// Sound that nobody hears, taken in real time.
public final class NullPlayback: AudioPlayback {
    private let pacing = PacedAudio(name: "null playback", chunkSamples: AudioFormat.blockSamples)

    public init() {}

    public func start(pull: @escaping AudioPull) {
        pacing.start { _ in _ = pull() }
    }

    public func stop() {
        pacing.stop()
    }

    public var underflowCount: Int { 0 }
    public var delay: Duration? { nil }
}

/// Keeps in a WAV file what would be heard, in real time.
public final class FilePlayback: AudioPlayback {
    private let writer: WAVWriter
    private let onNote: @Sendable (String) -> Void
    private let pacing = PacedAudio(name: "file playback", chunkSamples: AudioFormat.blockSamples)

    /// Makes the file, or empties it.
    ///
    /// - Parameter onNote: told once when writing fails, and the sound goes nowhere from then on.
    /// - Throws: a sentence if the file cannot be made.
    public init(path: String, onNote: @escaping @Sendable (String) -> Void = { _ in }) throws(MediaError) {
        writer = try WAVWriter(path: path)
        self.onNote = onNote
    }

    public func start(pull: @escaping AudioPull) {
        let (writer, onNote) = (writer, onNote)
        pacing.start { _ in
            do {
                try writer.append(pull().filled(to: AudioFormat.blockSamples))
            } catch {
                onNote("\(error)")
            }
        }
    }

    /// Ends, and brings the file's header up to date; what follows a new start is appended.
    public func stop() {
        pacing.stop()
        writer.updateHeader()
    }

    public var underflowCount: Int { 0 }
    public var delay: Duration? { nil }
}

extension [Int16] {
    /// The samples, cut or completed with silence to a length.
    func filled(to length: Int) -> [Int16] {
        if count == length { return self }
        return Array(prefix(length)) + Array(repeating: 0, count: Swift.max(0, length - count))
    }
}
