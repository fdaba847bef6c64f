/// A piece of sound: 48 kHz, one channel, 16 bits.
public struct AudioChunk: Sendable {
    public var samples: [Int16]
    /// When the first sample was captured, by ``MediaClock/now``.
    public var timestamp: Duration

    public init(samples: [Int16], timestamp: Duration) {
        self.samples = samples
        self.timestamp = timestamp
    }
}

/// The one form in which sound travels between the parts of the program.
public enum AudioFormat {
    /// In samples a second.
    public static let sampleRate = 48_000
    /// Samples in 20 ms: what one Opus packet carries.
    public static let packetSamples = 960
    /// Samples in 10 ms: what playback takes at a time.
    public static let blockSamples = 480
}

/// Where sound comes from: a microphone, a file, the test tone, silence.
///
/// As with ``VideoSource``, `onChunk` is called on the source's own thread, in real time. Chunks follow one another without a
/// gap; a source that has nothing to say sends silence.
public protocol AudioSource: AnyObject, Sendable {
    /// Samples in each chunk: 960 (20 ms) or 480 (10 ms).
    var chunkSamples: Int { get }

    /// Whether somebody else has taken the speaker's sound out of it already.
    var cancelsEcho: Bool { get }

    /// Begins. Does nothing when already started.
    func start(onChunk: @escaping @Sendable (AudioChunk) -> Void)

    /// Ends; after the return `onChunk` is not called any more. ``start(onChunk:)`` may follow.
    func stop()
}

extension AudioSource {
    public var cancelsEcho: Bool { false }
}
