import CYUV
package import Codecs

/// Makes I420 of a camera's pictures: of limited range, as encoders expect it.
///
/// Where a driver says less than the truth, of a stride or of how much it wrote, no byte outside of what it gave is read: there
/// is no picture then.
package struct PictureConverter: Sendable {
    package let format: PixelFormat
    package let width: Int
    package let height: Int
    private let layout: PictureLayout
    private let stride: Int
    /// The camera's luma and chroma are 0...255. Of what is computed from red, green and blue, this says nothing.
    private let isFullRange: Bool
    private let hueSteps: Int
    /// For most pictures of Motion JPEG; libyuv has the rest.
    private let motionJPEG: MotionJPEGDecoder?

    /// - Parameters:
    ///   - bytesPerLine: as the driver says; 0, or too few for a row, stands for rows without a gap.
    ///   - hueSteps: of the full circle, 180 or 256, where colours are given by hue.
    /// - Returns: nil for a format that is not converted here, or a size that is none.
    package init?(format: PixelFormat, width: Int, height: Int, bytesPerLine: Int = 0, isFullRange: Bool = false, hueSteps: Int = 180) {
        guard let layout = format.layout, 1...I420Buffer.maximumDimension ~= width, 1...I420Buffer.maximumDimension ~= height else {
            return nil
        }
        self.format = format
        self.width = width
        self.height = height
        self.layout = layout
        // More than any driver uses, and far from overflow.
        let longest = I420Buffer.maximumDimension * 16
        stride = layout.minimumStride(width: width)...longest ~= bytesPerLine ? bytesPerLine : layout.minimumStride(width: width)
        self.isFullRange = isFullRange || layout == .jpeg
        self.hueSteps = hueSteps
        motionJPEG = layout == .jpeg ? MotionJPEGDecoder() : nil
    }

    /// The bytes that hold a picture; nil for what has no fixed size.
    package var byteCount: Int? { layout.byteCount(width: width, height: height, stride: stride) }

    /// Converts one picture.
    ///
    /// - Parameters:
    ///   - source: what the driver wrote.
    /// - Returns: nil when that is not a whole picture.
    package func convert(_ source: UnsafeRawBufferPointer, _ pool: I420Pool) -> I420Buffer? {
        guard source.count >= byteCount ?? 1, let base = source.baseAddress, let target = try? pool.buffer(width: width, height: height)
        else { return nil }
        if motionJPEG?.decode(source, to: target) == true { return target }
        let bytes = base.assumingMemoryBound(to: UInt8.self)
        let isWhole = target.withMutablePlanes { y, u, v in
            guard convert(bytes, source.count, Planes(y: y, u: u, v: v)) else { return false }
            guard isFullRange, !isFromRGB else { return true }
            for row in 0..<y.height { limitLuma(y.row(row)) }
            for plane in [u, v] { for row in 0..<plane.height { limitChroma(plane.row(row)) } }
            return true
        }
        return isWhole ? target : nil
    }

    private var isFromRGB: Bool {
        switch layout {
        case .packed(let pixel): pixel.model == .rgb || pixel.model == .hsv
        case .mosaic: true
        case .planar, .semiplanar, .interleaved, .jpeg: false
        }
    }

    private func convert(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ planes: Planes) -> Bool {
        let (width, height, stride) = (Int32(width), Int32(height), Int32(stride))
        let (y, u, v) = (planes.y, planes.u, planes.v)
        guard let yBase = y.samples.baseAddress, let uBase = u.samples.baseAddress, let vBase = v.samples.baseAddress else { return false }
        let (yStride, uStride, vStride) = (Int32(y.stride), Int32(u.stride), Int32(v.stride))
        let chroma = bytes + self.stride * self.height
        switch layout {
        case .planar(let shift, let swapsChroma):
            let chromaStride = layout.chromaStride(self.stride)
            let rows = (self.height + (1 << shift.vertical) - 1) >> shift.vertical
            let first = chroma
            let second = chroma + chromaStride * rows
            let convert = shift == .yuv420 ? I420Copy : I422ToI420
            return convert(
                bytes, stride, swapsChroma ? second : first, Int32(chromaStride), swapsChroma ? first : second, Int32(chromaStride),
                yBase, yStride, uBase, uStride, vBase, vStride, width, height) == 0
        case .semiplanar(.yuv420, let swapsChroma):
            let convert = swapsChroma ? NV21ToI420 : NV12ToI420
            return convert(
                bytes, stride, chroma, Int32(layout.chromaStride(self.stride)), yBase, yStride, uBase, uStride, vBase, vStride, width,
                height)
                == 0
        case .semiplanar(let shift, let swapsChroma):
            let reader = SemiplanarReader(
                luma: bytes, stride: self.stride, chroma: chroma, chromaStride: layout.chromaStride(self.stride), shift: shift,
                u: swapsChroma ? 1 : 0)
            planes.fill(from: reader)
        case .interleaved(y: 0, u: 1, v: 3):
            return YUY2ToI420(bytes, stride, yBase, yStride, uBase, uStride, vBase, vStride, width, height) == 0
        case .interleaved(y: 0, u: 3, v: 1):
            return YUY2ToI420(bytes, stride, yBase, yStride, vBase, vStride, uBase, uStride, width, height) == 0
        case .interleaved(_, u: 0, _):
            return UYVYToI420(bytes, stride, yBase, yStride, uBase, uStride, vBase, vStride, width, height) == 0
        case .interleaved:
            return UYVYToI420(bytes, stride, yBase, yStride, vBase, vStride, uBase, uStride, width, height) == 0
        case .packed(let pixel):
            if let convert = pixel.libraryConversion {
                return convert(bytes, stride, yBase, yStride, uBase, uStride, vBase, vStride, width, height) == 0
            }
            planes.fill(from: PackedReader(bytes: bytes, stride: self.stride, pixel: pixel, hueSteps: hueSteps))
        case .mosaic(let pattern):
            planes.fill(from: MosaicReader(bytes: bytes, stride: self.stride, pattern: pattern, width: self.width, height: self.height))
        case .jpeg:
            // Of another size than the driver said, or without an end, it is refused.
            return MJPGToI420(bytes, count, yBase, yStride, uBase, uStride, vBase, vStride, width, height, width, height) == 0
        }
        return true
    }
}

