import CTurboJPEG
import Codecs
import Testing

import Devices

/// Pictures of every format to I420, out of memory that ends where it should.
@Suite struct ConversionTests {
    /// Writes the colours as a format has them.
    private func source(_ name: StaticString, _ colours: TestColours, bytesPerLine: Int) -> [UInt8] {
        let (width, height) = (colours.width, colours.height)
        func chroma(_ column: Int, _ row: Int, _ columns: Int, _ rows: Int) -> (u: Int, v: Int) {
            var (u, v) = (0, 0)
            for y in 0..<rows {
                for x in 0..<columns {
                    let pixel = colours.yuv(min(column * columns + x, width - 1), min(row * rows + y, height - 1))
                    u += pixel.u
                    v += pixel.v
                }
            }
            let count = columns * rows
            return ((u + count / 2) / count, (v + count / 2) / count)
        }
        func plane(_ rows: Int, _ stride: Int, _ put: (Int, inout [UInt8]) -> Void) -> [UInt8] {
            (0..<rows).flatMap { row in
                var line: [UInt8] = []
                put(row, &line)
                return line + [UInt8](repeating: 0x55, count: max(0, stride - line.count))
            }
        }
        let luma = { plane(height, bytesPerLine) { row, line in for x in 0..<width { line.append(UInt8(colours.yuv(x, row).y)) } } }
        switch "\(name)" {
        case "YU12", "YV12":
            let planes = [true, false].map { isU in
                plane((height + 1) / 2, (bytesPerLine + 1) / 2) { row, line in
                    for x in 0..<(width + 1) / 2 { line.append(UInt8(isU ? chroma(x, row, 2, 2).u : chroma(x, row, 2, 2).v)) }
                }
            }
            return luma() + ("\(name)" == "YU12" ? planes[0] + planes[1] : planes[1] + planes[0])
        case "422P":
            return luma()
                + [true, false].flatMap { isU in
                    plane(height, (bytesPerLine + 1) / 2) { row, line in
                        for x in 0..<(width + 1) / 2 { line.append(UInt8(isU ? chroma(x, row, 2, 1).u : chroma(x, row, 2, 1).v)) }
                    }
                }
        case "NV12", "NV21", "NV16", "NV61", "NV24", "NV42":
            let columns = "\(name)".hasSuffix("24") || "\(name)".hasSuffix("42") ? 1 : 2
            let rows = "\(name)" == "NV12" || "\(name)" == "NV21" ? 2 : 1
            let isSwapped = ["NV21", "NV61", "NV42"].contains("\(name)")
            return luma()
                + plane((height + rows - 1) / rows, (bytesPerLine + columns - 1) / columns * 2) { row, line in
                    for x in 0..<(width + columns - 1) / columns {
                        let (u, v) = chroma(x, row, columns, rows)
                        line += isSwapped ? [UInt8(v), UInt8(u)] : [UInt8(u), UInt8(v)]
                    }
                }
        case "YUYV", "YVYU", "UYVY", "VYUY":
            return plane(height, bytesPerLine) { row, line in
                for x in 0..<(width + 1) / 2 {
                    let (u, v) = chroma(x, row, 2, 1)
                    let (first, second) = (colours.yuv(2 * x, row).y, colours.yuv(min(2 * x + 1, width - 1), row).y)
                    switch "\(name)" {
                    case "YUYV": line += [first, u, second, v].map { UInt8($0) }
                    case "YVYU": line += [first, v, second, u].map { UInt8($0) }
                    case "UYVY": line += [u, first, v, second].map { UInt8($0) }
                    default: line += [v, first, u, second].map { UInt8($0) }
                    }
                }
            }
        default:
            return plane(height, bytesPerLine) { row, line in
                for x in 0..<width {
                    let (r, g, b) = colours.rgb(x, row)
                    let (y, u, v) = colours.yuv(x, row)
                    let word: (UInt32, Int) =
                        switch "\(name)" {
                        case "RGB3": (UInt32(r | g << 8 | b << 16), 3)
                        case "BGR3": (UInt32(b | g << 8 | r << 16), 3)
                        case "XR24": (UInt32(b | g << 8 | r << 16), 4)
                        case "XB24": (UInt32(r | g << 8 | b << 16), 4)
                        case "RX24": (UInt32(b << 8 | g << 16 | r << 24), 4)
                        case "BX24": (UInt32(r << 8 | g << 16 | b << 24), 4)
                        case "RGBP": (UInt32((r >> 3) << 11 | (g >> 2) << 5 | b >> 3), 2)
                        case "RGBR": (UInt32((r >> 3) << 11 | (g >> 2) << 5 | b >> 3).byteSwapped >> 16, 2)
                        case "YUV3": (UInt32(y | u << 8 | v << 16), 3)
                        case "AYUV": (UInt32(y << 8 | u << 16 | v << 24), 4)
                        case "GREY": (UInt32(y), 1)
                        case "Y10 ": (UInt32(y << 2), 2)
                        case "Y16 ": (UInt32(y << 8), 2)
                        default: (0, 1)
                        }
                    for index in 0..<word.1 { line.append(UInt8(truncatingIfNeeded: word.0 >> UInt32(8 * index))) }
                }
            }
        }
    }

