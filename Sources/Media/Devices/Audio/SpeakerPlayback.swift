import CPulse
import MediaSources
import Synchronization

/// A speaker of a PulseAudio server (or PipeWire in its place).
///
/// While the server is not there, not yet or not any more, the sound is taken in real time and goes nowhere.
public final class SpeakerPlayback: AudioPlayback {
    private let device: String?
    private let server: String?
    private let onNote: @Sendable (String) -> Void
    private let fallback = PacedAudio(name: "no speaker", chunkSamples: AudioFormat.blockSamples)
    private let stream = Mutex<PulseStream?>(nil)
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
        stream.withLock { stream in
            guard stream == nil else { return }
            let (fallback, isRunning) = (fallback, isRunningFlag)
            let notes = DeviceNotes("speaker", device: device, onNote: onNote)
            let blocks = BlockQueue(pull)
            let fallBack: @Sendable () -> Void = {
                fallback.start { _ in
                    _ = pull()
                    notes.waited()
                }
            }
            let handlers = PulseStream.Handlers(
                state: { state in
                    switch state {
                    case .connecting: break
                    case .running:
                        fallback.stop()
                        isRunning.value = true
                    case .failed(let error):
                        notes.failed(error, wasRunning: isRunning.value)
                        isRunning.value = false
                        fallBack()
                    }
                },
                playback: { blocks.next($0) })
            fallBack()
            stream = PulseStream(.playback, device: device, handlers: handlers)
            if let stream { stream.open(server: server) } else { notes.failed(Int32(PA_ERR_INTERNAL.rawValue), wasRunning: false) }
        }
    }

    public func stop() {
        let open = stream.withLock { stream -> PulseStream? in
            defer { stream = nil }
            return stream
        }
        open?.close()
        fallback.stop()
        isRunningFlag.value = false
    }

    /// Whether the sound goes to the device now.
    public var isRunning: Bool { isRunningFlag.value }

    public var underflowCount: Int {
        stream.withLock { $0?.underflows.load(ordering: .relaxed) ?? 0 }
    }

    public var delay: Duration? {
        // Asked without the lock, which the device's thread may want while it keeps us waiting.
        let stream = stream.withLock { $0 }
        return stream?.delay
    }
}

/// Cuts blocks of 10 ms into what a device asks for. Used on the device's thread.
private final class BlockQueue: Sendable {
    private let pull: AudioPull
    private let rest = Mutex<[Int16]>([])

    init(_ pull: @escaping AudioPull) {
        self.pull = pull
    }

    func next(_ count: Int) -> [Int16] {
        var samples = rest.withLock { $0 }
        while samples.count < count { samples += pull().filled(to: AudioFormat.blockSamples) }
        let left = Array(samples[count...])
        rest.withLock { $0 = left }
        samples.removeSubrange(count...)
        return samples
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
