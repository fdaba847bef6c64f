/// The pixels that characters ink in a cell of 8 x 16, each 0...1.
///
/// Block elements as Unicode has them. libchafa's box drawing characters as lines of two pixels through the middle, which is near to what
/// DejaVu Sans Mono has; others count as blank.
enum CellInk {
    static func mask(_ scalar: UInt32) -> [Float] {
        switch scalar {
        case 0x2580...0x259F: blocks[Int(scalar - 0x2580)]
        case 0x2500...0x257F: lines[Int(scalar - 0x2500)]
        default: blank
        }
    }

    private static let blank = [Float](repeating: 0, count: 128)

    /// In eighths of the cell.
    private static func rectangle(_ columns: Range<Int>, _ rows: Range<Int>, into mask: inout [Float], ink: Float = 1) {
        for y in (2 * rows.lowerBound)..<(2 * rows.upperBound) { for x in columns { mask[y * 8 + x] = ink } }
    }

    private static let blocks: [[Float]] = (0..<32).map { index in
        var mask = blank
        switch index {
        case 0: rectangle(0..<8, 0..<4, into: &mask)
        case 1...8: rectangle(0..<8, (8 - index)..<8, into: &mask)
        case 9...15: rectangle(0..<(16 - index), 0..<8, into: &mask)
        case 16: rectangle(4..<8, 0..<8, into: &mask)
        case 17...19: rectangle(0..<8, 0..<8, into: &mask, ink: Float(index - 16) * 0.25)
        case 20: rectangle(0..<8, 0..<1, into: &mask)
        case 21: rectangle(7..<8, 0..<8, into: &mask)
        default:
            let quadrants = [4, 8, 1, 13, 9, 7, 11, 2, 6, 14][index - 22]
            for quadrant in 0..<4 where quadrants >> quadrant & 1 == 1 {
                let column = quadrant & 1 == 0 ? 0..<4 : 4..<8
                rectangle(column, quadrant < 2 ? 0..<4 : 4..<8, into: &mask)
            }
        }
        return mask
    }

    /// Which of left, right, up and down each character from U+2500 on has; those that are not lines are left out.
    private static let lines: [[Float]] = (0..<128).map { index in
        // Left 1, right 2, up 4, down 8.
        let arms: Int =
            switch index {
            case 0, 1, 4, 5, 8, 9, 76, 77, 80: 3
            case 2, 3, 6, 7, 10, 11, 78, 79, 81: 12
            case 12...15, 82...84, 109: 10
            case 16...19, 85...87, 110: 9
            case 20...23, 88...90, 112: 6
            case 24...27, 91...93, 111: 5
            case 28...35, 94...96: 14
            case 36...43, 97...99: 13
            case 44...51, 100...102: 11
            case 52...59, 103...105: 7
            case 60...75, 106...108: 15
            case 116, 120: 1
            case 118, 122: 2
            case 117, 121: 4
            case 119, 123: 8
            case 124, 126: 3
            case 125, 127: 12
            default: 0
            }
        let isHeavy = [1, 3, 5, 7, 9, 11].contains(index)
        let thickness: Float = isHeavy ? 1 : 0.6
        var mask = blank
        for y in 0..<16 {
            for x in 0..<8 {
                let onRow = (7...8).contains(y) && (x < 5 && arms & 1 != 0 || x > 2 && arms & 2 != 0)
                let onColumn = (3...4).contains(x) && (y < 9 && arms & 4 != 0 || y > 6 && arms & 8 != 0)
                if onRow || onColumn { mask[y * 8 + x] = thickness }
            }
        }
        return mask
    }
}
