import CPulse
import MediaSources
import Synchronization

/// The sound itself: small buffers, filled and emptied by the block.
extension PulseStream {
    /// 10 ms, in bytes: what a call plays at a time.
    private static let blockBytes = UInt32(PlaybackBuffer.block)
    /// A hole in a capture is filled with silence of up to a second, in bytes.
    private static let maximumHole = 96_000

    /// - Returns: PulseAudio's status, negative if the stream cannot be connected.
    func connect(_ stream: OpaquePointer, to device: String?) -> Int32 {
        let usual = glyphone_pa_default
        switch direction {
        case .playback:
            pa_stream_set_write_callback(stream, { _, bytes, user in PulseStream.from(user)?.write(bytes) }, user)
            pa_stream_set_underflow_callback(stream, { _, user in PulseStream.from(user)?.ranDry() }, user)
            buffer.begin(at: MediaClock.monotonicNanoseconds)
            var buffer = bufferAttributes
            return pa_stream_connect_playback(stream, device, &buffer, glyphone_pa_stream_flags(), nil, nil)
        case .capture:
            pa_stream_set_read_callback(stream, { _, _, user in PulseStream.from(user)?.read() }, user)
            let bytes = UInt32(handlers.captureSamples * MemoryLayout<Int16>.size)
            var buffer = pa_buffer_attr(maxlength: usual, tlength: usual, prebuf: usual, minreq: usual, fragsize: bytes)
            return pa_stream_connect_record(stream, device, &buffer, glyphone_pa_stream_flags())
        }
    }

    private var bufferAttributes: pa_buffer_attr {
        pa_buffer_attr(
            maxlength: glyphone_pa_default, tlength: UInt32(buffer.target), prebuf: Self.blockBytes, minreq: Self.blockBytes,
            fragsize: glyphone_pa_default)
    }

    private func write(_ bytes: Int) {
        var bytes = bytes
        if buffer.willWrite(bytes, at: MediaClock.monotonicNanoseconds) { resize() }
        // By the block, since each is played that much later than the one before.
        while let stream, bytes > 1 {
            noteLatency()
            let samples = handlers.playback(min(bytes, Int(Self.blockBytes)) / 2)
            // A stream that dies under the write tells so by its state.
            let status = samples.withUnsafeBytes { pa_stream_write(stream, $0.baseAddress, $0.count, nil, 0, PA_SEEK_RELATIVE) }
            guard status >= 0, !samples.isEmpty else { return }
            bytes -= samples.count * 2
        }
    }

    /// The device had nothing left to play.
    private func ranDry() {
        underflows.add(1, ordering: .relaxed)
        if buffer.ranDry(at: MediaClock.monotonicNanoseconds) { resize() }
    }

    private func resize() {
        guard let stream else { return }
        var buffer = bufferAttributes
        if let operation = pa_stream_set_buffer_attr(stream, &buffer, nil, nil) { pa_operation_unref(operation) }
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
        noteLatency()
        guard isUsable, !samples.isEmpty else { return }
        handlers.capture(samples, UInt64(max(0, latestLatency.load(ordering: .relaxed))))
    }

    private func noteLatency() {
        guard let stream else { return }
        var microseconds: pa_usec_t = 0
        var isNegative: Int32 = 0
        guard pa_stream_get_latency(stream, &microseconds, &isNegative) >= 0 else { return }
        latestLatency.store(isNegative == 0 ? Int(clamping: microseconds) : 0, ordering: .relaxed)
    }
}
