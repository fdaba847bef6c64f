import TerminalVideo

/// How text is set off. What a style looks like depends on the terminal; no meaning hangs on colour alone.
package enum TextStyle: UInt8 {
    case plain
    case dim
    case strong
    case border
    case key
    case good
    case warning
    case bad
    case selected
    case bar
    /// A cell that belongs to a picture.
    case picture
}

/// A screen of characters, drawn from scratch for every state. What does not fit is cut off.
package struct Canvas: Equatable {
    package struct Spot: Equatable {
        /// The character; empty for the right half of a wide one.
        package var text: String = " "
        package var style = TextStyle.plain
    }

    package let columns: Int
    package let rows: Int
    /// Whether the terminal shows more than ASCII.
    package let isUTF8: Bool
    package private(set) var spots: [Spot]

    package init(columns: Int, rows: Int, isUTF8: Bool) {
        self.columns = max(0, columns)
        self.rows = max(0, rows)
        self.isUTF8 = isUTF8
        spots = Array(repeating: Spot(), count: self.columns * self.rows)
    }

    package subscript(column: Int, row: Int) -> Spot {
        get { spots[row * columns + column] }
        set { spots[row * columns + column] = newValue }
    }

    /// One row as text, without the blanks at its end.
    package func line(_ row: Int) -> String {
        guard (0..<rows).contains(row) else { return "" }
        let text = spots[(row * columns)..<((row + 1) * columns)].map(\.text).joined()
        return String(text.reversed().drop { $0 == " " }.reversed())
    }

    package var lines: [String] { (0..<rows).map(line) }

    /// Writes text on one row and returns the column behind it.
    ///
    /// - Parameter limit: the column that is not written to; the screen's edge if nil.
    @discardableResult
    package mutating func put(_ text: String, column: Int, row: Int, style: TextStyle = .plain, limit: Int? = nil) -> Int {
        guard (0..<rows).contains(row) else { return column }
        let end = min(limit ?? columns, columns)
        var column = column
        for character in text {
            let isShown = isUTF8 || character.isASCII
            let width = isShown ? DisplayText.width(character) : 1
            guard width > 0, column + width <= end else {
                if width == 0 { continue }
                break
            }
            if column >= 0 {
                self[column, row] = Spot(text: isShown ? String(character) : "?", style: style)
                if width == 2, column + 1 < columns { self[column + 1, row] = Spot(text: "", style: style) }
            }
            column += width
        }
        return column
    }

    /// Writes text so that it ends before `column`.
    package mutating func put(_ text: String, endingAt column: Int, row: Int, style: TextStyle = .plain) {
        put(text, column: column - DisplayText.width(text), row: row, style: style, limit: column)
    }

    /// Writes text in the middle of a rectangle's row.
    package mutating func put(_ text: String, centredIn rect: CellRect, row: Int, style: TextStyle = .plain) {
        let fitted = DisplayText.fitted(text, columns: rect.columns)
        put(fitted, column: rect.column + (rect.columns - DisplayText.width(fitted)) / 2, row: row, style: style, limit: rect.endColumn)
    }

    package mutating func fill(_ rect: CellRect, text: String = " ", style: TextStyle = .plain) {
        let part = rect.intersection(CellRect(column: 0, row: 0, columns: columns, rows: rows))
        for row in part.row..<max(part.row, part.endRow) {
            for column in part.column..<part.endColumn { self[column, row] = Spot(text: text, style: style) }
        }
    }

    /// A frame around `rect`'s edge, its inside cleared, with a title in the upper line.
    package mutating func frame(_ rect: CellRect, title: String = "", style: TextStyle = .border) {
        guard rect.columns >= 2, rect.rows >= 2 else { return }
        fill(rect)
        let line = isUTF8 ? "─" : "-"
        let bar = isUTF8 ? "│" : "|"
        for column in rect.column..<rect.endColumn {
            put(line, column: column, row: rect.row, style: style)
            put(line, column: column, row: rect.endRow - 1, style: style)
        }
        for row in (rect.row + 1)..<(rect.endRow - 1) {
            put(bar, column: rect.column, row: row, style: style)
            put(bar, column: rect.endColumn - 1, row: row, style: style)
        }
        let corners = isUTF8 ? ["┌", "┐", "└", "┘"] : ["+", "+", "+", "+"]
        put(corners[0], column: rect.column, row: rect.row, style: style)
        put(corners[1], column: rect.endColumn - 1, row: rect.row, style: style)
        put(corners[2], column: rect.column, row: rect.endRow - 1, style: style)
        put(corners[3], column: rect.endColumn - 1, row: rect.endRow - 1, style: style)
        if !title.isEmpty, rect.columns > 6 {
            let fitted = DisplayText.fitted(title, columns: rect.columns - 6)
            put(" \(fitted) ", column: rect.column + 2, row: rect.row, style: .strong, limit: rect.endColumn - 1)
        }
    }
}
