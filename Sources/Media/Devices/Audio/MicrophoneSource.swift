public import MediaSources
import Synchronization

/// A microphone of a PulseAudio server (or PipeWire in its place).
///
/// While the server or the device is not there, not yet or not any more, or stands still, it gives silence in real time.
public final class MicrophoneSource: AudioSource {
    public let chunkSamples: Int
    private let device: String?
    private let server: String?
    private let onNote: @Sendable (String) -> Void
    private let session = Mutex<DeviceSession?>(nil)

    /// - Parameters:
    ///   - device: the name of a source, as ``AudioDevices`` lists them; nil for the server's choice.
    ///   - server: an address, as in PULSE_SERVER; nil for the usual one.
    ///   - chunkSamples: 960 (20 ms) or 480 (10 ms).
    ///   - onNote: told on any thread, in one sentence each, what a person should know: no server, no such device, back again.
    public init(
        device: String? = nil, server: String? = nil, chunkSamples: Int = AudioFormat.packetSamples,
        onNote: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.device = device
        self.server = server
        self.chunkSamples = max(AudioFormat.blockSamples, chunkSamples)
        self.onNote = onNote
    }

    deinit {
        stop()
    }

    public func start(onChunk: @escaping @Sendable (AudioChunk) -> Void) {
        session.withLock { session in
            guard session == nil else { return }
            let feed = CaptureFeed(chunkSamples: chunkSamples, onChunk)
            session = DeviceSession(.capture, kind: "microphone", device: device, server: server, feed: feed, onNote: onNote) {
                $0.capture = { feed.take($0, latency: $1) }
                $0.captureSamples = chunkSamples
            }
        }
    }

    public func stop() {
        session.withLock { $0.take() }?.close()
    }

    /// Whether the sound comes from the device now.
    public var isRunning: Bool { current?.device != nil }

    public var cancelsEcho: Bool { current?.device?.cancelsEcho ?? false }

    private var current: DeviceSession? { session.withLock { $0 } }
}
