/// As much of a terminal as it takes to read the words on it.
package struct Screen: Sendable, CustomStringConvertible {
    /// Everything written, without interpretation.
    package private(set) var bytes: [UInt8] = []
    /// How many block elements (U+2580 to U+259F) were written so far: a picture's glyphs.
    package private(set) var blocks = 0

    private var columns: Int
    private let keepsBytes: Bool
    private var cells: [[Character]]
    private var cursor = (row: 0, column: 0)
    private var saved = (row: 0, column: 0)
    private var pending: [UInt8] = []
    private var last: Character = " "

    /// - Parameter keepsBytes: whether ``bytes`` is to be had.
    package init(columns: Int, rows: Int, keepsBytes: Bool = true) {
        self.columns = columns
        self.keepsBytes = keepsBytes
        cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
    }

    /// Nothing is on the screen then: whoever writes to it does so anew.
    package mutating func resize(columns: Int, rows: Int) {
        self.columns = columns
        cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
        cursor = (min(cursor.row, max(rows - 1, 0)), min(cursor.column, max(columns - 1, 0)))
    }

    package var lines: [String] { cells.map { String($0) } }
    package var text: String { lines.joined(separator: "\n") }
    package var description: String { text }

    package mutating func feed(_ new: some Sequence<UInt8>) {
        let new = Array(new)
        if keepsBytes { bytes += new }
        pending += new
        var index = 0
        while index < pending.count, let length = element(at: index) { index += length }
        pending.removeFirst(index)
    }

    /// Does what the bytes at `index` say; `nil` when they are not whole yet.
    private mutating func element(at index: Int) -> Int? {
        switch pending[index] {
        case 0x1b: return escape(at: index)
        case 0x0d: cursor.column = 0
        case 0x0a: cursor.row = min(cursor.row + 1, cells.count - 1)
        case 0x08: cursor.column = max(cursor.column - 1, 0)
        case 0..<0x20, 0x7f: break
        case let first:
            let length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
            guard index + length <= pending.count else { return nil }
            put(String(decoding: pending[index..<index + length], as: UTF8.self).first ?? " ")
            return length
        }
        return 1
    }

    private mutating func put(_ character: Character) {
        if ("\u{2580}"..."\u{259f}").contains(character) { blocks += 1 }
        last = character
        guard cells.indices.contains(cursor.row) else { return }
        if cursor.column < columns { cells[cursor.row][cursor.column] = character }
        cursor.column += 1
    }

    private mutating func escape(at index: Int) -> Int? {
        guard index + 1 < pending.count else { return nil }
        switch pending[index + 1] {
        case UInt8(ascii: "["):
            guard let end = pending[(index + 2)...].firstIndex(where: { $0 >= 0x40 }) else { return nil }
            control(pending[(index + 2)..<end], final: pending[end])
            return end - index + 1
        case UInt8(ascii: "]"), UInt8(ascii: "P"):
            guard let end = pending[(index + 2)...].firstIndex(where: { $0 == 0x07 || $0 == 0x1b }) else { return nil }
            if pending[end] == 0x07 { return end - index + 1 }
            return end + 1 < pending.count ? end - index + 2 : nil
        case UInt8(ascii: "("), UInt8(ascii: ")"): return index + 2 < pending.count ? 3 : nil
        case UInt8(ascii: "7"): saved = cursor
        case UInt8(ascii: "8"): cursor = saved
        default: break
        }
        return 2
    }

    private mutating func control(_ parameters: ArraySlice<UInt8>, final: UInt8) {
        let numbers = String(decoding: parameters, as: UTF8.self).split(separator: ";", omittingEmptySubsequences: false).map { Int($0) }
        func number(_ index: Int, or other: Int = 1) -> Int { (index < numbers.count ? numbers[index] : nil) ?? other }
        let lastRow = cells.count - 1
        switch final {
        case UInt8(ascii: "H"): cursor = (min(number(0) - 1, lastRow), min(number(1) - 1, columns - 1))
        case UInt8(ascii: "A"): cursor.row = max(cursor.row - number(0), 0)
        case UInt8(ascii: "B"): cursor.row = min(cursor.row + number(0), lastRow)
        case UInt8(ascii: "C"): cursor.column = min(cursor.column + number(0), columns - 1)
        case UInt8(ascii: "D"): cursor.column = max(cursor.column - number(0), 0)
        case UInt8(ascii: "G"): cursor.column = min(number(0) - 1, columns - 1)
        case UInt8(ascii: "d"): cursor.row = min(number(0) - 1, lastRow)
        case UInt8(ascii: "b"): for _ in 0..<min(number(0), columns) { put(last) }
        case UInt8(ascii: "X"): erase(cursor.column, cursor.column + number(0))
        case UInt8(ascii: "K"):
            switch number(0, or: 0) {
            case 0: erase(cursor.column, columns)
            case 1: erase(0, cursor.column + 1)
            default: erase(0, columns)
            }
        case UInt8(ascii: "J"):
            let rows = number(0, or: 0) == 2 ? cells.indices : min(cursor.row + 1, cells.count)..<cells.count
            if number(0, or: 0) == 0 { erase(cursor.column, columns) }
            for row in rows { cells[row] = Array(repeating: " ", count: columns) }
        default: break
        }
    }

    private mutating func erase(_ from: Int, _ to: Int) {
        guard cells.indices.contains(cursor.row) else { return }
        for column in from..<max(from, min(to, columns)) { cells[cursor.row][column] = " " }
    }

    /// The place after which `text` was written last.
    package func lastPosition(of text: String) -> Int? {
        let wanted = Array(text.utf8)
        guard bytes.count >= wanted.count else { return nil }
        for start in stride(from: bytes.count - wanted.count, through: 0, by: -1)
        where bytes[start] == wanted[0] && bytes[start..<start + wanted.count].elementsEqual(wanted) {
            return start
        }
        return nil
    }
}
