import CVTerm

/// libvterm, which neovim and others have: what a terminal that others wrote shows. It belongs to one thread at a time.
package final class LibVTerm: @unchecked Sendable, CustomStringConvertible {
    package private(set) var columns: Int
    package private(set) var rows: Int
    private let terminal: OpaquePointer?
    private let screen: OpaquePointer?

    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
        terminal = vterm_new(Int32(rows), Int32(columns))
        vterm_set_utf8(terminal, 1)
        screen = vterm_obtain_screen(terminal)
        vterm_screen_enable_altscreen(screen, 1)
        vterm_screen_reset(screen, 1)
    }

    deinit { vterm_free(terminal) }

    package func feed(_ bytes: some Sequence<UInt8>) {
        Array(bytes).withUnsafeBytes {
            _ = vterm_input_write(terminal, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
        }
    }

    package func resize(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
        vterm_set_size(terminal, Int32(rows), Int32(columns))
    }

    /// A cell: a colour is RGB or an index, nil for the terminal's own.
    package func cell(_ column: Int, _ row: Int) -> (character: Character, foreground: UInt32?, background: UInt32?) {
        var cell = VTermScreenCell()
        vterm_screen_get_cell(screen, VTermPos(row: Int32(row), col: Int32(column)), &cell)
        func colour(_ colour: VTermColor) -> UInt32? {
            let value = glyphone_vterm_colour(colour)
            return value == 0x100_0000 ? nil : value & 0xFF_FFFF
        }
        let scalar = Unicode.Scalar(cell.chars.0 == 0 ? 0x20 : cell.chars.0) ?? " "
        return (Character(scalar), colour(cell.fg), colour(cell.bg))
    }

    /// Bold, underline, italic, blink and reverse of a cell, a bit each.
    package func attributes(_ column: Int, _ row: Int) -> UInt32 {
        var cell = VTermScreenCell()
        vterm_screen_get_cell(screen, VTermPos(row: Int32(row), col: Int32(column)), &cell)
        return glyphone_vterm_attributes(cell)
    }

    package func look(_ column: Int, _ row: Int) -> Look {
        let cell = cell(column, row)
        return Look(cell.character, foreground: cell.foreground, background: cell.background)
    }

    package func line(_ row: Int) -> String { String((0..<columns).map { cell($0, row).character }) }

    package var description: String { (0..<rows).map(line).joined(separator: "\n") }
}
