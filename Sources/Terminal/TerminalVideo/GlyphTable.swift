import CTerminalVideo

/// What a glyph set has to choose from, as the inner loops want it.
final class GlyphTable: @unchecked Sendable {
    /// How the samples of a cell lie that masks refer to.
    let across: Int
    let down: Int
    /// Whether the glyphs are the block elements that `tv_search_blocks` knows.
    let isBlocks: Bool
    /// Whether colours are the terminal's own, and only the glyphs are chosen.
    let isFixed: Bool
    /// How far a pattern that stands still moves the samples, in shares of white, so that tones between two glyphs appear.
    let dither: Float
    let count: Int
    let glyphs: Memory<Glyph>
    /// The glyph with ink and paper exchanged; blank if there is none.
    let inverses: Memory<Glyph>
    let shares: Memory<Float>
    private let inverseShares: Memory<Float>
    private let quadrants: Memory<Float>
    private let masks: Memory<Float>
    private let squares: Memory<Float>
    let native: tv_glyphs

    /// A glyph, what it is with ink and paper exchanged, and its ink in each sample, 0...1.
    struct Entry {
        var glyph: Glyph
        var inverse = Glyph.blank
        var mask: [Float]
    }

    /// - Parameter entries: without the blank, which comes first in every table.
    private init(
        across: Int, down: Int, entries: [Entry], isBlocks: Bool = false, isFixed: Bool = false, dither: Float = 0,
        quadrants given: [[Float]]? = nil
    ) {
        let samples = across * down
        let all = [Entry(glyph: .blank, mask: Array(repeating: 0, count: samples))] + entries
        let quadrantShares = given.map { [[0, 0, 0, 0]] + $0 } ?? all.map { Self.quadrants($0.mask, across: across, down: down) }
        let shares = quadrantShares.map { $0.reduce(0, +) }
        self.across = across
        self.down = down
        self.isBlocks = isBlocks
        self.isFixed = isFixed
        self.dither = dither
        count = all.count
        glyphs = Memory(all.map(\.glyph))
        inverses = Memory(all.map(\.inverse))
        self.shares = Memory(shares)
        inverseShares = Memory(shares.map { $0 > 0 ? 1 / $0 : 0 } + shares.map { $0 < 1 ? 1 / (1 - $0) : 0 })
        quadrants = Memory((0..<4).flatMap { quadrant in quadrantShares.map { $0[quadrant] } })
        masks = Memory(all.flatMap { $0.mask.map { $0 / Float(samples) } })
        squares = Memory(all.map { entry in entry.mask.reduce(0) { $0 + $1 * $1 } / Float(samples) })
        native = tv_glyphs(
            count: Int32(count), samples: Int32(samples), masks: masks.base, shares: self.shares.base, inverseA: inverseShares.base,
            inverseB: inverseShares.base + count, quadrants: quadrants.base, squares: squares.base)
    }

    /// The share of the cell that is ink in each quadrant.
    private static func quadrants(_ mask: [Float], across: Int, down: Int) -> [Float] {
        var result: [Float] = [0, 0, 0, 0]
        for (index, ink) in mask.enumerated() {
            let columns = overlap(index % across, of: across)
            let rows = overlap(index / across, of: down)
            for quadrant in 0..<4 { result[quadrant] += ink * columns[quadrant & 1] * rows[quadrant >> 1] }
        }
        return result
    }

    /// How much of part `index` of `count` lies in the first and in the second half.
    private static func overlap(_ index: Int, of count: Int) -> [Float] {
        let start = Float(index) / Float(count)
        let end = Float(index + 1) / Float(count)
        return [max(0, min(end, 0.5) - start), max(0, end - max(start, 0.5))]
    }

    static func table(_ set: GlyphSet, isFixed: Bool) -> GlyphTable {
        switch (set, isFixed) {
        // What is around the pixels is blank in any set.
        case (.blocks, false), (.kitty, false), (.sixel, false): blocks
        case (.halves, false): halves
        case (.sextants, false): sextants
        case (.octants, false): octants
        case (.braille, false): braille
        case (.shades, false): flat
        case (.ascii, false): ascii
        case (.blocks, true), (.kitty, true), (.sixel, true): fixedQuadrants
        case (.halves, true): fixedHalves
        case (.sextants, true): fixedSextants
        case (.octants, true): fixedOctants
        case (.braille, true): fixedBraille
        case (.shades, true): fixedShades
        case (.ascii, true): fixedAscii
        }
    }