    private func convert(
        _ name: StaticString, _ bytes: [UInt8], _ width: Int, _ height: Int, bytesPerLine: Int = 0, isFullRange: Bool = false
    ) throws -> I420Buffer? {
        let converter = try #require(
            PictureConverter(
                format: PixelFormat(name), width: width, height: height, bytesPerLine: bytesPerLine, isFullRange: isFullRange))
        return bytes.withUnsafeBytes { converter.convert($0, I420Pool()) }
    }

    private static let names: [StaticString] = [
        "YU12", "YV12", "422P", "NV12", "NV21", "NV16", "NV61", "NV24", "NV42", "YUYV", "YVYU", "UYVY", "VYUY", "RGB3", "BGR3", "XR24",
        "BX24", "XB24", "RX24", "RGBP", "RGBR", "YUV3", "AYUV", "GREY", "Y10 ", "Y16 ",
    ]
    private static let sizes = [(64, 48), (62, 46), (63, 47), (2, 2), (1, 1)]

    @Test(arguments: names.map { "\($0)" }, sizes)
    func `A picture keeps its colours, whatever its format, its size and the gap behind its rows`(_ text: String, size: (Int, Int)) throws {
        let name = try #require(Self.names.first { "\($0)" == text })
        let colours = TestColours(width: size.0, height: size.1)
        let layout = try #require(PixelFormat(name).layout)
        for gap in [0, 6] {
            let stride = layout.minimumStride(width: size.0) + gap + (layout.minimumStride(width: size.0) + gap) % 2
            let bytes = source(name, colours, bytesPerLine: stride)
            let picture = try #require(try convert(name, bytes, size.0, size.1, bytesPerLine: stride))
            let (luma, chroma) = colours.difference(picture)
            let isCoarse = ["RGBP", "RGBR"].contains(text)
            #expect(luma <= (isCoarse ? 8 : 2), "\(text) \(size)")
            // Of chroma a sample wide, libyuv takes a row instead of two rows' mean.
            let isTiny = size.0 <= 2
            #expect(PixelFormat(name).isColourless || isTiny || chroma <= (isCoarse ? 8 : 3), "\(text) \(size)")
        }
    }

    @Test(arguments: names.map { "\($0)" }) func `Of a driver that wrote less than a picture nothing is read beyond`(_ text: String) throws
    {
        let name = try #require(Self.names.first { "\($0)" == text })
        let converter = try #require(PictureConverter(format: PixelFormat(name), width: 31, height: 17))
        let count = try #require(converter.byteCount)
        for missing in [1, 2, count / 2, count - 1, count] {
            // On its own, so that a sanitizer, or the end of a page, tells what is read beyond.
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count - missing, alignment: 1)
            defer { memory.deallocate() }
            memory.initializeMemory(as: UInt8.self, repeating: 0)
            #expect(converter.convert(UnsafeRawBufferPointer(memory), I420Pool()) == nil)
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0x80)
        #expect(converter.convert(UnsafeRawBufferPointer(memory), I420Pool()) != nil)
    }

    @Test(arguments: [-1, 0, 1, 5, 1 << 30, Int(Int32.max), Int(UInt32.max)]) func `A stride that cannot be is not believed`(stride: Int)
        throws
    {
        let colours = TestColours(width: 16, height: 8)
        let picture = try #require(try convert("YUYV", source("YUYV", colours, bytesPerLine: 32), 16, 8, bytesPerLine: stride))
        #expect(colours.difference(picture).luma <= 2)
    }

    @Test(arguments: [(0, 8), (8, 0), (-8, 8), (16384, 8), (8, Int(Int32.max))]) func `There is no picture of an impossible size`(
        size: (Int, Int)
    ) {
        #expect(PictureConverter(format: PixelFormat("YUYV"), width: size.0, height: size.1) == nil)
    }

    @Test func `A format that only others know is none of ours`() {
        #expect(PictureConverter(format: PixelFormat("H264"), width: 16, height: 16) == nil)
        #expect(PixelFormat("H264").layout == nil)
    }

    @Test func `Full range becomes limited range`() throws {
        let white = [UInt8](repeating: 255, count: 4 * 4 * 3 / 2)
        let picture = try #require(try convert("YU12", white, 4, 4, isFullRange: true))
        picture.withPlanes { y, u, v in
            #expect(y.row(0)[0] == 235)
            #expect(u.row(0)[0] == 240)
            #expect(v.row(1)[1] == 240)
        }
        let black = try #require(try convert("YU12", [UInt8](repeating: 0, count: 24), 4, 4, isFullRange: true))
        black.withPlanes { y, u, _ in
            #expect(y.row(3)[3] == 16)
            #expect(u.row(0)[0] == 16)
        }
        let grey = try #require(try convert("YU12", [UInt8](repeating: 128, count: 24), 4, 4, isFullRange: true))
        grey.withPlanes { _, u, v in #expect(u.row(0)[0] == 128 && v.row(0)[0] == 128) }
    }

    @Test(arguments: ["BA81", "GBRG", "GRBG", "RGGB"], [(8, 8), (7, 5)])
    func `A sensor's own samples become a colour`(_ text: String, size: (Int, Int)) throws {
        let names: [StaticString] = ["BA81", "GBRG", "GRBG", "RGGB"]
        let name = try #require(names.first { "\($0)" == text })
        guard case .mosaic(let pattern) = PixelFormat(name).layout else { throw JPEGFailure() }
        var bytes: [UInt8] = []
        for row in 0..<size.1 {
            for column in 0..<size.0 {
                let isRed = column & 1 == pattern.redColumn && row & 1 == pattern.redRow
                let isBlue = column & 1 != pattern.redColumn && row & 1 != pattern.redRow
                bytes.append(isRed ? 200 : isBlue ? 50 : 100)
            }
        }
        let picture = try #require(try convert(name, bytes, size.0, size.1))
        // 0.257 * 200 + 0.504 * 100 + 0.098 * 50 + 16, and so on.
        picture.withPlanes { y, u, v in
            #expect(abs(Int(y.row(1)[1]) - 123) <= 2)
            #expect(abs(Int(u.row(0)[0]) - 91) <= 2)
            #expect(abs(Int(v.row(0)[0]) - 175) <= 2)
        }
    }
}

