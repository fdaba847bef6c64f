import CSixel
import Glibc

/// libsixel's decoder, which others wrote.
package enum LibSixel {
    package struct Image: Equatable {
        package var width: Int
        package var height: Int
        /// RGB, 8 bits each.
        package var pixels: [UInt8]
    }

    /// - Parameter bytes: an image, from its DCS to its ST.
    /// - Returns: nil if that is no image.
    package static func decode(_ bytes: [UInt8]) -> Image? {
        var (pixels, palette): (UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt8>?)
        var (width, height, colours): (Int32, Int32, Int32) = (0, 0, 0)
        var bytes = bytes
        guard sixel_decode_raw(&bytes, Int32(bytes.count), &pixels, &width, &height, &palette, &colours, nil) & 0x1000 == 0,
            let pixels, let palette
        else { return nil }
        defer {
            free(pixels)
            free(palette)
        }
        let rgb = (0..<Int(width * height)).flatMap { index -> [UInt8] in
            (0..<3).map { palette[Int(pixels[index]) * 3 + $0] }
        }
        return Image(width: Int(width), height: Int(height), pixels: rgb)
    }
}
