/// The block elements that divide a cell into two areas, in the order in which `tv_search_blocks` numbers them.
enum BlockInk {
    struct Element {
        var glyph: Glyph
        /// The glyph with ink and paper exchanged, blank if there is none.
        var inverse: Glyph
        /// The inked rectangles, in eighths of the cell.
        var columns: Range<Int>
        var rows: Range<Int>
        /// Whether the opposite quarter is inked too.
        var isDiagonal = false
    }

    static let elements: [Element] = {
        func element(_ glyph: UInt16, _ inverse: UInt16, _ columns: Range<Int>, _ rows: Range<Int>, diagonal: Bool = false) -> Element {
            Element(
                glyph: Glyph(rawValue: glyph), inverse: Glyph(rawValue: inverse), columns: columns, rows: rows, isDiagonal: diagonal)
        }
        // Of the eighths only the upper half, the upper eighth, the right half and the right eighth exist from the other side.
        let lower = (1...7).map { element(0x80 + UInt16($0), [4: 0x80, 7: 0x94][$0] ?? 0x20, 0..<8, (8 - $0)..<8) }
        let left = (1...7).map { element(0x90 - UInt16($0), [4: 0x90, 7: 0x95][$0] ?? 0x20, 0..<$0, 0..<8) }
        return lower + left + [
            element(0x98, 0x9F, 0..<4, 0..<4), element(0x9D, 0x99, 4..<8, 0..<4), element(0x96, 0x9C, 0..<4, 4..<8),
            element(0x97, 0x9B, 4..<8, 4..<8), element(0x9A, 0x9E, 0..<4, 0..<4, diagonal: true),
        ]
    }()
}

extension BlockInk.Element {
    /// How much of each quadrant is inked, of the whole cell.
    var quadrants: [Float] {
        if isDiagonal { return [0.25, 0, 0, 0.25] }
        func length(_ range: Range<Int>, _ half: Range<Int>) -> Int { range.clamped(to: half).count }
        return [(0..<4, 0..<4), (4..<8, 0..<4), (0..<4, 4..<8), (4..<8, 4..<8)].map { columns, rows in
            Float(length(self.columns, columns) * length(self.rows, rows)) / 64
        }
    }
}
