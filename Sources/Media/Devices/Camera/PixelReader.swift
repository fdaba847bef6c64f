/// Reads single pixels of a picture, for the formats that cameras rarely have.
protocol PixelReader {
    /// Luma and chroma, 0...255 each, of a pixel within the picture.
    func pixel(_ column: Int, _ row: Int) -> YUVPixel
}

struct YUVPixel {
    var y: Int32
    var u: Int32
    var v: Int32

    init(y: Int32, u: Int32, v: Int32) {
        self.y = y
        self.u = u
        self.v = v
    }

    /// BT.601, limited range, from components of 0...255.
    init(red: Int32, green: Int32, blue: Int32) {
        y = (66 * red + 129 * green + 25 * blue + 128) >> 8 + 16
        u = (-38 * red - 74 * green + 112 * blue + 128) >> 8 + 128
        v = (112 * red - 94 * green - 18 * blue + 128) >> 8 + 128
    }

    /// - Parameter hue: 0...179, in steps of two degrees.
    init(hue: Int32, saturation: Int32, value: Int32) {
        let (sector, rest) = (hue / 30, hue % 30)
        let low = value * (255 - saturation) / 255
        let falling = value * (255 * 30 - saturation * rest) / (255 * 30)
        let rising = value * (255 * 30 - saturation * (30 - rest)) / (255 * 30)
        switch sector {
        case 0: self.init(red: value, green: rising, blue: low)
        case 1: self.init(red: falling, green: value, blue: low)
        case 2: self.init(red: low, green: value, blue: rising)
        case 3: self.init(red: low, green: falling, blue: value)
        case 4: self.init(red: rising, green: low, blue: value)
        default: self.init(red: value, green: low, blue: falling)
        }
    }
}

/// A plane of luma, and one of chroma pairs that is not subsampled as I420 is.
struct SemiplanarReader: PixelReader {
    let luma: UnsafePointer<UInt8>
    let stride: Int
    let chroma: UnsafePointer<UInt8>
    let chromaStride: Int
    let shift: PictureLayout.Subsampling
    /// Which of a pair is U.
    let u: Int

    func pixel(_ column: Int, _ row: Int) -> YUVPixel {
        let pair = chroma + (row >> shift.vertical) * chromaStride + (column >> shift.horizontal) * 2
        return YUVPixel(y: Int32(luma[row * stride + column]), u: Int32(pair[u]), v: Int32(pair[1 - u]))
    }
}

struct PackedReader: PixelReader {
    private let bytes: UnsafePointer<UInt8>
    private let stride: Int
    private let pixel: PackedPixel
    private let hueSteps: Int32
    private let first: Component
    private let second: Component
    private let third: Component

    /// A run of bits, brought to 0...255.
    private struct Component {
        let mask: UInt32
        let shift: UInt32
        /// The largest value after the shift.
        let largest: UInt32

        init(_ mask: UInt32) {
            self.mask = mask
            let bits = mask.nonzeroBitCount
            shift = mask == 0 ? 0 : UInt32(mask.trailingZeroBitCount + max(0, bits - 8))
            largest = UInt32(1) << UInt32(min(bits, 8)) - 1
        }

        func value(of word: UInt32) -> Int32 {
            let value = (word & mask) &>> shift
            return Int32(truncatingIfNeeded: largest == 255 || largest == 0 ? value : (value * 255 + largest / 2) / largest)
        }
    }

    init(bytes: UnsafePointer<UInt8>, stride: Int, pixel: PackedPixel, hueSteps: Int) {
        self.bytes = bytes
        self.stride = stride
        self.pixel = pixel
        self.hueSteps = Int32(max(1, hueSteps))
        first = Component(pixel.masks[0])
        second = Component(pixel.masks[1])
        third = Component(pixel.masks[2])
    }

    func pixel(_ column: Int, _ row: Int) -> YUVPixel {
        let start = bytes + row * stride + column * pixel.byteCount
        var word: UInt32 = 0
        for index in 0..<pixel.byteCount {
            let place = pixel.isBigEndian ? pixel.byteCount - 1 - index : index
            word |= UInt32(start[index]) << UInt32(8 * place)
        }
        let (a, b, c) = (first.value(of: word), second.value(of: word), third.value(of: word))
        return switch pixel.model {
        case .rgb: YUVPixel(red: a, green: b, blue: c)
        case .yuv: YUVPixel(y: a, u: b, v: c)
        case .luma: YUVPixel(y: a, u: 128, v: 128)
        case .hsv: YUVPixel(hue: (a * 180 + hueSteps / 2) / hueSteps, saturation: b, value: c)
        }
    }
}

/// The samples of a sensor. A pixel's own colour is its own, the others come from its square of four.
struct MosaicReader: PixelReader {
    let bytes: UnsafePointer<UInt8>
    let stride: Int
    let pattern: BayerPattern
    let width: Int
    let height: Int

    func pixel(_ column: Int, _ row: Int) -> YUVPixel {
        let (left, top) = (column & ~1, row & ~1)
        let own = sample(column, row)
        var red = sample(left + pattern.redColumn, top + pattern.redRow)
        var blue = sample(left + 1 - pattern.redColumn, top + 1 - pattern.redRow)
        var green =
            (sample(left + 1 - pattern.redColumn, top + pattern.redRow) + sample(left + pattern.redColumn, top + 1 - pattern.redRow)) / 2
        switch (column & 1 == pattern.redColumn, row & 1 == pattern.redRow) {
        case (true, true): red = own
        case (false, false): blue = own
        default: green = own
        }
        return YUVPixel(red: red, green: green, blue: blue)
    }

    /// A square that the picture's edge cuts takes what is beside it.
    private func sample(_ column: Int, _ row: Int) -> Int32 {
        let start = bytes + min(row, height - 1) * stride + min(column, width - 1) * pattern.byteCount
        return pattern.bits > 8 ? (Int32(start[0]) | Int32(start[1]) << 8) >> Int32(pattern.bits - 8) & 0xff : Int32(start[0])
    }
}
