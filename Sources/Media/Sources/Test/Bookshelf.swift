import Glibc

/// What is behind the face: shelves full of books, in units of the picture's height.
enum Bookshelf {
    private static let shelf: Float = 0.26
    private static let cell: Float = 0.044
    private static let cloths: [Colour] = [
        Colour(0.42, 0.14, 0.12), Colour(0.13, 0.26, 0.36), Colour(0.16, 0.32, 0.2), Colour(0.45, 0.36, 0.2),
        Colour(0.28, 0.18, 0.32), Colour(0.38, 0.38, 0.36), Colour(0.12, 0.13, 0.2), Colour(0.46, 0.25, 0.1),
    ]
    private static let gold = Colour(0.62, 0.52, 0.28)

    /// The wall at a point.
    static func paint(_ x: Float, _ y: Float) -> Paint {
        let row = floorf(y / shelf)
        let down = y - row * shelf
        let board: Float = 0.022
        var colour = Colour(0.1, 0.07, 0.06)
        if down < board {
            let wood = noise(x * 9, y * 160)
            return Paint(Colour(0.4, 0.25, 0.14) * ((0.55 + 0.5 * wood) * (down < 0.005 ? 1.3 : 0.9)))
        }
        let (book, across) = book(at: x, row: Int(row))
        let height = shelf - board - (0.02 + 0.07 * grain(book, Int(row) * 7 + 3))
        let up = shelf - down
        if up < height {
            colour = spine(book: book, row: Int(row), across: across, up: up / height)
        }
        // The shelf above throws its shadow.
        return Paint(colour * (0.55 + 0.45 * limit((down - board) / 0.07)))
    }

    /// The book that stands at a place, and how far across its back that is (0...1).
    private static func book(at x: Float, row: Int) -> (Int, Float) {
        func edge(_ index: Int) -> Float {
            (Float(index) + 0.6 * (grain(index, row * 31) - 0.5)) * cell
        }
        var index = Int(floorf(x / cell))
        if x < edge(index) { index -= 1 } else if x >= edge(index + 1) { index += 1 }
        let (left, right) = (edge(index), edge(index + 1))
        return (index, (x - left) / (right > left + 0.001 ? right - left : 0.001))
    }

    private static func spine(book: Int, row: Int, across: Float, up: Float) -> Colour {
        let hue = grain(book, row * 13 + 1)
        var colour = cloths[Int(hue * Float(cloths.count)) % cloths.count]
        let style = grain(book, row * 5 + 11)
        if abs(up - 0.85) < 0.015 || abs(up - 0.15) < 0.015 { colour = gold }
        // Letters of a title that runs down the back.
        if style > 0.3, up > 0.3, up < 0.75, abs(across - 0.5) < 0.2, grain(Int(up * 60), book * 17 + Int(across * 8)) > 0.45 {
            colour = gold
        }
        let round = 1 - (2 * across - 1) * (2 * across - 1)
        return colour * ((0.35 + 0.6 * round) * (0.9 + 0.2 * grain(Int(up * 300), book)))
    }
}
