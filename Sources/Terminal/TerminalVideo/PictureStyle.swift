/// The characters that a picture is made of.
public enum GlyphSet: String, CaseIterable, Sendable {
    /// Block elements: lower and left eighths, halves and quadrants. The most faithful set that nearly every font has.
    case blocks
    /// `▀`, `▄` and blanks: two pixels a cell, one above the other.
    case halves
    /// Two by three squares. Fonts or terminals that draw them are not everywhere, and cannot be asked.
    case sextants
    /// Two by four squares; rarer still than sextants.
    case octants
    /// Two by four dots.
    case braille
    /// `░`, `▒`, `▓` and blanks, one pixel a cell: colours mixed of two where there are few.
    case shades
    /// ASCII characters by shape and ink: needs neither UTF-8 nor a particular font.
    case ascii
    /// Pixels, by kitty's graphics protocol: for terminals that say they have it.
    case kitty
    /// Pixels, as DEC's VT340 had them: for terminals that say they have it.
    case sixel

    /// Whether the picture is not made of characters at all.
    public var isPixels: Bool { self == .kitty || self == .sixel }
    /// Whether the terminal must read UTF-8.
    public var needsUTF8: Bool { self != .ascii && !isPixels }
    /// Whether nearly every font has the glyphs; others are for people to choose, after a look at a test card.
    public var isCommon: Bool { self != .sextants && self != .octants && !isPixels }
}

/// The colours that a picture is made of.
public enum ColourMode: String, CaseIterable, Sendable, Comparable {
    /// The terminal's own foreground and background, no colour sequence at all.
    case monochrome
    /// Colours 0 to 7 (ECMA-48 SGR 30 to 37 and 40 to 47).
    case ansi8
    /// Colours 0 to 15 (aixterm's SGR 90 to 97 and 100 to 107 beside those).
    case ansi16
    /// xterm's 256 colours; the first 16 are not used, as people change them.
    case indexed256
    /// 24 bits a colour (SGR 38;2 and 48;2).
    case truecolor

    public static func < (left: ColourMode, right: ColourMode) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .monochrome: 0
        case .ansi8: 1
        case .ansi16: 2
        case .indexed256: 3
        case .truecolor: 4
        }
    }
}

/// How a picture is drawn.
public struct PictureStyle: Equatable, Sendable {
    public var glyphs: GlyphSet
    public var colours: ColourMode
    /// The width of a cell divided by its height.
    public var cellAspect: Double
    /// What sixels are on this terminal.
    public var sixel: SixelFormat

    public init(
        glyphs: GlyphSet = .blocks, colours: ColourMode = .truecolor, cellAspect: Double = 0.5, sixel: SixelFormat = SixelFormat()
    ) {
        self.glyphs = glyphs
        self.colours = colours
        self.cellAspect = cellAspect
        self.sixel = sixel
    }

    /// The most pixels across and down that a cell can tell apart, as far as a picture drawn so is concerned.
    public var detail: (across: Int, down: Int) {
        switch glyphs {
        case .halves: (1, 2)
        case .sextants: (2, 3)
        // Of blocks, the edges at eighths are finer than the colours on their sides.
        case .blocks, .octants, .braille, .ascii: (2, 4)
        case .shades: (1, 1)
        case .kitty, .sixel: (min(mostPixels.across, sixel.cellWidth), min(mostPixels.down, sixel.cellHeight))
        }
    }

    private var mostPixels: (across: Int, down: Int) { graphics?.mostPixels ?? (1, 1) }

    /// How pixels are sent, where the picture is made of them.
    var graphics: PixelProtocol? {
        switch glyphs {
        case .kitty: .kitty
        case .sixel: .sixel(sixel)
        default: nil
        }
    }
}
