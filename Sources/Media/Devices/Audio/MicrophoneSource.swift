import CPulse
public import MediaSources
import Synchronization

/// A microphone of a PulseAudio server (or PipeWire in its place).
///
/// While the server is not there, not yet or not any more, or stands still, it gives silence in real time.
public final class MicrophoneSource: AudioSource {
    /// What there is between start and stop.
    private struct Session {
        var feed: CaptureFeed
        var stream: PulseStream?
    }

    public let chunkSamples: Int
    private let device: String?
    private let server: String?
    private let onNote: @Sendable (String) -> Void
    private let session = Mutex<Session?>(nil)
    private let isRunningFlag = SharedFlag()

    /// - Parameters:
    ///   - device: the name of a source, as ``AudioDevices`` lists them; nil for the server's choice.
    ///   - server: an address, as in PULSE_SERVER; nil for the usual one.
    ///   - chunkSamples: 960 (20 ms) or 480 (10 ms).
    ///   - onNote: told on any thread, in one sentence each and once, what a person should know: no server, no such device.
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
            let isRunning = isRunningFlag
            let notes = DeviceNotes("microphone", device: device, onNote: onNote)
            let feed = CaptureFeed(chunkSamples: chunkSamples, onChunk)
            let blocks = chunkSamples / AudioFormat.blockSamples
            let handlers = PulseStream.Handlers(
                state: { state in
                    switch state {
                    case .connecting: break
                    case .running: isRunning.value = true
                    case .failed(let error):
                        notes.failed(error, wasRunning: isRunning.value)
                        isRunning.value = false
                        feed.deviceFailed()
                    }
                },
                capture: { feed.take($0, latency: $1) })
            feed.start { if !isRunning.value { notes.waited(blocks) } }
            let stream = PulseStream(.capture, device: device, handlers: handlers)
            session = Session(feed: feed, stream: stream)
            if let stream { stream.open(server: server) } else { notes.failed(Int32(PA_ERR_INTERNAL.rawValue), wasRunning: false) }
        }
    }

    public func stop() {
        let ended = session.withLock { session -> Session? in
            defer { session = nil }
            return session
        }
        ended?.stream?.close()
        ended?.feed.stop()
        isRunningFlag.value = false
    }

    /// Whether the sound comes from the device now.
    public var isRunning: Bool { isRunningFlag.value }
}
