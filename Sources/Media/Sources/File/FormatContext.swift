import CFFmpeg

/// An opened file of FFmpeg's, freed with this object.
final class FormatContext {
    let pointer: UnsafeMutablePointer<AVFormatContext>

    init(path: String) throws(MediaError) {
        var context: UnsafeMutablePointer<AVFormatContext>?
        var options: OpaquePointer?
        // A playlist may name addresses in the network; a file that someone chose must not open them.
        av_dict_set(&options, "protocol_whitelist", "file", 0)
        defer { av_dict_free(&options) }
        guard avformat_open_input(&context, "file:" + path, nil, &options) == 0, let context else {
            throw MediaError("\(quoted(path)) is not a media file that FFmpeg can read: choose another file, or camera, mic, test or none")
        }
        pointer = context
        if avformat_find_stream_info(context, nil) < 0 {
            throw MediaError("\(quoted(path)) is damaged or in a format that is not supported: choose another file")
        }
    }

    deinit {
        var context: UnsafeMutablePointer<AVFormatContext>? = pointer
        avformat_close_input(&context)
    }

    /// The time stamp that the file begins with, in microseconds.
    var startTime: Int64 {
        pointer.pointee.start_time == glyphone_av_nopts_value ? 0 : pointer.pointee.start_time
    }

    func bestStream(_ type: AVMediaType) -> MediaStream? {
        var decoder: UnsafePointer<AVCodec>?
        let index = av_find_best_stream(pointer, type, -1, -1, &decoder, 0)
        guard index >= 0, let decoder, let stream = pointer.pointee.streams[Int(index)] else { return nil }
        return MediaStream(context: self, stream: stream, decoder: decoder)
    }

    func seekToStart() -> Bool {
        av_seek_frame(pointer, -1, startTime, AVSEEK_FLAG_BACKWARD) >= 0
    }
}

/// One stream of an opened file, which it keeps open.
struct MediaStream {
    let context: FormatContext
    let stream: UnsafeMutablePointer<AVStream>
    let decoder: UnsafePointer<AVCodec>

    /// The picture of a record's cover, which sound files carry.
    var isCoverPicture: Bool {
        stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
    }
}

/// A packet of FFmpeg's, freed with this object.
final class Packet {
    let pointer: UnsafeMutablePointer<AVPacket>

    init() throws(MediaError) {
        guard let packet = av_packet_alloc() else { throw MediaError("there is no memory left to read a file: close other programs") }
        pointer = packet
    }

    deinit {
        var packet: UnsafeMutablePointer<AVPacket>? = pointer
        av_packet_free(&packet)
    }

    func clear() {
        av_packet_unref(pointer)
    }
}

/// A decoder of FFmpeg's and the frame that it decodes into, freed with this object.
final class StreamDecoder {
    /// Largest picture that is decoded, in pixels: 8192x4320.
    private static let maximumPixels: Int64 = 35_389_440

    let index: Int32
    let timeBase: AVRational
    private let stream: MediaStream
    private let context: UnsafeMutablePointer<AVCodecContext>
    private let frame: UnsafeMutablePointer<AVFrame>

    /// Nil if the stream's parameters make no decoder.
    init?(_ stream: MediaStream) {
        guard let context = avcodec_alloc_context3(stream.decoder) else { return nil }
        var owned: UnsafeMutablePointer<AVCodecContext>? = context
        context.pointee.max_pixels = Self.maximumPixels
        context.pointee.pkt_timebase = stream.stream.pointee.time_base
        context.pointee.thread_count = 1
        guard avcodec_parameters_to_context(context, stream.stream.pointee.codecpar) >= 0,
            avcodec_open2(context, stream.decoder, nil) >= 0, let frame = av_frame_alloc()
        else {
            avcodec_free_context(&owned)
            return nil
        }
        self.stream = stream
        self.context = context
        self.frame = frame
        index = stream.stream.pointee.index
        timeBase = stream.stream.pointee.time_base
    }

    deinit {
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        av_frame_free(&frame)
        var context: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&context)
    }

    /// Decodes a packet, or with nil what is still inside; `take` gets each frame. A packet that cannot be decoded is passed over.
    func decode(_ packet: UnsafeMutablePointer<AVPacket>?, take: (UnsafeMutablePointer<AVFrame>) -> Void) {
        guard avcodec_send_packet(context, packet) >= 0 else { return }
        while avcodec_receive_frame(context, frame) >= 0 {
            take(frame)
            av_frame_unref(frame)
        }
    }

    func restart() {
        avcodec_flush_buffers(context)
    }

    /// A time stamp of the stream in units of 1/`rate` s since the file's beginning, `origin` in microseconds.
    func time(_ stamp: Int64, rate: Int32, origin: Int64) -> Int64 {
        let scaled = av_rescale_q(stamp, timeBase, AVRational(num: 1, den: rate))
        return scaled &- av_rescale_q(origin, AVRational(num: 1, den: 1_000_000), AVRational(num: 1, den: rate))
    }
}
