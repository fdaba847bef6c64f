/// A character that a cell can show: ASCII as itself, the block elements U+2580 to U+259F from 0x80 on, braille patterns from 0x100 on,
/// and those of 2 x 3 and 2 x 4 squares by their pattern (upper left is the lowest bit, then row by row) from 0x200 and 0x300 on.
struct Glyph: Equatable, RawRepresentable {
    var rawValue: UInt16

    static let blank = Glyph(rawValue: 0x20)
    static let upperHalf = Glyph(rawValue: 0x80)
    static let lowerHalf = Glyph(rawValue: 0x84)
    static let full = Glyph(rawValue: 0x88)
    /// A quarter, a half and three quarters of ink in a fine pattern.
    static let shades = [Glyph(rawValue: 0x91), Glyph(rawValue: 0x92), Glyph(rawValue: 0x93)]

    static func braille(_ dots: Int) -> Glyph { Glyph(rawValue: 0x100 | UInt16(dots & 0xFF)) }
    static func sextant(_ pattern: Int) -> Glyph { Glyph(rawValue: 0x200 | UInt16(pattern & 0x3F)) }
    static func octant(_ pattern: Int) -> Glyph { Glyph(rawValue: 0x300 | UInt16(pattern & 0xFF)) }
    /// Two by two squares, all of which are block elements.
    static func quadrant(_ pattern: Int) -> Glyph { quadrants[pattern & 15] }

    private static let quadrants = [
        0x20, 0x98, 0x9D, 0x80, 0x96, 0x8C, 0x9E, 0x9B, 0x97, 0x9A, 0x90, 0x9C, 0x84, 0x99, 0x9F, 0x88,
    ].map { Glyph(rawValue: $0) }

    /// Whether the glyph is of one colour only, the background.
    var isBlank: Bool { rawValue == 0x20 }

    /// How much of a shade is ink; nil for other glyphs.
    var shade: Float? {
        (0x91...0x93).contains(rawValue) ? Float(rawValue - 0x90) * 0.25 : nil
    }

    /// The Unicode scalar value.
    var scalar: UInt32 {
        let low = Int(rawValue & 0xFF)
        return switch rawValue >> 8 {
        case 0: low < 0x80 ? UInt32(low) : 0x2580 + UInt32(low & 0x1F)
        case 1: 0x2800 + UInt32(low)
        case 2: Self.sextantScalars[low & 0x3F]
        default: Self.octantScalars[low]
        }
    }

    /// Unicode has no character of its own for what the block elements have already (Symbols for Legacy Computing, U+1FB00).
    private static let sextantScalars: [UInt32] = {
        var next: UInt32 = 0x1FB00
        return (0..<64).map { pattern -> UInt32 in
            let existing: [Int: UInt32] = [0: 0x20, 0b01_0101: 0x258C, 0b10_1010: 0x2590, 63: 0x2588]
            if let scalar = existing[pattern] { return scalar }
            defer { next += 1 }
            return next
        }
    }()

    /// The same for octants (Symbols for Legacy Computing Supplement, U+1CD00).
    private static let octantScalars: [UInt32] = {
        var existing: [Int: UInt32] = [
            0xC0: 0x2582, 0xFC: 0x2586, 0x03: 0x1FB82, 0x3F: 0x1FB85, 0x01: 0x1CEA8, 0x02: 0x1CEAB, 0x40: 0x1CEA3, 0x80: 0x1CEA0,
            0x14: 0x1FBE6, 0x28: 0x1FBE7,
        ]
        for quadrant in 0..<16 {
            let squares = [0x05, 0x0A, 0x50, 0xA0].enumerated().reduce(0) { quadrant >> $1.offset & 1 == 1 ? $0 | $1.element : $0 }
            existing[squares] = Glyph.quadrant(quadrant).scalar
        }
        var next: UInt32 = 0x1CD00
        return (0..<256).map { pattern -> UInt32 in
            if let scalar = existing[pattern] { return scalar }
            defer { next += 1 }
            return next
        }
    }()

    /// The UTF-8 encoding, the first byte lowest, and its length.
    struct Encoding {
        var bytes: UInt32
        var count: UInt32
    }

    /// The encodings of all glyphs, by raw value.
    static let encodings: Memory<Encoding> = Memory(
        (0..<0x400).map { (raw: UInt16) -> Encoding in
            let scalar = Unicode.Scalar(Glyph(rawValue: raw).scalar) ?? " "
            var bytes: UInt32 = 0
            for (index, byte) in String(scalar).utf8.enumerated() { bytes |= UInt32(byte) << UInt32(8 * index) }
            return Encoding(bytes: bytes, count: UInt32(UTF8.width(scalar)))
        })
}