    private static let blocks = GlyphTable(
        across: 1, down: 8,
        entries: BlockInk.elements.map { Entry(glyph: $0.glyph, inverse: $0.inverse, mask: Array(repeating: 0, count: 8)) },
        isBlocks: true, quadrants: BlockInk.elements.map(\.quadrants))
    private static let halves = GlyphTable(
        across: 1, down: 2, entries: [Entry(glyph: .upperHalf, inverse: .lowerHalf, mask: [1, 0])])
    private static let sextants = squares(across: 2, down: 3, glyph: Glyph.sextant)
    private static let octants = squares(across: 2, down: 4, glyph: Glyph.octant)
    private static let braille = GlyphTable(across: 2, down: 4, entries: brailleEntries(ink: 0.4))
    /// Cells of one colour; where colours are few, they are mixed by shades.
    private static let flat = GlyphTable(across: 1, down: 1, entries: [])
    private static let ascii = GlyphTable(across: 2, down: 4, entries: asciiEntries(scale: 1))

    private static let fixedQuadrants = fixedSquares(across: 2, down: 2, glyph: Glyph.quadrant)
    private static let fixedHalves = GlyphTable(
        across: 1, down: 2,
        entries: [(Glyph.upperHalf, [1, 0]), (.lowerHalf, [0, 1]), (.full, [1, 1])].map { Entry(glyph: $0.0, mask: $0.1) }, isFixed: true,
        dither: 1)
    private static let fixedSextants = fixedSquares(across: 2, down: 3, glyph: Glyph.sextant)
    private static let fixedOctants = fixedSquares(across: 2, down: 4, glyph: Glyph.octant)
    /// All dots are as bright as it gets.
    private static let fixedBraille = GlyphTable(across: 2, down: 4, entries: brailleEntries(ink: 1), isFixed: true, dither: 1)
    private static let fixedShades = GlyphTable(
        across: 1, down: 1,
        entries: zip(Glyph.shades + [.full], [0.25, 0.5, 0.75, 1]).map { Entry(glyph: $0, mask: [Float($1)]) }, isFixed: true, dither: 0.25)
    /// The character with the most ink is white.
    private static let fixedAscii = GlyphTable(
        across: 2, down: 4, entries: asciiEntries(scale: 100 / 26), isFixed: true, dither: 0.1)

    private static func mask(_ pattern: Int, _ samples: Int, ink: Float = 1) -> [Float] {
        (0..<samples).map { pattern >> $0 & 1 == 1 ? ink : 0 }
    }

    /// Every way of dividing the squares in two: the last one is paper, as the inverse has the same colours exchanged.
    private static func squares(across: Int, down: Int, glyph: (Int) -> Glyph) -> GlyphTable {
        let samples = across * down
        let all = (1 << samples) - 1
        return GlyphTable(
            across: across, down: down,
            entries: (1..<(1 << (samples - 1))).map { Entry(glyph: glyph($0), inverse: glyph(all ^ $0), mask: mask($0, samples)) })
    }

    private static func fixedSquares(across: Int, down: Int, glyph: (Int) -> Glyph) -> GlyphTable {
        let samples = across * down
        return GlyphTable(
            across: across, down: down, entries: (1..<(1 << samples)).map { Entry(glyph: glyph($0), mask: mask($0, samples)) },
            isFixed: true, dither: 1)
    }

    /// - Parameter ink: how much of its part of the cell a dot covers.
    private static func brailleEntries(ink: Float) -> [Entry] {
        // The dots are numbered down the left, down the right, then the fourth row, which came later (U+2800).
        let bits = [0, 3, 1, 4, 2, 5, 6, 7]
        return (1..<256).map { pattern in
            let dots = (0..<8).reduce(0) { pattern >> $1 & 1 == 1 ? $0 | 1 << bits[$1] : $0 }
            return Entry(glyph: .braille(dots), mask: mask(pattern, 8, ink: ink))
        }
    }

    private static func asciiEntries(scale: Float) -> [Entry] {
        AsciiInk.characters.map { character, ink in
            Entry(glyph: Glyph(rawValue: UInt16(character.asciiValue ?? 0x20)), mask: ink.map { Float($0) / 100 * scale })
        }
    }
}
