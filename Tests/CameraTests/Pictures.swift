import CTurboJPEG
import Codecs

/// A picture of one colour in each of a grid's fields, and what it is in any format.
struct TestColours {
    let width: Int
    let height: Int

    /// Red, green and blue of a pixel: smooth, so that chroma of half the size loses little.
    func rgb(_ column: Int, _ row: Int) -> (r: Int, g: Int, b: Int) {
        (column * 200 / max(width, 2) + 30, row * 200 / max(height, 2) + 30, 128 + (column + row) % 16)
    }

    func yuv(_ column: Int, _ row: Int) -> (y: Int, u: Int, v: Int) {
        let (r, g, b) = rgb(column, row)
        func rounded(_ value: Double) -> Int { Int(value.rounded()) }
        return (
            rounded(16 + (65.481 * Double(r) + 128.553 * Double(g) + 24.966 * Double(b)) / 255),
            rounded(128 + (-37.797 * Double(r) - 74.203 * Double(g) + 112 * Double(b)) / 255),
            rounded(128 + (112 * Double(r) - 93.786 * Double(g) - 18.214 * Double(b)) / 255)
        )
    }

    /// The largest difference of luma and of chroma between this and a picture of it, away from the last odd column and row.
    func difference(_ picture: I420Buffer) -> (luma: Int, chroma: Int) {
        picture.withPlanes { y, u, v in
            var (luma, chroma) = (0, 0)
            for row in 0..<height {
                for column in 0..<width { luma = max(luma, abs(Int(y.row(row)[column]) - yuv(column, row).y)) }
            }
            for row in 0..<height / 2 {
                for column in 0..<width / 2 {
                    let around = [(0, 0), (1, 0), (0, 1), (1, 1)].map { yuv(2 * column + $0.0, 2 * row + $0.1) }
                    chroma = max(
                        chroma, abs(Int(u.row(row)[column]) - around.map(\.u).reduce(2, +) / 4),
                        abs(Int(v.row(row)[column]) - around.map(\.v).reduce(2, +) / 4))
                }
            }
            return (luma, chroma)
        }
    }

    /// The picture as JPEG, with chroma halved as `subsampling` says (`TJSAMP_…`).
    func jpeg(_ subsampling: TJSAMP, quality: Int32 = 95) throws -> [UInt8] {
        var pixels: [UInt8] = []
        for row in 0..<height {
            for column in 0..<width {
                let (r, g, b) = rgb(column, row)
                pixels += [UInt8(r), UInt8(g), UInt8(b)]
            }
        }
        return try encodeJPEG(pixels, width: width, height: height, subsampling, quality: quality)
    }
}

struct JPEGFailure: Error {}

func encodeJPEG(_ pixels: [UInt8], width: Int, height: Int, _ subsampling: TJSAMP, quality: Int32) throws -> [UInt8] {
    let encoder = tjInitCompress()
    defer { tjDestroy(encoder) }
    var bytes: UnsafeMutablePointer<UInt8>?
    var count: UInt = 0
    let status = tjCompress2(
        encoder, pixels, Int32(width), 0, Int32(height), Int32(TJPF_RGB.rawValue), &bytes, &count, Int32(subsampling.rawValue), quality, 0)
    defer { tjFree(bytes) }
    guard status == 0, let bytes else { throw JPEGFailure() }
    return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
}

/// A picture of JPEG as libjpeg-turbo decodes it: planes of full range, of the sizes that the picture has.
func decodeJPEG(_ bytes: [UInt8], width: Int, height: Int, chromaWidth: Int, chromaHeight: Int) throws -> (
    y: [UInt8], u: [UInt8], v: [UInt8]
) {
    let decoder = tjInitDecompress()
    defer { tjDestroy(decoder) }
    var y = [UInt8](repeating: 0, count: width * height)
    var u = [UInt8](repeating: 0, count: chromaWidth * chromaHeight)
    var v = u
    let status = y.withUnsafeMutableBufferPointer { y in
        u.withUnsafeMutableBufferPointer { u in
            v.withUnsafeMutableBufferPointer { v in
                var planes = [y.baseAddress, u.baseAddress, v.baseAddress]
                return tjDecompressToYUVPlanes(
                    decoder, bytes, UInt(bytes.count), &planes, Int32(width), nil, Int32(height), TJFLAG_ACCURATEDCT)
            }
        }
    }
    guard status == 0 else { throw JPEGFailure() }
    return (y, u, v)
}

/// Numbers that are the same in every run (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
