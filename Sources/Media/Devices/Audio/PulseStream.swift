import CPulse
import MediaSources
import Synchronization

/// One stream of sound to or from a PulseAudio server, on a connection and a thread of its own.
///
/// Everything happens on that thread: connecting, asking for sound, delivering it, the server's going away. Nothing blocks
/// the caller. A server is never started.
final class PulseStream: @unchecked Sendable {
    enum Direction {
        case playback, capture
    }

    enum State: Equatable {
        case connecting
        case running
        /// The reason, as PulseAudio's number; a stream that fails stays so.
        case failed(Int32)
    }

    /// Called on the stream's thread. They keep nothing that owns the stream.
    struct Handlers: Sendable {
        var state: @Sendable (State) -> Void
        /// The device has room for this many samples, and gets as many as this returns.
        var playback: @Sendable (Int) -> [Int16] = { _ in [] }
        /// The device has captured samples; the last one was captured this many microseconds ago.
        var capture: @Sendable ([Int16], UInt64) -> Void = { _, _ in }
    }

    /// 10 ms, in bytes.
    private static let blockBytes: UInt32 = 960
    /// What a device holds of playback: 40 ms, of which the server asks for 10 ms at a time.
    private static let targetBytes: UInt32 = 3_840
    /// A hole in a capture is filled with silence of up to a second, in bytes.
    private static let maximumHole = 96_000

    let underflows = Atomic<Int>(0)

    private let direction: Direction
    private let device: String?
    private let handlers: Handlers
    private let mainloop: OpaquePointer
    private let context: OpaquePointer
    private var stream: OpaquePointer?
    private var state = State.connecting
    private let isClosed = Atomic<Bool>(false)

    /// - Parameter device: the server's name of a sink or source; nil for its choice.
    /// - Returns: nil when the library cannot even be set up.
    init?(_ direction: Direction, device: String?, handlers: Handlers) {
        guard let mainloop = pa_threaded_mainloop_new() else { return nil }
        guard let context = PulseClient.makeContext(mainloop) else {
            pa_threaded_mainloop_free(mainloop)
            return nil
        }
        self.direction = direction
        self.device = device
        self.handlers = handlers
        self.mainloop = mainloop
        self.context = context
    }

    deinit {
        pa_context_unref(context)
        pa_threaded_mainloop_free(mainloop)
    }

    /// Begins to connect, and returns at once.
    ///
    /// - Parameter server: an address, as in PULSE_SERVER; nil for the usual one.
    func open(server: String?) {
        pa_context_set_state_callback(
            context, { _, user in PulseStream.from(user)?.contextChanged() }, Unmanaged.passUnretained(self).toOpaque())
        if pa_context_connect(context, server, PA_CONTEXT_NOAUTOSPAWN, nil) < 0 { change(to: .failed(pa_context_errno(context))) }
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
        if pa_threaded_mainloop_in_thread(mainloop) != 0 { return latency.map { .microseconds(Int64(clamping: $0)) } }
        pa_threaded_mainloop_lock(mainloop)
        defer { pa_threaded_mainloop_unlock(mainloop) }
        return latency.map { .microseconds(Int64(clamping: $0)) }
    }

    private func shutDown() {
        pa_threaded_mainloop_stop(mainloop)
        pa_threaded_mainloop_lock(mainloop)
        defer { pa_threaded_mainloop_unlock(mainloop) }
        pa_context_set_state_callback(context, nil, nil)
        if let stream {
            pa_stream_set_state_callback(stream, nil, nil)
            pa_stream_disconnect(stream)
            pa_stream_unref(stream)
            self.stream = nil
        }
        pa_context_disconnect(context)
    }

    private static func from(_ user: UnsafeMutableRawPointer?) -> PulseStream? {
        guard let user else { return nil }
        let stream = Unmanaged<PulseStream>.fromOpaque(user).takeUnretainedValue()
        return stream.isClosed.load(ordering: .acquiring) ? nil : stream
    }

    private func change(to next: State) {
        // After a failure both stream and context report their ends: the first word counts.
        if case .failed = state { return }
        guard next != state else { return }
        state = next
        handlers.state(next)
    }

    private func contextChanged() {
        let contextState = pa_context_get_state(context)
        if contextState == PA_CONTEXT_READY {
            openStream()
        } else if glyphone_pa_context_is_good(contextState) == 0 {
            change(to: .failed(pa_context_errno(context)))
        }
    }

    private func openStream() {
        guard stream == nil, let stream = PulseClient.makeStream(context, name: "call") else {
            return change(to: .failed(pa_context_errno(context)))
        }
        self.stream = stream
        let user = Unmanaged.passUnretained(self).toOpaque()
        pa_stream_set_state_callback(stream, { _, user in PulseStream.from(user)?.streamChanged() }, user)
        let usual = glyphone_pa_default
        var status: Int32
        switch direction {
        case .playback:
            pa_stream_set_write_callback(stream, { _, bytes, user in PulseStream.from(user)?.write(bytes) }, user)
            pa_stream_set_underflow_callback(
                stream, { _, user in PulseStream.from(user)?.underflows.add(1, ordering: .relaxed) }, user)
            var buffer = pa_buffer_attr(
                maxlength: usual, tlength: Self.targetBytes, prebuf: Self.blockBytes, minreq: Self.blockBytes, fragsize: usual)
            status = pa_stream_connect_playback(stream, device, &buffer, glyphone_pa_stream_flags(), nil, nil)
        case .capture:
            pa_stream_set_read_callback(stream, { _, _, user in PulseStream.from(user)?.read() }, user)
            var buffer = pa_buffer_attr(maxlength: usual, tlength: usual, prebuf: usual, minreq: usual, fragsize: Self.blockBytes)
            status = pa_stream_connect_record(stream, device, &buffer, glyphone_pa_stream_flags())
        }
        if status < 0 { change(to: .failed(pa_context_errno(context))) }
    }

    private func streamChanged() {
        guard let stream else { return }
        let streamState = pa_stream_get_state(stream)
        if streamState == PA_STREAM_READY {
            change(to: .running)
        } else if glyphone_pa_stream_is_good(streamState) == 0 {
            change(to: .failed(pa_context_errno(context)))
        }
    }

    private func write(_ bytes: Int) {
        guard let stream, bytes > 1 else { return }
        let samples = handlers.playback(bytes / 2)
        // A stream that dies under the write tells so by its state.
        _ = samples.withUnsafeBytes { pa_stream_write(stream, $0.baseAddress, $0.count, nil, 0, PA_SEEK_RELATIVE) }
    }

    private func read() {
        guard let stream else { return }
        var samples: [Int16] = []
        while pa_stream_readable_size(stream) > 0 {
            var data: UnsafeRawPointer?
            var bytes = 0
            guard pa_stream_peek(stream, &data, &bytes) >= 0, bytes > 0 else { break }
            if let data {
                samples.append(contentsOf: UnsafeRawBufferPointer(start: data, count: bytes).bindMemory(to: Int16.self))
            } else {
                samples.append(contentsOf: repeatElement(0, count: min(bytes, Self.maximumHole) / 2))
            }
            pa_stream_drop(stream)
        }
        if !samples.isEmpty { handlers.capture(samples, latency ?? 0) }
    }

    /// In microseconds; only on the stream's thread, or with its lock.
    private var latency: UInt64? {
        guard let stream, case .running = state else { return nil }
        var microseconds: pa_usec_t = 0
        var isNegative: Int32 = 0
        guard pa_stream_get_latency(stream, &microseconds, &isNegative) >= 0 else { return nil }
        return isNegative == 0 ? microseconds : 0
    }
}
