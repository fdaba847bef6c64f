/// Writes glyphs and colours at a place in memory; the caller has made room.
struct CellEncoder {
    private(set) var cursor: UnsafeMutableRawPointer
    private(set) var pen: Pen
    private let colours: ColourMode
    private let features: StreamFeatures
    private let decimals: UnsafePointer<Decimals.Entry>
    private let glyphs: UnsafePointer<Glyph.Encoding>
    /// The glyph written last, if another one of the same would repeat it, and how many more are to be written.
    private var last = Glyph.Encoding(bytes: 0, count: 0)
    private var repeats = 0

    init(at start: UnsafeMutableRawPointer, pen: Pen, colours: ColourMode, features: StreamFeatures) {
        cursor = start
        self.pen = pen
        self.colours = colours
        self.features = features
        decimals = UnsafePointer(Decimals.table.base)
        glyphs = UnsafePointer(Glyph.encodings.base)
    }

    /// No cell takes more: a cursor move (14 bytes), a change of both colours in 24 bits (38), a glyph of up to 4 bytes, and what storing
    /// whole words writes beyond.
    static let longestCell = 72

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

    private mutating func putNumber(_ value: Int) {
        var divisor = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            put(UInt32(0x30 + value / divisor % 10), count: 1)
            divisor /= 10
        }
    }

    /// How many bytes a number from 1 on takes in decimal.
    @inline(__always)
    private static func digits(_ value: Int) -> Int { value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : 5 }

    /// Moves to a place counted from 0 the cheapest way there is.
    ///
    /// - Parameter from: where the cursor stands, nil if that is not known or it waits to wrap behind the last column.
    mutating func move(column: Int, row: Int, from: (column: Int, row: Int)?) {
        flush()
        last.count = 0
        if let from, row == from.row, column > from.column {
            control(column - from.column, final: 0x43)  // CUF
        } else if column == 0, let from, row == from.row + 1 {
            put(0x0A0D as UInt32, count: 2)
        } else if let from, column == from.column, row > from.row {
            control(row - from.row, final: 0x42)  // CUD
        } else {
            put(0x5B1B as UInt32, count: 2)
            putNumber(row + 1)
            if column > 0 {
                put(0x3B as UInt32, count: 1)
                putNumber(column + 1)
            }
            put(0x48 as UInt32, count: 1)  // CUP
        }
    }

    /// What moving right by so many cells costs, in bytes.
    @inline(__always)
    static func costOfSkipping(_ count: Int) -> Int { count == 0 ? 0 : count == 1 ? 3 : 3 + digits(count) }

    private mutating func control(_ number: Int, final: UInt8) {
        put(0x5B1B as UInt32, count: 2)
        if number > 1 { putNumber(number) }
        put(UInt32(final), count: 1)
    }

    /// Writes a glyph at the cursor, changing the pen only where it must.
    ///
    /// - Parameter background: in ``Cell/background``'s terms, like `foreground`, which counts for nothing with a blank.
    @inline(__always)
    mutating func put(_ glyph: Glyph, foreground: UInt32, background: UInt32) {
        let newForeground = !glyph.isBlank && foreground != pen.foreground
        let newBackground = background != pen.background
        let encoding = glyphs[Int(glyph.rawValue & 0x3FF)]
        if newForeground || newBackground {
            flush()
            setColours(foreground: newForeground ? foreground : nil, background: newBackground ? background : nil)
        } else if encoding.bytes == last.bytes, last.count > 0 {
            repeats &+= 1
            return
        } else {
            flush()
        }
        put(encoding.bytes, count: Int(encoding.count))
        last = encoding
    }

    /// What writing a glyph costs, in bytes, if the pen has its colours.
    @inline(__always)
    func cost(of glyph: Glyph) -> Int { Int(glyphs[Int(glyph.rawValue & 0x3FF)].count) }

    /// Writes the glyphs that were put off: as they are, or by REP (ECMA-48 8.3.103) where that is shorter.
    @inline(__always)
    mutating func flush() {
        if repeats > 0 { flushRepeats() }
    }

    private mutating func flushRepeats() {
        if features.contains(.repeatCharacter), 3 + Self.digits(repeats) < repeats &* Int(last.count) {
            put(0x5B1B as UInt32, count: 2)
            putNumber(repeats)
            put(0x62 as UInt32, count: 1)
        } else {
            for _ in 0..<repeats { put(last.bytes, count: Int(last.count)) }
        }
        repeats = 0
    }

    @inline(__always)
    private mutating func setColours(foreground: UInt32?, background: UInt32?) {
        // "ESC [", then every part ends with a semicolon; the last one becomes the final "m".
        put(0x5B1B as UInt32, count: 2)
        if let foreground {
            pen.set(foreground: foreground)
            putColour(foreground, base: 30)
        }
        if let background {
            pen.set(background: background)
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

    /// What naming a colour costs, in bytes, its part of a sequence that there is anyway.
    @inline(__always)
    func cost(ofColour colour: UInt32) -> Int {
        if colour == Pen.defaultColour { return 3 }
        return switch colours {
        case .truecolor:
            5 &+ Int(decimals[Int(colour >> 16 & 255)].count) &+ Int(decimals[Int(colour >> 8 & 255)].count)
                &+ Int(decimals[Int(colour & 255)].count)
        case .indexed256: 5 &+ Int(decimals[Int(colour & 255)].count)
        default: 3
        }
    }
}