extension PackedPixel {
    /// From bytes and their stride to the three planes and theirs, of a width and a height.
    fileprivate typealias LibraryConversion = (
        UnsafePointer<UInt8>?, Int32, UnsafeMutablePointer<UInt8>?, Int32, UnsafeMutablePointer<UInt8>?, Int32,
        UnsafeMutablePointer<UInt8>?, Int32, Int32, Int32
    ) -> Int32

    /// libyuv's, of the pixels that cameras have at times; its names give the bytes from the highest down.
    fileprivate var libraryConversion: LibraryConversion? {
        guard !isBigEndian else { return nil }
        return switch (model, byteCount, masks) {
        case (.luma, 1, _): I400ToI420
        case (.rgb, 3, [0xff, 0xff00, 0xff_0000]): RAWToI420
        case (.rgb, 3, [0xff_0000, 0xff00, 0xff]): RGB24ToI420
        case (.rgb, 4, [0xff_0000, 0xff00, 0xff]): ARGBToI420
        case (.rgb, 4, [0xff, 0xff00, 0xff_0000]): ABGRToI420
        case (.rgb, 4, [0xff00, 0xff_0000, 0xff00_0000]): BGRAToI420
        case (.rgb, 4, [0xff00_0000, 0xff_0000, 0xff00]): RGBAToI420
        case (.rgb, 2, [0xf800, 0x07e0, 0x001f]): RGB565ToI420
        default: nil
        }
    }
}

/// 0...255 to 16...235.
private func limitLuma(_ row: UnsafeMutableBufferPointer<UInt8>) {
    for index in row.indices { row[index] = UInt8(truncatingIfNeeded: (UInt16(row[index]) &* 220) &>> 8 &+ 16) }
}

/// 0...255 to 16...240, with 128 in its place.
private func limitChroma(_ row: UnsafeMutableBufferPointer<UInt8>) {
    for index in row.indices { row[index] = UInt8(truncatingIfNeeded: (UInt16(row[index]) &* 225) &>> 8 &+ 16) }
}

/// The planes of an I420 picture that is being made.
struct Planes {
    let y: I420Buffer.MutablePlane
    let u: I420Buffer.MutablePlane
    let v: I420Buffer.MutablePlane

    /// Reads every pixel; chroma is the mean of four.
    func fill(from reader: some PixelReader) {
        for row in stride(from: 0, to: y.height, by: 2) {
            let lumaRows = [y.row(row), y.row(min(row + 1, y.height - 1))]
            let (uRow, vRow) = (u.row(row / 2), v.row(row / 2))
            for column in stride(from: 0, to: y.width, by: 2) {
                var sum: SIMD2<Int32> = [2, 2]
                for rowOffset in 0..<2 {
                    let sourceRow = min(row + rowOffset, y.height - 1)
                    for columnOffset in 0..<2 {
                        let sourceColumn = min(column + columnOffset, y.width - 1)
                        let pixel = reader.pixel(sourceColumn, sourceRow)
                        lumaRows[rowOffset][sourceColumn] = UInt8(truncatingIfNeeded: pixel.y)
                        sum &+= [pixel.u, pixel.v]
                    }
                }
                uRow[column / 2] = UInt8(truncatingIfNeeded: sum.x >> 2)
                vRow[column / 2] = UInt8(truncatingIfNeeded: sum.y >> 2)
            }
        }
    }
}
