/// What one cell of the screen shows, in 64 bits, so that cells are compared with one instruction.
///
/// Bits 0 to 23 are the background, 24 to 47 the foreground (RGB, or an index in the modes that have one), 48 to 61 the glyph,
/// 62 says "default background" and 63 "default foreground" (then the colour's bits are zero).
struct Cell: Equatable {
    var bits: UInt64

    /// A cell of which nothing is known: equal to no cell that is ever meant.
    static let unknown = Cell(bits: .max)
    /// An empty cell in the terminal's own background.
    static let empty = Cell(bits: UInt64(Glyph.blank.rawValue) << 48 | backgroundDefault | foregroundDefault)

    static let backgroundDefault: UInt64 = 1 << 62
    static let foregroundDefault: UInt64 = 1 << 63

    init(bits: UInt64) { self.bits = bits }

    init(glyph: Glyph, foreground: UInt32, background: UInt32) {
        bits = UInt64(glyph.rawValue) << 48 | UInt64(foreground) << 24 | UInt64(background)
    }

    /// A blank in a colour: it has no foreground, so that equal pictures are equal cells.
    init(background: UInt32) {
        bits = UInt64(Glyph.blank.rawValue) << 48 | Self.foregroundDefault | UInt64(background)
    }

    /// A glyph in the terminal's own background.
    init(glyph: Glyph, foreground: UInt32) {
        bits = UInt64(glyph.rawValue) << 48 | UInt64(foreground) << 24 | Self.backgroundDefault
    }

    /// A glyph in the terminal's own colours.
    init(glyph: Glyph) {
        bits = UInt64(glyph.rawValue) << 48 | Self.foregroundDefault | Self.backgroundDefault
    }

    /// Whether no colour is named.
    var isInOwnColours: Bool { bits >> 62 == 3 }

    var glyph: Glyph { Glyph(rawValue: UInt16(truncatingIfNeeded: bits >> 48) & 0x3FFF) }
    /// The foreground, with ``Pen/defaultColour`` for the terminal's own.
    var foreground: UInt32 {
        bits & Self.foregroundDefault != 0 ? Pen.defaultColour : UInt32(truncatingIfNeeded: bits >> 24) & 0xFF_FFFF
    }
    /// The background, with ``Pen/defaultColour`` for the terminal's own.
    var background: UInt32 {
        bits & Self.backgroundDefault != 0 ? Pen.defaultColour : UInt32(truncatingIfNeeded: bits) & 0xFF_FFFF
    }
}
