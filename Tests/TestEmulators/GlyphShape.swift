/// Which of 8 x 8 parts of a cell a character inks, from the Unicode charts; independent of the code that chooses characters.
package enum GlyphShape {
    /// - Returns: bit 0 is the upper left part, then row by row; nil for characters that are no such shape.
    package static func ink(of character: Character) -> UInt64? {
        guard let scalar = character.unicodeScalars.first?.value, character.unicodeScalars.count == 1 else { return nil }
        switch scalar {
        case 0x20: return 0
        case 0x2580: return rectangle(0, 8, 0, 4)
        case 0x2581...0x2588: return rectangle(0, 8, 8 - Int(scalar - 0x2580), 8)
        case 0x2589...0x258F: return rectangle(0, 8 - Int(scalar - 0x2588), 0, 8)
        case 0x2590: return rectangle(4, 8, 0, 8)
        case 0x2594: return rectangle(0, 8, 0, 1)
        case 0x2595: return rectangle(7, 8, 0, 8)
        case 0x2596...0x259F: return squares([4, 8, 1, 13, 9, 7, 11, 2, 6, 14][Int(scalar - 0x2596)], down: 2)
        case 0x1FB00...0x1FB3B:
            let patterns = (1..<63).filter { $0 != 21 && $0 != 42 }
            return squares(patterns[Int(scalar - 0x1FB00)], down: 3)
        default: return octant(scalar).map { squares($0, down: 4) }
        }
    }

    private static func octant(_ scalar: UInt32) -> Int? {
        let alone: [UInt32: Int] = [
            0x1CEA8: 1, 0x1CEAB: 2, 0x1CEA3: 0x40, 0x1CEA0: 0x80, 0x1FBE6: 0x14, 0x1FBE7: 0x28, 0x1FB82: 0x03, 0x1FB85: 0x3F,
        ]
        if let pattern = alone[scalar] { return pattern }
        guard (0x1CD00...0x1CDE5).contains(scalar) else { return nil }
        // Sixteen patterns are quadrants, two are quarters of other blocks.
        let quadrants = Set(
            (0..<16).map { quadrant in (0..<4).reduce(0) { quadrant >> $1 & 1 == 1 ? $0 | [0x05, 0x0A, 0x50, 0xA0][$1] : $0 } })
        let others = quadrants.union(alone.values).union([0xC0, 0xFC])
        return (0..<256).filter { !others.contains($0) }[Int(scalar - 0x1CD00)]
    }

    private static func rectangle(_ left: Int, _ right: Int, _ top: Int, _ bottom: Int) -> UInt64 {
        (top..<bottom).reduce(0) { ink, row in (left..<right).reduce(ink) { $0 | 1 << UInt64(8 * row + $1) } }
    }

    /// Two by `down` squares, the upper left the lowest bit. Thirds are drawn as 3, 2 and 3 parts.
    private static func squares(_ pattern: Int, down: Int) -> UInt64 {
        let edges = down == 2 ? [0, 4, 8] : down == 3 ? [0, 3, 5, 8] : [0, 2, 4, 6, 8]
        return (0..<(2 * down)).reduce(0) { ink, square in
            guard pattern >> square & 1 == 1 else { return ink }
            let column = square % 2 * 4
            return ink | rectangle(column, column + 4, edges[square / 2], edges[square / 2 + 1])
        }
    }
}

/// What a cell looks like: which parts are in which colour, whichever of the two is called foreground.
package struct Look: Equatable, Sendable {
    /// The parts in `other`; never the upper left one, and none if there is only one colour.
    package var parts: UInt64 = 0
    package var first: UInt32?
    package var other: UInt32?
    /// The character, where it is no shape.
    package var character: Character?

    package init(_ character: Character, foreground: UInt32?, background: UInt32?) {
        guard let ink = GlyphShape.ink(of: character) else {
            self.character = character
            first = background
            other = foreground
            return
        }
        if ink == 0 || foreground == background {
            first = background
        } else if ink == .max {
            first = foreground
        } else if ink & 1 == 1 {
            (parts, first, other) = (~ink, foreground, background)
        } else {
            (parts, first, other) = (ink, background, foreground)
        }
    }
}
