import CPulse
import MediaSources
import Synchronization

/// What stands between a call and its device: sound flows through it at the device's pace, and at the clock's while there is none.
protocol DeviceFeed: AnyObject, Sendable {
    /// Begins to run by the clock.
    ///
    /// - Parameter onTick: called by the clock, with the blocks of 10 ms since the last time.
    func start(onTick: @escaping @Sendable (Int) -> Void)
    func stop()
    /// The device is gone.
    func deviceFailed()
}

/// A microphone or a speaker between start and stop: its stream, what stands in for it, and what a person is told.
final class DeviceSession: Sendable {
    private let feed: any DeviceFeed
    private let stream: PulseStream?
    private let running: Running

    /// The device that sound goes through now.
    private final class Running: Sendable {
        let device = Mutex<PulseStream.Device?>(nil)
    }

    /// Begins; never blocks on a device.
    ///
    /// - Parameters:
    ///   - kind: "speaker" or "microphone".
    ///   - transfer: sets the stream's handlers for sound.
    init(
        _ direction: PulseStream.Direction, kind: String, device: String?, server: String?, feed: any DeviceFeed,
        onNote: @escaping @Sendable (String) -> Void, transfer: (inout PulseStream.Handlers) -> Void
    ) {
        let running = Running()
        let notes = DeviceNotes(kind, device: device, onNote: onNote)
        var handlers = PulseStream.Handlers { state in
            switch state {
            case .connecting: break
            case .running(let device):
                running.device.withLock { $0 = device }
                notes.running(device)
            case .failed(let error):
                running.device.withLock { $0 = nil }
                notes.failed(error)
                feed.deviceFailed()
            }
        }
        transfer(&handlers)
        self.feed = feed
        self.running = running
        stream = PulseStream(direction, device: device, handlers: handlers)
        feed.start { blocks in if running.device.withLock({ $0 == nil }) { notes.waited(blocks) } }
        if let stream { stream.open(server: server) } else { notes.failed(Int32(PA_ERR_INTERNAL.rawValue)) }
    }

    /// Ends; no sound flows after the return.
    func close() {
        stream?.close()
        feed.stop()
        running.device.withLock { $0 = nil }
    }

    var device: PulseStream.Device? { running.device.withLock { $0 } }
    var underflowCount: Int { stream?.underflows.load(ordering: .relaxed) ?? 0 }
    var delay: Duration? { stream?.delay }
}
