import CNcurses
import Glibc
import TerminalIO

/// Everything on the screen but the pictures, painted by ncurses.
///
/// ncurses works out what has changed and in which sequences this terminal takes it. It writes into a file in memory, so that its bytes
/// and the pictures' go out together, through one owner of the terminal. For ncurses the cells of pictures hold blanks, black on black
/// (bold, where there are no colours), and at the screen's edges a dot: it leaves them alone while the layout stands, and has no row that
/// ends or begins with blanks, which it would clear as a whole.
package final class Chrome {
    private let capture: UnsafeMutablePointer<FILE>
    private let input: UnsafeMutablePointer<FILE>
    private let screen: OpaquePointer
    private let hasColours: Bool
    private var shown: Canvas?
    private var shownColumns = 0
    private var lean = LeanSequences()
    private let canErase: Bool

    /// - Parameter isColoured: false where colours are not wanted (NO_COLOR).
    /// - Throws: `TerminalError` if ncurses does not know the terminal.
    package init(term: String, size: TerminalSize, isColoured: Bool) throws(TerminalError) {
        guard let capture = glyphone_curses_memory_file() else { throw .system(call: "memfd_create", errno: errno) }
        guard let input = fopen("/dev/null", "r") else {
            fclose(capture)
            throw .system(call: "opening /dev/null", errno: errno)
        }
        self.capture = capture
        self.input = input
        // The size comes from the terminal, not from LINES and COLUMNS, which a shell may have left from another window.
        use_env(false)
        guard let screen = newterm(term, capture, input) else {
            fclose(capture)
            fclose(input)
            throw .dumb(term: term)
        }
        self.screen = screen
        set_term(screen)
        glyphone_curses_set_escape_delay(25)
        hasColours = isColoured && has_colors()
        canErase = glyphone_terminfo_string("ech") != nil
        if hasColours {
            start_color()
            use_default_colors()
            for (style, foreground, background) in Self.pairs { glyphone_curses_pair(Int16(style.rawValue), foreground, background) }
        }
        // Moving lines would take the pictures along.
        idlok(glyphone_curses_screen(), false)
        idcok(glyphone_curses_screen(), false)
        scrollok(glyphone_curses_screen(), false)
        leaveok(glyphone_curses_screen(), false)
        // How ncurses sets a terminal up is not for ours: it takes it to have 24 rows, and scroll margins there.
        refresh()
        _ = takeOutput()
        resize(size)
    }

    deinit {
        delscreen(screen)
        fclose(capture)
        fclose(input)
    }

    /// Colours of styles, -1 for the terminal's own.
    private static let pairs: [(TextStyle, Int16, Int16)] = [
        (.key, Int16(COLOR_CYAN), -1), (.good, Int16(COLOR_GREEN), -1), (.warning, Int16(COLOR_YELLOW), -1), (.bad, Int16(COLOR_RED), -1),
        (.border, Int16(COLOR_BLUE), -1), (.picture, Int16(COLOR_BLACK), Int16(COLOR_BLACK)),
    ]

    private func attributes(_ style: TextStyle) -> (attributes: attr_t, pair: Int16) {
        let pair = hasColours && Self.pairs.contains { $0.0 == style } ? Int16(style.rawValue) : 0
        let attributes: attr_t =
            switch style {
            case .plain, .border, .good: 0
            // A dialog's blanks must not be for ncurses what is there already.
            case .picture: hasColours ? 0 : glyphone_curses_bold()
            case .dim: hasColours ? glyphone_curses_dim() : 0
            case .strong, .key, .warning, .bad: glyphone_curses_bold()
            case .selected, .bar: glyphone_curses_reverse()
            }
        return (attributes, pair)
    }

    package func resize(_ size: TerminalSize) {
        resizeterm(Int32(clamping: size.rows), Int32(clamping: size.columns))
        invalidate()
    }

    /// The screen shows something else: the next painting clears it and paints all.
    func invalidate() {
        shown = nil
        lean.forget()
        clearok(glyphone_curses_screen(), true)
    }

    /// What the terminal is to be sent so that it shows `scene`'s characters; empty if it does.
    func paint(_ scene: Scene) -> [UInt8] {
        let canvas = scene.canvas
        shownColumns = canvas.columns
        var previous = shown.flatMap { $0.columns == canvas.columns && $0.rows == canvas.rows ? $0 : nil }
        let freed = previous.map { free($0, for: canvas) } ?? []
        if let shown, previous != nil { previous = shown }
        for row in 0..<canvas.rows {
            var isChanged = false
            for column in 0..<canvas.columns {
                let spot = canvas[column, row]
                if let previous, previous[column, row] == spot {
                    // ncurses may write again what stands between two changes, and a picture must not be between them. It would also
                    // scroll the terminal if several rows moved together, pictures and all. So it sees one change at a time.
                    if isChanged, spot.style == .picture {
                        refresh()
                        isChanged = false
                    }
                    continue
                }
                put(spot, column: column, row: row)
                isChanged = true
            }
            // A screen that is cleared first is painted at once.
            if isChanged, previous != nil { refresh() }
        }
        shown = canvas
        if let cursor = scene.cursor {
            curs_set(1)
            move(Int32(clamping: cursor.row), Int32(clamping: cursor.column))
        } else {
            curs_set(0)
        }
        refresh()
        return freed + lean.shortened(takeOutput())
    }

    /// Gives cells to pictures. ncurses would write each of them black, and the picture over that; so it does that unseen, and they are
    /// erased instead, in a few bytes.
    ///
    /// - Returns: what erases them.
    private func free(_ previous: Canvas, for canvas: Canvas) -> [UInt8] {
        var erasing = ""
        var known = previous
        for row in 0..<canvas.rows {
            var column = 0
            while column < canvas.columns {
                let start = column
                while column < canvas.columns, canvas[column, row].style == .picture, previous[column, row].style != .picture {
                    put(canvas[column, row], column: column, row: row)
                    known[column, row] = canvas[column, row]
                    column += 1
                }
                if column > start {
                    erasing += "\u{1B}[\(row + 1);\(start + 1)H"
                    erasing += canErase ? "\u{1B}[\(column - start)X" : String(repeating: " ", count: column - start)
                } else {
                    column += 1
                }
            }
        }
        guard !erasing.isEmpty else { return [] }
        refresh()
        _ = takeOutput()
        shown = known
        // ncurses takes the cursor to be where it left it.
        let screen = glyphone_curses_screen()
        return Array("\(erasing)\u{1B}[\(getcury(screen) + 1);\(getcurx(screen) + 1)H".utf8)
    }

    private func put(_ spot: Canvas.Spot, column: Int, row: Int) {
        // The right half of a wide character was written with its left half.
        guard !spot.text.isEmpty else { return }
        let (attributes, pair) = attributes(spot.style)
        // A character and at most 4 marks on it (CCHARW_MAX), closed by a zero.
        let isEdge = column == 0 || column == (shownColumns - 1)
        let shown = spot.style == .picture && isEdge ? "." : spot.text
        var text = shown.unicodeScalars.prefix(5).map { wchar_t(bitPattern: $0.value) }
        text.append(0)
        if glyphone_curses_put(Int32(row), Int32(column), text, attributes, pair) == ERR, text[0] > 0x7F {
            glyphone_curses_put(Int32(row), Int32(column), [0x3F, 0], attributes, pair)
        }
    }

    private func takeOutput() -> [UInt8] {
        fflush(capture)
        let descriptor = fileno(capture)
        let count = lseek(descriptor, 0, SEEK_CUR)
        guard count > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        let taken = pread(descriptor, &bytes, count, 0)
        lseek(descriptor, 0, SEEK_SET)
        ftruncate(descriptor, 0)
        return Array(bytes.prefix(max(0, taken)))
    }
}
