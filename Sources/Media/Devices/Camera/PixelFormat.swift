import MediaSources

/// A pixel format of Video4Linux's (`V4L2_PIX_FMT_…`), by its four characters.
public struct PixelFormat: Hashable, Sendable, CustomStringConvertible {
    /// The first character in the lowest byte. The highest bit marks samples with the high byte first.
    public let code: UInt32

    public init(code: UInt32) {
        self.code = code
    }

    /// - Parameter characters: four of ASCII, as the kernel's documentation writes them; `-BE` may follow.
    package init(_ characters: StaticString) {
        var code: UInt32 = 0
        characters.withUTF8Buffer { bytes in
            for (index, byte) in bytes.prefix(4).enumerated() { code |= UInt32(byte) << (8 * UInt32(index)) }
            if bytes.count > 4 { code |= 1 << 31 }
        }
        self.code = code
    }

    /// The four characters, without spaces at the end.
    public var description: String {
        var text = ""
        for shift in [0, 8, 16, 24] as [UInt32] {
            let byte = UInt8(truncatingIfNeeded: code >> shift) & 0x7f
            text.append(0x20...0x7e ~= byte ? Character(Unicode.Scalar(byte)) : "?")
        }
        while text.last == " " { text.removeLast() }
        return code >> 31 == 1 ? text + "-BE" : text
    }
}

/// What a picture of a camera's looks like in memory.
package enum PictureLayout: Equatable, Sendable {
    /// Planes of luma, then of both chroma: `shift` tells how many times width and height of chroma are halved.
    case planar(shift: Subsampling, swapsChroma: Bool)
    /// A plane of luma, then one of chroma pairs.
    case semiplanar(shift: Subsampling, swapsChroma: Bool)
    /// Two pixels in four bytes: where the first luma is, and both chroma; the second luma is two bytes on.
    case interleaved(y: Int, u: Int, v: Int)
    /// Each pixel by itself.
    case packed(PackedPixel)
    /// One sample in each pixel, of red, green or blue.
    case mosaic(BayerPattern)
    case jpeg

    /// How often chroma's width and height are halved.
    package struct Subsampling: Equatable, Sendable {
        package var horizontal: Int
        package var vertical: Int

        static let yuv420 = Subsampling(horizontal: 1, vertical: 1)
        static let yuv422 = Subsampling(horizontal: 1, vertical: 0)
        static let yuv444 = Subsampling(horizontal: 0, vertical: 0)
    }

    /// The bytes that a picture takes.
    ///
    /// - Parameters:
    ///   - stride: bytes from one row of the first plane to the next.
    /// - Returns: nil for what has no fixed size.
    func byteCount(width: Int, height: Int, stride: Int) -> Int? {
        switch self {
        case .planar(let shift, _):
            let chromaRows = (height + (1 << shift.vertical) - 1) >> shift.vertical
            return stride * height + 2 * chromaStride(stride) * chromaRows
        case .semiplanar(let shift, _):
            return stride * height + chromaStride(stride) * ((height + (1 << shift.vertical) - 1) >> shift.vertical)
        // The last row may end before its stride does.
        case .interleaved, .packed, .mosaic: return stride * (height - 1) + minimumStride(width: width)
        case .jpeg: return nil
        }
    }

    /// The bytes of a row, without any that fill it up.
    package func minimumStride(width: Int) -> Int {
        switch self {
        case .planar, .semiplanar: width
        case .interleaved: (width + 1) / 2 * 4
        case .packed(let pixel): width * pixel.byteCount
        case .mosaic(let pattern): width * pattern.byteCount
        case .jpeg: 0
        }
    }

    /// Bytes from one row of chroma to the next: Video4Linux gives the stride of luma alone.
    func chromaStride(_ stride: Int) -> Int {
        switch self {
        case .planar(let shift, _): (stride + (1 << shift.horizontal) - 1) >> shift.horizontal
        case .semiplanar(let shift, _): ((stride + (1 << shift.horizontal) - 1) >> shift.horizontal) * 2
        case .interleaved, .packed, .mosaic, .jpeg: 0
        }
    }
}

/// A pixel in one to four bytes, whose components are runs of bits.
package struct PackedPixel: Equatable, Sendable {
    package enum Model: Equatable, Sendable {
        case rgb, yuv, luma
        /// Hue, whose steps the driver tells, saturation, value.
        case hsv
    }

    var model: Model
    var byteCount: Int
    var isBigEndian = false
    /// Bits of the three components in the order of the model's name; of luma, only the first.
    var masks: [UInt32]

    init(_ model: Model, bytes: Int, isBigEndian: Bool = false, _ masks: UInt32...) {
        self.model = model
        byteCount = bytes
        self.isBigEndian = isBigEndian
        self.masks = masks + [UInt32](repeating: 0, count: 3 - masks.count)
    }
}

/// The filter of colours over a sensor: each square of four pixels has one red, one blue and two green.
package struct BayerPattern: Equatable, Sendable {
    /// Column and row, 0 or 1, of red in the square; blue is opposite.
    package var redColumn: Int
    package var redRow: Int
    /// Bits in a sample: of more than 8, each takes two bytes, the low one first.
    var bits: Int

    var byteCount: Int { bits > 8 ? 2 : 1 }
}
