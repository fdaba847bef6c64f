import CTurboJPEG
import Codecs
import Foundation
import Testing

import Devices

/// The decoder of cameras' pictures by itself, beside libjpeg-turbo's.
@Suite(.serialized) struct MotionJPEGDecoderTests {
    private static let (width, height) = (160, 96)

    /// Shapes and noise in all three colours, which take every length of code and every place of a block; no colour is so strong that
    /// what the coding adds would leave the range of samples, where the means of two rows depend on what is cut off first.
    private func pixels(seed: UInt64) -> [UInt8] {
        var random = Seeded(state: seed)
        return (0..<Self.height).flatMap { row in
            (0..<Self.width).flatMap { column -> [UInt8] in
                let noise = column > 100 ? Int.random(in: -120...120, using: &random) : 0
                let shape = (column - 50) * (column - 50) + (row - 40) * (row - 40) < 900 ? 160 : 90
                let colours = [shape, 80 + row * 100 / Self.height, 90 + (column / 8 + row / 8) % 2 * 80]
                return colours.map { UInt8(clamping: $0 + noise + Int.random(in: -20...20, using: &random)) }
            }
        }
    }

    private func decode(_ bytes: [UInt8], width: Int = width, height: Int = height, by decoder: MotionJPEGDecoder? = MotionJPEGDecoder())
        throws
        -> I420Buffer?
    {
        let target = try I420Buffer(width: width, height: height)
        return try bytes.withUnsafeBytes { try #require(decoder).decode($0, to: target) } ? target : nil
    }

    /// The largest difference of any sample from what libjpeg-turbo says, brought to limited range.
    private func difference(_ picture: I420Buffer, _ bytes: [UInt8], chromaHeight: Int) throws -> Double {
        let exact = try decodeJPEG(bytes, width: Self.width, height: Self.height, chromaWidth: Self.width / 2, chromaHeight: chromaHeight)
        return picture.withPlanes { y, u, v in
            var largest = 0.0
            for row in 0..<y.height {
                for column in 0..<y.width {
                    largest = max(largest, abs(Double(exact.y[row * y.width + column]) * 219 / 255 + 16 - Double(y.row(row)[column])))
                }
            }
            let rows = chromaHeight / u.height
            for (plane, exact) in [(u, exact.u), (v, exact.v)] {
                for row in 0..<plane.height {
                    for column in 0..<plane.width {
                        let sum = (0..<rows).reduce(0) { $0 + Int(exact[(row * rows + $1) * plane.width + column]) }
                        let value = (Double(sum) / Double(rows) - 128) * 224 / 255 + 128
                        largest = max(largest, abs(value - Double(plane.row(row)[column])))
                    }
                }
            }
            return largest
        }
    }

    @Test(arguments: [TJSAMP_422.rawValue, TJSAMP_420.rawValue], [10, 50, 75, 95, 100] as [Int32])
    func `Samples are those of libjpeg-turbo to within a rounding or two`(subsampling: UInt32, quality: Int32) throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            let bytes = try encodeJPEG(
                pixels(seed: seed), width: Self.width, height: Self.height, TJSAMP(rawValue: subsampling), quality: quality)
            let picture = try #require(try decode(bytes))
            let chromaHeight = subsampling == TJSAMP_422.rawValue ? Self.height : Self.height / 2
            #expect(try difference(picture, bytes, chromaHeight: chromaHeight) <= 1.5)
        }
    }

    @Test(arguments: [TJSAMP_422.rawValue, TJSAMP_420.rawValue], [1, 7, 10])
    func `Pictures may begin anew every few units`(subsampling: UInt32, interval: Int) throws {
        // The one way to tell the simple interface so.
        setenv("TJ_RESTART", "\(interval)B", 1)
        defer { unsetenv("TJ_RESTART") }
        let bytes = try encodeJPEG(pixels(seed: 4), width: Self.width, height: Self.height, TJSAMP(rawValue: subsampling), quality: 75)
        try #require(bytes.indices.dropLast().contains { bytes[$0] == 0xff && bytes[$0 + 1] == 0xd0 })
        let picture = try #require(try decode(bytes))
        let chromaHeight = subsampling == TJSAMP_422.rawValue ? Self.height : Self.height / 2
        #expect(try difference(picture, bytes, chromaHeight: chromaHeight) <= 1.5)
        // One that is not followed by the next.
        let first = try #require(bytes.indices.dropLast().first { bytes[$0] == 0xff && bytes[$0 + 1] == 0xd0 })
        var skipped = bytes
        skipped[first + 1] = 0xd3
        #expect(try decode(skipped) == nil)
    }

    @Test func `One picture after the other may have tables of its own`() throws {
        let decoder = MotionJPEGDecoder()
        for (subsampling, quality, hasOwnCodes) in [(TJSAMP_422, 90, false), (TJSAMP_420, 30, true), (TJSAMP_422, 60, false)] {
            if hasOwnCodes { setenv("TJ_OPTIMIZE", "1", 1) }
            defer { unsetenv("TJ_OPTIMIZE") }
            let bytes = try encodeJPEG(pixels(seed: 5), width: Self.width, height: Self.height, subsampling, quality: Int32(quality))
            let picture = try #require(try decode(bytes, by: decoder))
            let chromaHeight = subsampling == TJSAMP_422 ? Self.height : Self.height / 2
            #expect(try difference(picture, bytes, chromaHeight: chromaHeight) <= 1.5)
        }
    }

    @Test func `Other kinds and sizes are left to others`() throws {
        for subsampling in [TJSAMP_444, TJSAMP_GRAY, TJSAMP_440, TJSAMP_411] {
            #expect(try decode(encodeJPEG(pixels(seed: 6), width: Self.width, height: Self.height, subsampling, quality: 75)) == nil)
        }
        let bytes = try encodeJPEG(pixels(seed: 6), width: Self.width, height: Self.height, TJSAMP_420, quality: 75)
        #expect(try decode(bytes, width: Self.width, height: Self.height - 16) == nil)
        #expect(try decode(bytes, width: Self.width + 16, height: Self.height) == nil)
        // Of 88 rows, a multiple of 8 alone.
        let short = try encodeJPEG(pixels(seed: 6), width: Self.width, height: 88, TJSAMP_420, quality: 75)
        #expect(try decode(short, height: 88) == nil)
    }

    @Test func `A picture cut short anywhere is none`() throws {
        let bytes = try encodeJPEG(pixels(seed: 7), width: Self.width, height: Self.height, TJSAMP_422, quality: 50)
        for count in 0..<bytes.count { #expect(try decode(Array(bytes[..<count])) == nil, "\(count)") }
    }

    @Test func `Any bytes may come`() throws {
        var random = Seeded(state: 8)
        let decoder = MotionJPEGDecoder()
        for subsampling in [TJSAMP_420, TJSAMP_422] {
            let whole = try encodeJPEG(pixels(seed: 9), width: Self.width, height: Self.height, subsampling, quality: 75)
            for _ in 0..<500 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    bytes[Int.random(in: 2..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                _ = try decode(bytes, by: decoder)
            }
            // And goes on as before.
            #expect(try decode(whole, by: decoder) != nil)
        }
    }
}
