/// Writes cells at a place in memory; the caller has made room.
struct CellEncoder {
    private(set) var cursor: UnsafeMutableRawPointer
    var pen: Pen
    private let colours: ColourMode
    private let decimals: UnsafePointer<Decimals.Entry>

    init(at start: UnsafeMutableRawPointer, pen: Pen, colours: ColourMode, decimals: UnsafePointer<Decimals.Entry>) {
        cursor = start
        self.pen = pen
        self.colours = colours
        self.decimals = decimals
    }

    /// No cell takes more: a cursor move (14 bytes), a change of colours, a glyph of up to 4 bytes.
    static let longestCell = 16 + Pen.longestChange + 8

    /// Writes up to 8 bytes given as a little-endian word, of which `count` stay.
    @inline(__always)
    private mutating func put(_ word: UInt64, count: Int) {
        cursor.storeBytes(of: word.littleEndian, as: UInt64.self)
        cursor += count
    }

    @inline(__always)
    private mutating func put(_ word: UInt32, count: Int) {
        cursor.storeBytes(of: word.littleEndian, as: UInt32.self)
        cursor += count
    }

    /// Writes 0...255 in decimal and a semicolon.
    @inline(__always)
    private mutating func putDecimal(_ value: UInt32) {
        let entry = decimals[Int(value & 255)]
        put(entry.text, count: Int(entry.count))
    }

    /// Writes a number in decimal.
    mutating func putNumber(_ value: Int) {
        var divisor = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            put(UInt32(0x30 + value / divisor % 10), count: 1)
            divisor /= 10
        }
    }

    /// CUP to a place counted from 0.
    mutating func move(column: Int, row: Int) {
        put(0x5B1B as UInt32, count: 2)
        putNumber(row + 1)
        if column > 0 {
            put(0x3B as UInt32, count: 1)
            putNumber(column + 1)
        }
        put(0x48 as UInt32, count: 1)
    }

    /// CUF over `count` cells, at least 1.
    mutating func skip(_ count: Int) {
        put(0x5B1B as UInt32, count: 2)
        if count > 1 { putNumber(count) }
        put(0x43 as UInt32, count: 1)
    }

    /// Writes a cell at the cursor, changing the pen only where it must.
    @inline(__always)
    mutating func put(_ cell: Cell) {
        var glyph = cell.glyph
        var foreground = cell.foreground
        var background = cell.background
        if let inverse = glyph.inverse {
            let changes = (foreground == pen.foreground ? 0 : 1) + (background == pen.background ? 0 : 1)
            let inverseChanges = (background == pen.foreground ? 0 : 1) + (foreground == pen.background ? 0 : 1)
            if inverseChanges < changes {
                glyph = inverse
                swap(&foreground, &background)
            }
        }
        let newForeground = !glyph.isBlank && foreground != pen.foreground
        let newBackground = background != pen.background
        if newForeground || newBackground {
            setColours(foreground: newForeground ? foreground : nil, background: newBackground ? background : nil)
        }
        let encoded = glyph.encoded
        put(encoded.bytes, count: encoded.count)
    }

    @inline(__always)
    private mutating func setColours(foreground: UInt32?, background: UInt32?) {
        // "ESC [", then every part ends with a semicolon; the last one becomes the final "m".
        put(0x5B1B as UInt32, count: 2)
        if let foreground {
            pen.foreground = foreground
            putColour(foreground, base: 30)
        }
        if let background {
            pen.background = background
            putColour(background, base: 40)
        }
        (cursor - 1).storeBytes(of: 0x6D, as: UInt8.self)
    }

    @inline(__always)
    private mutating func putColour(_ colour: UInt32, base: UInt32) {
        if colour == Pen.defaultColour {
            putDecimal(base + 9)
        } else if colours == .truecolor {
            // "38;2;" or "48;2;"
            put((0x3B_323B_3830 as UInt64) &+ UInt64(base / 10), count: 5)
            putDecimal(colour >> 16)
            putDecimal(colour >> 8)
            putDecimal(colour)
        } else if colours == .indexed256 {
            // "38;5;" or "48;5;"
            put((0x3B_353B_3830 as UInt64) &+ UInt64(base / 10), count: 5)
            putDecimal(colour)
        } else {
            putDecimal(colour < 8 ? base + colour : base + 52 + colour)
        }
    }
}
