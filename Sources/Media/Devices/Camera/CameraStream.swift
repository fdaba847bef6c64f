import CV4L2
package import Codecs
import Glibc
package import MediaSources

/// A camera that is switched on, until this object goes. Used on one thread.
package final class CameraStream {
    /// A buffer of the driver's that came back.
    package struct Capture {
        /// Nil where the driver's picture was broken, or not whole.
        package var frame: VideoFrame?
        /// The driver's count of pictures, from 0, those included that it had no buffer for.
        package var sequence: UInt32
    }

    /// Buffers shared with the driver: one being filled, one being read, two that absorb a delay of ours.
    private static let bufferCount: UInt32 = 4
    /// How long one wait for a picture lasts at most, in milliseconds, which bounds how long a stop takes.
    private static let waitMilliseconds: Int32 = 100

    package let path: String
    /// What the driver gives, which may not be what it was asked for.
    package let mode: CameraMode
    package private(set) var statistics = CameraStatistics()

    private let descriptor: Int32
    private let converter: PictureConverter
    private var maps: [UnsafeMutableRawBufferPointer] = []
    private var lastSequence: UInt32?

    /// - Parameters:
    ///   - mode: what to ask for; nil: what is nearest to `wanted` and libv4l2 can convert.
    /// - Throws: ``CameraFailure``.
    package init(path: String, mode: CameraMode?, wanted: CaptureFormat) throws {
        self.path = path
        glyphone_v4l2_silence()
        descriptor = glyphone_v4l2_open(path)
        guard descriptor >= 0 else { throw CameraFailure(opening: path, errno) }

        let libraryFormat = PixelFormat("YU12")
        var format = v4l2_format()
        format.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
        format.fmt.pix.width = UInt32(clamping: mode?.width ?? wanted.width)
        format.fmt.pix.height = UInt32(clamping: mode?.height ?? wanted.height)
        format.fmt.pix.pixelformat = (mode?.pixelFormat ?? libraryFormat).code
        format.fmt.pix.field = V4L2_FIELD_NONE.rawValue
        guard glyphone_v4l2_set_format(descriptor, &format) == 0 else {
            let error = errno
            v4l2_close(descriptor)
            throw CameraFailure(to: "take the size \(mode?.width ?? wanted.width)x\(mode?.height ?? wanted.height)", path, error)
        }
        let given = format.fmt.pix
        guard
            let converter = PictureConverter(
                format: PixelFormat(code: given.pixelformat), width: Int(given.width), height: Int(given.height),
                bytesPerLine: Int(given.bytesperline), isFullRange: Self.isFullRange(given),
                hueSteps: given.ycbcr_enc == V4L2_HSV_ENC_180.rawValue ? 180 : 256)
        else {
            v4l2_close(descriptor)
            throw CameraFailure(.other, "the camera \(quoted(path)) has no format that can be converted: choose another camera")
        }
        self.converter = converter

        // A camera that cannot choose its rate keeps its own.
        var parameters = v4l2_streamparm()
        parameters.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
        let rate = mode?.framesPerSecond ?? Double(wanted.framesPerSecond)
        parameters.parm.capture.timeperframe = v4l2_fract(numerator: 1000, denominator: UInt32((rate * 1000).rounded()))
        let isSet = glyphone_v4l2_set_parameters(descriptor, &parameters) == 0
        let interval = parameters.parm.capture.timeperframe
        let isKnown = isSet && interval.numerator > 0 && interval.denominator > 0
        self.mode = CameraMode(
            pixelFormat: converter.format, width: converter.width, height: converter.height,
            framesPerSecond: isKnown ? Double(interval.denominator) / Double(interval.numerator) : rate)
        do {
            try startStreaming()
        } catch {
            shutDown()
            throw error
        }
    }

    deinit {
        shutDown()
    }

    /// Waits for a picture; nil when none came in time.
    ///
    /// - Throws: ``CameraFailure`` when none will come.
    package func next(_ pool: I420Pool) throws -> Capture? {
        var descriptors = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptors, 1, Self.waitMilliseconds) > 0 else { return nil }
        var buffer = Self.buffer(0)
        guard glyphone_v4l2_dequeue(descriptor, &buffer) == 0 else {
            let error = errno
            // With an error on the descriptor, another wait would end at once, again and again.
            if error == EAGAIN || error == EINTR || error == EIO, descriptors.revents & Int16(POLLERR) == 0 { return nil }
            throw CameraFailure(to: "deliver pictures", path, error == EAGAIN ? EIO : error)
        }
        let capture = capture(buffer, pool)
        guard glyphone_v4l2_queue(descriptor, &buffer) == 0 else { throw CameraFailure(to: "go on", path, errno) }
        return capture
    }

    private static func buffer(_ index: Int) -> v4l2_buffer {
        var buffer = v4l2_buffer()
        buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
        buffer.memory = V4L2_MEMORY_MMAP.rawValue
        buffer.index = UInt32(index)
        return buffer
    }

    private func startStreaming() throws(CameraFailure) {
        var request = v4l2_requestbuffers()
        request.count = Self.bufferCount
        request.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
        request.memory = V4L2_MEMORY_MMAP.rawValue
        guard glyphone_v4l2_request_buffers(descriptor, &request) == 0 else { throw CameraFailure(to: "start", path, errno) }
        for index in 0..<Int(request.count) {
            var buffer = Self.buffer(index)
            guard glyphone_v4l2_query_buffer(descriptor, &buffer) == 0, let memory = glyphone_v4l2_map(descriptor, &buffer) else {
                throw CameraFailure(to: "start", path, errno)
            }
            maps.append(UnsafeMutableRawBufferPointer(start: memory, count: Int(buffer.length)))
            guard glyphone_v4l2_queue(descriptor, &buffer) == 0 else { throw CameraFailure(to: "start", path, errno) }
        }
        guard glyphone_v4l2_stream(descriptor, 1) == 0 else { throw CameraFailure(to: "start", path, errno) }
    }

    private func shutDown() {
        _ = glyphone_v4l2_stream(descriptor, 0)
        for map in maps { v4l2_munmap(map.baseAddress, map.count) }
        maps = []
        v4l2_close(descriptor)
    }

    /// Converts a picture out of the driver's memory, and keeps account.
    private func capture(_ buffer: v4l2_buffer, _ pool: I420Pool) -> Capture {
        if let last = lastSequence {
            // It wraps, and a driver without a counter leaves it where it is.
            let step = buffer.sequence &- last
            if step > 1, step < UInt32(Int32.max) { statistics.framesDropped += Int(step) - 1 }
        }
        lastSequence = buffer.sequence
        var picture: I420Buffer?
        if Int(buffer.index) < maps.count, buffer.flags & UInt32(V4L2_BUF_FLAG_ERROR) == 0 {
            let map = maps[Int(buffer.index)]
            // Old drivers leave `bytesused` at 0 for what always has the same size.
            let used = buffer.bytesused == 0 && converter.byteCount != nil ? map.count : min(Int(buffer.bytesused), map.count)
            picture = converter.convert(UnsafeRawBufferPointer(rebasing: map[..<used]), pool)
        }
        guard let picture else {
            statistics.framesBroken += 1
            return Capture(frame: nil, sequence: buffer.sequence)
        }
        statistics.framesCaptured += 1
        return Capture(frame: VideoFrame(buffer: picture, timestamp: time(of: buffer)), sequence: buffer.sequence)
    }

    /// The driver's time of capture, where it is by our clock and believable, else now.
    private func time(of buffer: v4l2_buffer) -> Duration {
        let now = MediaClock.monotonicNanoseconds
        guard buffer.flags & UInt32(V4L2_BUF_FLAG_TIMESTAMP_MASK) == UInt32(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC) else {
            return .nanoseconds(now)
        }
        var buffer = buffer
        let stamp = glyphone_v4l2_nanoseconds(&buffer)
        return .nanoseconds(0...1_000_000_000 ~= now - stamp ? stamp : now)
    }

    /// Whether luma and chroma are 0...255, which the driver says or which the colour space implies.
    private static func isFullRange(_ format: v4l2_pix_format) -> Bool {
        format.quantization == V4L2_QUANTIZATION_FULL_RANGE.rawValue
            || format.quantization == V4L2_QUANTIZATION_DEFAULT.rawValue && format.colorspace == V4L2_COLORSPACE_JPEG.rawValue
    }
}

/// What became of a camera's pictures.
public struct CameraStatistics: Hashable, Sendable {
    public var framesCaptured = 0
    /// Pictures that the driver counted and did not deliver, because nobody took the ones before in time.
    public var framesDropped = 0
    /// Pictures that came broken, or not whole.
    public var framesBroken = 0

    public init() {}
}
