import CV4L2
import Codecs
import Glibc
import MediaSources

/// A camera that is switched on, until this object goes. Used on one thread.
final class CameraStream {
    /// Buffers shared with the driver: one being filled, one being read, two that absorb a delay of ours.
    private static let bufferCount: UInt32 = 4
    /// How long one wait for a picture lasts at most, in milliseconds, which bounds how long a stop takes.
    private static let waitMilliseconds: Int32 = 100

    let path: String
    private let descriptor: Int32
    private let format: v4l2_pix_format
    private var maps: [UnsafeMutableRawBufferPointer] = []

    init(path: String, width: Int, height: Int, framesPerSecond: Double) throws(MediaError) {
        self.path = path
        glyphone_v4l2_silence()
        descriptor = glyphone_v4l2_open(path)
        guard descriptor >= 0 else { throw CameraDevice.failure(to: "open", path, errno) }

        var wanted = v4l2_format()
        wanted.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
        wanted.fmt.pix.width = UInt32(clamping: width)
        wanted.fmt.pix.height = UInt32(clamping: height)
        wanted.fmt.pix.pixelformat = glyphone_v4l2_yuv420()
        wanted.fmt.pix.field = V4L2_FIELD_ANY.rawValue
        let status = glyphone_v4l2_set_format(descriptor, &wanted)
        let error = errno
        format = wanted.fmt.pix
        guard status == 0 else {
            v4l2_close(descriptor)
            throw CameraDevice.failure(to: "take a format", path, error)
        }
        do throws(MediaError) {
            guard format.pixelformat == glyphone_v4l2_yuv420() else {
                throw MediaError("the camera \(quoted(path)) has no format that can be converted: choose another camera")
            }
            // A camera that cannot choose its rate keeps its own.
            var parameters = v4l2_streamparm()
            parameters.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
            parameters.parm.capture.timeperframe = v4l2_fract(numerator: 1, denominator: UInt32(framesPerSecond.rounded()))
            _ = glyphone_v4l2_set_parameters(descriptor, &parameters)
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
    func nextFrame(_ pool: I420Pool) throws(MediaError) -> VideoFrame? {
        var descriptors = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptors, 1, Self.waitMilliseconds) > 0 else { return nil }
        var buffer = Self.buffer(0)
        guard glyphone_v4l2_dequeue(descriptor, &buffer) == 0 else {
            if errno == EAGAIN || errno == EINTR || errno == EIO { return nil }
            throw CameraDevice.failure(to: "deliver pictures", path, errno)
        }
        let frame = frame(in: buffer, pool)
        guard glyphone_v4l2_queue(descriptor, &buffer) == 0 else { throw CameraDevice.failure(to: "go on", path, errno) }
        return frame
    }

    private static func buffer(_ index: Int) -> v4l2_buffer {
        var buffer = v4l2_buffer()
        buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
        buffer.memory = V4L2_MEMORY_MMAP.rawValue
        buffer.index = UInt32(index)
        return buffer
    }

    private func startStreaming() throws(MediaError) {
        var request = v4l2_requestbuffers()
        request.count = Self.bufferCount
        request.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
        request.memory = V4L2_MEMORY_MMAP.rawValue
        guard glyphone_v4l2_request_buffers(descriptor, &request) == 0 else { throw CameraDevice.failure(to: "start", path, errno) }
        for index in 0..<Int(request.count) {
            var buffer = Self.buffer(index)
            guard glyphone_v4l2_query_buffer(descriptor, &buffer) == 0, let memory = glyphone_v4l2_map(descriptor, &buffer) else {
                throw CameraDevice.failure(to: "start", path, errno)
            }
            maps.append(UnsafeMutableRawBufferPointer(start: memory, count: Int(buffer.length)))
            guard glyphone_v4l2_queue(descriptor, &buffer) == 0 else { throw CameraDevice.failure(to: "start", path, errno) }
        }
        guard glyphone_v4l2_stream(descriptor, 1) == 0 else { throw CameraDevice.failure(to: "start", path, errno) }
    }

    private func shutDown() {
        _ = glyphone_v4l2_stream(descriptor, 0)
        for map in maps { v4l2_munmap(map.baseAddress, map.count) }
        maps = []
        v4l2_close(descriptor)
    }

    /// Copies the picture out of the driver's memory: a full plane, then two of half the stride and height.
    private func frame(in buffer: v4l2_buffer, _ pool: I420Pool) -> VideoFrame? {
        guard Int(buffer.index) < maps.count, let target = try? pool.buffer(width: Int(format.width), height: Int(format.height)) else {
            return nil
        }
        let source = maps[Int(buffer.index)]
        let stride = max(Int(format.bytesperline), target.width)
        let chromaStride = (stride + 1) / 2
        let isWhole = target.withMutablePlanes { y, u, v in
            var offset = 0
            for (plane, sourceStride) in [(y, stride), (u, chromaStride), (v, chromaStride)] {
                guard offset + sourceStride * plane.height <= source.count else { return false }
                for row in 0..<plane.height {
                    let start = offset + row * sourceStride
                    UnsafeMutableRawBufferPointer(plane.row(row)).copyMemory(from: .init(rebasing: source[start..<start + plane.width]))
                }
                offset += sourceStride * plane.height
            }
            return true
        }
        return isWhole ? VideoFrame(buffer: target, timestamp: time(of: buffer)) : nil
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
}
