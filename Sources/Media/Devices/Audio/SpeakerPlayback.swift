import CPulse
import MediaSources
import Synchronization

/// A speaker of a PulseAudio server (or PipeWire in its place).
///
/// While the server is not there, not yet or not any more, or stands still, the sound is taken in real time and goes nowhere.
public final class SpeakerPlayback: AudioPlayback {
    /// What there is between start and stop.
    private struct Session {
        var feed: PlaybackFeed
        var stream: PulseStream?
    }

    private let device: String?
    private let server: String?
    private let onNote: @Sendable (String) -> Void
    private let session = Mutex<Session?>(nil)
    private let isRunningFlag = SharedFlag()

    /// - Parameters:
    ///   - device: the name of a sink, as ``AudioDevices`` lists them; nil for the server's choice.
    ///   - server: an address, as in PULSE_SERVER; nil for the usual one.
    ///   - onNote: told on any thread, in one sentence each and once, what a person should know: no server, no such device.
    public init(device: String? = nil, server: String? = nil, onNote: @escaping @Sendable (String) -> Void = { _ in }) {
        self.device = device
        self.server = server
        self.onNote = onNote
    }

    deinit {
        stop()
    }

    public func start(pull: @escaping AudioPull) {
        session.withLock { session in
            guard session == nil else { return }
            let isRunning = isRunningFlag
            let notes = DeviceNotes("speaker", device: device, onNote: onNote)
            let feed = PlaybackFeed(pull)
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
                playback: { feed.next($0) })
            feed.start { if !isRunning.value { notes.waited() } }
            let stream = PulseStream(.playback, device: device, handlers: handlers)
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

    /// Whether the sound goes to the device now.
    public var isRunning: Bool { isRunningFlag.value }

    public var underflowCount: Int {
        session.withLock { $0?.stream?.underflows.load(ordering: .relaxed) ?? 0 }
    }

    public var delay: Duration? {
        // Asked without the lock, which the device's thread may want while it keeps us waiting.
        let stream = session.withLock { $0?.stream }
        return stream?.delay
    }
}

/// A truth that threads share.
final class SharedFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    var value: Bool {
        get { flag.load(ordering: .acquiring) }
        set { flag.store(newValue, ordering: .releasing) }
    }
}
