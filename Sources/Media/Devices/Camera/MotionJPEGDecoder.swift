import CMotionJPEG
package import Codecs
import Synchronization

/// Decodes the Motion JPEG of cameras, straight to I420 of limited range: baseline coding, chroma 4:2:2 or 4:2:0.
///
/// It takes some two thirds of what libyuv takes with libjpeg-turbo, whose planes of full range have to be scaled afterwards.
package final class MotionJPEGDecoder: @unchecked Sendable {
    private let decoder: OpaquePointer
    private let access = Mutex(())

    /// - Returns: nil when there is no memory.
    package init?() {
        guard let decoder = glyphone_mjpeg_create() else { return nil }
        self.decoder = decoder
    }

    deinit {
        glyphone_mjpeg_free(decoder)
    }

    /// Decodes one picture.
    ///
    /// - Parameters:
    ///   - source: all of the picture; what follows its end does not matter.
    ///   - target: of the picture's size.
    /// - Returns: false, with anything in `target`, where the picture is of another kind or size, not of whole units of 16 by 8 or 16 by 16
    ///   pixels, damaged, or cut short: a general decoder may know what to do with it.
    package func decode(_ source: UnsafeRawBufferPointer, to target: I420Buffer) -> Bool {
        target.withMutablePlanes { y, u, v in
            var planes = glyphone_mjpeg_planes(
                y: y.samples.baseAddress, u: u.samples.baseAddress, v: v.samples.baseAddress, y_stride: y.stride, u_stride: u.stride,
                v_stride: v.stride, width: Int32(y.width), height: Int32(y.height))
            return access.withLock { _ in
                glyphone_mjpeg_decode(decoder, source.baseAddress?.assumingMemoryBound(to: UInt8.self), source.count, &planes) != 0
            }
        }
    }
}
