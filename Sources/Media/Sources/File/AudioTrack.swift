import CFFmpeg

/// The sound of a file, as 48 kHz and one channel.
final class AudioTrack {
    /// Time stamps that differ by less than this from where the sound before ended are rounding: 40 ms.
    private static let tolerance: Int64 = 1_920
    /// A day: a file's stamps lead no further.
    private static let maximumSample: Int64 = 86_400 * 48_000

    let index: Int32
    /// The end of the sound so far, in samples.
    private(set) var endSample: Int64 = 0

    private let decoder: StreamDecoder
    private var resampler: OpaquePointer?
    private var format: (sampleFormat: Int32, rate: Int32, channels: Int32)?

    init?(stream: MediaStream) {
        guard let decoder = StreamDecoder(stream) else { return nil }
        self.decoder = decoder
        index = decoder.index
    }

    deinit {
        swr_free(&resampler)
    }

    func decode(_ packet: UnsafeMutablePointer<AVPacket>?, origin: Int64) -> [MediaFile.Item] {
        var items: [MediaFile.Item] = []
        decoder.decode(packet) { frame in
            guard prepare(for: frame) else { return }
            let stamp = frame.pointee.best_effort_timestamp
            if stamp != glyphone_av_nopts_value {
                let first = decoder.time(stamp, rate: 48_000, origin: origin).clamped(to: 0...Self.maximumSample)
                if abs(first - endSample) > Self.tolerance { endSample = first }
            }
            let samples = resample(frame)
            guard !samples.isEmpty else { return }
            items.append(.audio(samples, first: endSample))
            endSample += Int64(samples.count)
        }
        if packet == nil {
            let rest = resample(nil)
            if !rest.isEmpty {
                items.append(.audio(rest, first: endSample))
                endSample += Int64(rest.count)
            }
        }
        return items
    }

    func restart() {
        decoder.restart()
        swr_free(&resampler)
        format = nil
        endSample = 0
    }

    /// Makes a resampler for the form of a frame, which may change within a file.
    private func prepare(for frame: UnsafeMutablePointer<AVFrame>) -> Bool {
        let form = (frame.pointee.format, frame.pointee.sample_rate, frame.pointee.ch_layout.nb_channels)
        if let format, format == form, resampler != nil { return true }
        swr_free(&resampler)
        var mono = AVChannelLayout()
        av_channel_layout_default(&mono, 1)
        guard form.1 > 0, form.2 > 0,
            swr_alloc_set_opts2(
                &resampler, &mono, AV_SAMPLE_FMT_S16, 48_000, &frame.pointee.ch_layout, AVSampleFormat(form.0), form.1, 0, nil) >= 0,
            swr_init(resampler) >= 0
        else {
            swr_free(&resampler)
            return false
        }
        format = form
        return true
    }

    /// The sound of a frame, or with nil what the resampler holds back.
    private func resample(_ frame: UnsafeMutablePointer<AVFrame>?) -> [Int16] {
        guard let resampler else { return [] }
        let count = frame?.pointee.nb_samples ?? 0
        let room = Int(swr_get_out_samples(resampler, count))
        guard room > 0 else { return [] }
        return [Int16](unsafeUninitializedCapacity: room) { buffer, written in
            written = buffer.withMemoryRebound(to: UInt8.self) { bytes in
                var target = bytes.baseAddress
                let made: Int32
                if let frame {
                    let channels = frame.pointee.extended_data
                    made =
                        channels?.withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: 1) { source in
                            swr_convert(resampler, &target, Int32(room), source, count)
                        } ?? 0
                } else {
                    made = swr_convert(resampler, &target, Int32(room), nil, 0)
                }
                return max(0, Int(made))
            }
        }
    }
}
