import CPulse
import MediaSources
import Synchronization

/// One stream of sound to or from a PulseAudio server, on a connection and a thread of its own.
///
/// Everything happens on that thread: connecting, asking for sound, delivering it, the server's and the device's going away and
/// coming back. Nothing blocks the caller. A server is never started, but one that is started again is found.
final class PulseStream: @unchecked Sendable {
    enum Direction {
        case playback, capture
    }

    /// The device that a stream is connected with.
    struct Device: Equatable {
        var name: String
        /// For people.
        var description: String
        /// Whether it is no microphone, but what a speaker plays.
        var isMonitor: Bool
        /// Whether the sound server has taken the speaker's sound out of it already.
        var cancelsEcho: Bool
    }

    enum State: Equatable {
        case connecting
        case running(Device)
        /// The reason, as PulseAudio's number. It is tried again.
        case failed(Int32)
    }

    /// Called on the stream's thread. They keep nothing that owns the stream.
    struct Handlers: Sendable {
        var state: @Sendable (State) -> Void
        /// The device has room for this many samples, and gets as many as this returns.
        var playback: @Sendable (Int) -> [Int16] = { _ in [] }
        /// The device has captured samples; the last one was captured this many microseconds ago.
        var capture: @Sendable ([Int16], UInt64) -> Void = { _, _ in }
        /// Samples that are used at a time. Servers take half of them for the device, and deliver as often: each delivery wakes this thread.
        var captureSamples = AudioFormat.blockSamples
    }

    /// Pause before a server or a device is tried again, in microseconds: 300 ms, so that sound is back well within 2 s.
    private static let retryInterval: pa_usec_t = 300_000

    let direction: Direction
    let handlers: Handlers
    /// What the person named; nil for the server's choice.
    let device: String?
    let underflows = Atomic<Int>(0)
    /// In microseconds; negative while not known.
    let latestLatency = Atomic<Int>(-1)

    /// The rest belongs to the stream's thread.
    private(set) var context: OpaquePointer?
    private(set) var stream: OpaquePointer?
    /// What the device holds of playback.
    var buffer = PlaybackBuffer()
    /// Whether the device is one that sound may go through.
    var isUsable = false
    /// Whether another device serves while the named one is not there.
    var isSubstituted = false
    /// The server's number of the named device.
    var homeIndex: UInt32?

    private let mainloop: OpaquePointer
    private var server: String?
    private var state = State.connecting
    private var retry: OpaquePointer?
    private let isClosed = Atomic<Bool>(false)

    /// - Parameter device: the server's name of a sink or source; nil for its choice.
    /// - Returns: nil when the library cannot even be set up.
    init?(_ direction: Direction, device: String?, handlers: Handlers) {
        guard let mainloop = pa_threaded_mainloop_new() else { return nil }
        self.direction = direction
        self.device = device
        self.handlers = handlers
        self.mainloop = mainloop
    }

    deinit {
        pa_threaded_mainloop_free(mainloop)
    }

    /// Begins to connect, and returns at once.
    ///
    /// - Parameter server: an address, as in PULSE_SERVER; nil for the usual one.
    func open(server: String?) {
        self.server = server
        connect()
        if pa_threaded_mainloop_start(mainloop) < 0 { change(to: .failed(Int32(PA_ERR_INTERNAL.rawValue))) }
    }