/// Motion JPEG, whose pictures may be anything.
@Suite struct MotionJPEGTests {
    private let colours = TestColours(width: 64, height: 48)

    private func convert(_ bytes: [UInt8], width: Int = 64, height: Int = 48) -> I420Buffer? {
        let converter = PictureConverter(format: PixelFormat("MJPG"), width: width, height: height)
        return bytes.withUnsafeBytes { converter?.convert($0, I420Pool()) }
    }

    @Test(arguments: [TJSAMP_420.rawValue, TJSAMP_422.rawValue, TJSAMP_444.rawValue])
    func `A picture keeps its colours, and becomes limited range`(subsampling: UInt32) throws {
        let picture = try #require(convert(try colours.jpeg(TJSAMP(rawValue: subsampling))))
        let (luma, chroma) = colours.difference(picture)
        #expect(luma <= 6)
        #expect(chroma <= 6)
    }

    @Test func `Grey is grey`() throws {
        let picture = try #require(convert(try colours.jpeg(TJSAMP_GRAY)))
        picture.withPlanes { _, u, v in #expect(u.row(3)[3] == 128 && v.row(3)[3] == 128) }
        #expect(colours.difference(picture).luma <= 6)
    }

    @Test func `A picture of odd size`() throws {
        let odd = TestColours(width: 61, height: 43)
        let picture = try #require(convert(try odd.jpeg(TJSAMP_422), width: 61, height: 43))
        #expect(odd.difference(picture).luma <= 6)
    }

    @Test func `A picture without Huffman tables takes the usual ones, as webcams expect`() throws {
        var bytes = try colours.jpeg(TJSAMP_422)
        var index = 2
        // Segments, until the scan begins.
        while bytes[index + 1] != 0xda {
            let length = Int(bytes[index + 2]) << 8 | Int(bytes[index + 3])
            if bytes[index + 1] == 0xc4 { bytes.removeSubrange(index..<index + 2 + length) } else { index += 2 + length }
        }
        let picture = try #require(convert(bytes))
        #expect(colours.difference(picture).luma <= 6)
    }

    @Test func `A picture cut short anywhere is none`() throws {
        let bytes = try colours.jpeg(TJSAMP_422)
        for count in stride(from: 0, to: bytes.count - 1, by: 7) { #expect(convert(Array(bytes[..<count])) == nil, "\(count)") }
        // Some cameras fill the rest of their buffer.
        #expect(convert(bytes + [UInt8](repeating: 0, count: 100)) != nil)
    }

    @Test func `A picture of another size than the driver said is none`() throws {
        #expect(convert(try colours.jpeg(TJSAMP_420), width: 128, height: 96) == nil)
        #expect(convert(try colours.jpeg(TJSAMP_420), width: 32, height: 24) == nil)
    }

    @Test func `Any bytes may come`() throws {
        var random = Seeded(state: 1)
        let whole = try colours.jpeg(TJSAMP_420)
        for _ in 0..<500 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 2..<bytes.count - 2, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if let picture = convert(bytes) { #expect(picture.width == 64) }
        }
    }
}
