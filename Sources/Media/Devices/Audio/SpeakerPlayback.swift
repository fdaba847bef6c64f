import MediaSources
import Synchronization

/// A speaker of a PulseAudio server (or PipeWire in its place).
///
/// While the server or the device is not there, not yet or not any more, or stands still, the sound is taken in real time and goes
/// nowhere.
public final class SpeakerPlayback: AudioPlayback {
    private let device: String?
    private let server: String?
    private let onNote: @Sendable (String) -> Void
    private let session = Mutex<DeviceSession?>(nil)

    /// - Parameters:
    ///   - device: the name of a sink, as ``AudioDevices`` lists them; nil for the server's choice.
    ///   - server: an address, as in PULSE_SERVER; nil for the usual one.
    ///   - onNote: told on any thread, in one sentence each, what a person should know: no server, no such device, back again.
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
            let feed = PlaybackFeed(pull)
            session = DeviceSession(.playback, kind: "speaker", device: device, server: server, feed: feed, onNote: onNote) {
                $0.playback = { feed.next($0) }
            }
        }
    }

    public func stop() {
        session.withLock { $0.take() }?.close()
    }

    /// Whether the sound goes to the device now.
    public var isRunning: Bool { current?.device != nil }
    public var underflowCount: Int { current?.underflowCount ?? 0 }
    public var delay: Duration? { current?.delay }

    private var current: DeviceSession? { session.withLock { $0 } }
}
