import CFFmpeg
import Codecs

/// Brings pictures of any size and format to I420 of another size. It is used by one thread at a time.
public final class PictureScaler {
    private var context: OpaquePointer?

    public init() {}

    deinit {
        sws_freeContext(context)
    }

    /// Fills `target` with a frame of FFmpeg's.
    ///
    /// - Returns: false if the library cannot convert it.
    func scale(_ frame: UnsafeMutablePointer<AVFrame>, to target: I420Buffer) -> Bool {
        let (data, lines) = (frame.pointee.data, frame.pointee.linesize)
        let planes = [data.0, data.1, data.2, data.3].map { plane in plane.map { UnsafePointer<UInt8>($0) } }
        return scale(
            planes, [lines.0, lines.1, lines.2, lines.3], AVPixelFormat(frame.pointee.format), frame.pointee.width, frame.pointee.height,
            to: target)
    }

    /// Fills `target` with another picture.
    ///
    /// - Returns: false if the library cannot convert it.
    public func scale(_ picture: I420Buffer, to target: I420Buffer) -> Bool {
        picture.withPlanes { y, u, v in
            let planes = [y.samples.baseAddress, u.samples.baseAddress, v.samples.baseAddress, nil]
            let strides = [Int32(y.stride), Int32(u.stride), Int32(v.stride), 0]
            return scale(planes, strides, AV_PIX_FMT_YUV420P, Int32(picture.width), Int32(picture.height), to: target)
        }
    }

    private func scale(
        _ planes: [UnsafePointer<UInt8>?], _ strides: [Int32], _ format: AVPixelFormat, _ width: Int32, _ height: Int32,
        to target: I420Buffer
    ) -> Bool {
        context = sws_getCachedContext(
            context, width, height, format, Int32(target.width), Int32(target.height), AV_PIX_FMT_YUV420P, SWS_BILINEAR, nil, nil, nil)
        guard let context else { return false }
        return target.withMutablePlanes { y, u, v in
            let targets = [y.samples.baseAddress, u.samples.baseAddress, v.samples.baseAddress, nil]
            return sws_scale(context, planes, strides, 0, height, targets, [Int32(y.stride), Int32(u.stride), Int32(v.stride), 0]) > 0
        }
    }
}