    /// Ends; no handler is called after the return. Has to be called before the last reference goes.
    func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        if pa_threaded_mainloop_in_thread(mainloop) != 0 {
            // From one of our handlers: the thread cannot wait for its own end.
            _ = MediaThread(name: "sound closing") { [self] _ in shutDown() }
        } else {
            shutDown()
        }
    }

    /// How long a sample takes through the server and the device; nil while not known.
    var delay: Duration? {
        let latency = latestLatency.load(ordering: .relaxed)
        return latency < 0 ? nil : .microseconds(latency)
    }

    private func shutDown() {
        pa_threaded_mainloop_stop(mainloop)
        pa_threaded_mainloop_lock(mainloop)
        defer { pa_threaded_mainloop_unlock(mainloop) }
        cancelRetry()
        dropStream()
        dropContext()
    }

    static func from(_ user: UnsafeMutableRawPointer?) -> PulseStream? {
        guard let user else { return nil }
        let stream = Unmanaged<PulseStream>.fromOpaque(user).takeUnretainedValue()
        return stream.isClosed.load(ordering: .acquiring) ? nil : stream
    }

    var user: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    func change(to next: State) {
        guard next != state else { return }
        state = next
        if case .failed = next {
            isUsable = false
            latestLatency.store(-1, ordering: .relaxed)
        }
        handlers.state(next)
    }

    // MARK: - The server

    private func connect() {
        guard let context = PulseClient.makeContext(mainloop) else { return change(to: .failed(Int32(PA_ERR_INTERNAL.rawValue))) }
        self.context = context
        pa_context_set_state_callback(context, { _, user in PulseStream.from(user)?.contextChanged() }, user)
        if pa_context_connect(context, server, PA_CONTEXT_NOAUTOSPAWN, nil) < 0 { lose(pa_context_errno(context)) }
    }

    private func contextChanged() {
        guard let context else { return }
        let contextState = pa_context_get_state(context)
        if contextState == PA_CONTEXT_READY {
            ThreadPriority.raise()
            watchDevices()
            isSubstituted = false
            openStream(on: device)
        } else if glyphone_pa_context_is_good(contextState) == 0 {
            lose(pa_context_errno(context))
        }
    }

    /// The server is gone, or the stream while the server stays.
    private func lose(_ error: Int32) {
        dropStream()
        change(to: .failed(error))
        guard retry == nil, let context else { return }
        retry = pa_context_rttime_new(
            context, pa_rtclock_now() + Self.retryInterval, { _, _, _, user in PulseStream.from(user)?.tryAgain() }, user)
    }

    private func tryAgain() {
        cancelRetry()
        guard let context, pa_context_get_state(context) == PA_CONTEXT_READY else {
            dropContext()
            return connect()
        }
        isSubstituted = false
        openStream(on: device)
    }

    private func cancelRetry() {
        if let retry { glyphone_pa_time_free(mainloop, retry) }
        retry = nil
    }

    private func dropContext() {
        guard let context else { return }
        pa_context_set_state_callback(context, nil, nil)
        pa_context_set_subscribe_callback(context, nil, nil)
        pa_context_disconnect(context)
        pa_context_unref(context)
        self.context = nil
    }

    // MARK: - The stream

    private func openStream(on device: String?) {
        guard let context, stream == nil, let stream = PulseClient.makeStream(context, name: "Call") else { return }
        self.stream = stream
        homeIndex = nil
        pa_stream_set_state_callback(stream, { _, user in PulseStream.from(user)?.streamChanged() }, user)
        pa_stream_set_moved_callback(stream, { _, user in PulseStream.from(user)?.moved() }, user)
        if connect(stream, to: device) < 0 { streamFailed(pa_context_errno(context)) }
    }

    private func streamChanged() {
        guard let stream, let context else { return }
        let streamState = pa_stream_get_state(stream)
        if streamState == PA_STREAM_READY {
            if !isSubstituted { homeIndex = pa_stream_get_device_index(stream) }
            askForDevice()
        } else if glyphone_pa_stream_is_good(streamState) == 0, pa_context_get_state(context) == PA_CONTEXT_READY {
            streamFailed(pa_context_errno(context))
        }
    }

    private func streamFailed(_ error: Int32) {
        let isUnknown = [PA_ERR_NOENTITY, PA_ERR_INVALID].contains { error == Int32($0.rawValue) }
        guard device != nil, !isSubstituted, isUnknown else { return lose(error) }
        dropStream()
        change(to: .failed(error))
        isSubstituted = true
        openStream(on: nil)
    }

    private func dropStream() {
        guard let stream else { return }
        self.stream = nil
        pa_stream_set_state_callback(stream, nil, nil)
        pa_stream_set_moved_callback(stream, nil, nil)
        pa_stream_set_write_callback(stream, nil, nil)
        pa_stream_set_read_callback(stream, nil, nil)
        pa_stream_set_underflow_callback(stream, nil, nil)
        pa_stream_disconnect(stream)
        pa_stream_unref(stream)
    }
}
