/// A rectangle of the screen that shows moving pictures.
///
/// A picture is first turned into the cells it should look like (``show(_:)``), then what is worth its bytes is written
/// (``paint(into:limit:)``). The screen is nowhere read: the pane remembers what it wrote, and whoever else writes into its
/// rectangle says so (``invalidate()``, ``invalidate(_:)``, ``setCovered(_:)``).
public final class PicturePane {
    /// No region has more cells: a quarter of a million is a wall of screens, and 16 MiB of memory.
    public static let mostCells = 1 << 18

    /// Where the pane is; parts beyond the screen must not be in it. What the picture leaves free is blank.
    public private(set) var region: CellRect
    public private(set) var style: PictureStyle
    /// How many bytes are spent for how much exactness.
    public var economy = PictureEconomy()
    /// Rectangles, in screen coordinates, that something else is painted over at present. They are repainted when they become free.
    public private(set) var covered: [CellRect] = []
    /// What the last ``paint(into:limit:)`` wrote.
    public internal(set) var lastPaint = PaintStatistics()
    /// Where the picture itself is, within the region; nil when none is shown.
    public private(set) var pictureRect: CellRect?

    var cells = CellStates(count: 0)
    var table: GlyphTable
    private var sampler: CellSampler?
    /// Whether no picture has come since the last painting.
    var isStill = true
    /// The row that the next painting starts with, so that a limit starves no part of the picture.
    var nextRow = 0
    /// How many rows from there on are still to be looked at, and whether those before are exactly what is wanted.
    var rowsLeft = 0
    var isExactSoFar = true
    /// How much the picture takes, and what tolerance that asks for.
    var fitting = BudgetFitting()
    /// How many bytes of the picture may still go to repairs.
    var repairLeft = 0
    let scratch = Scratch()
    /// The picture where it is made of pixels, or what is left of it on the screen.
    var strips: PixelStrips?
    private let firstImage: Int

    /// - Parameter firstImage: numbers of images from there on are this pane's, where there are images: 2^24 of them.
    public init(region: CellRect, style: PictureStyle, firstImage: Int = 1) {
        self.firstImage = firstImage
        self.region = CellRect(column: 0, row: 0, columns: 0, rows: 0)
        self.style = style
        table = Self.table(for: style)
        move(to: region)
    }

    private static func table(for style: PictureStyle) -> GlyphTable {
        GlyphTable.table(style.glyphs, isFixed: style.colours == .monochrome)
    }

    /// How many cells the last ``paint(into:limit:)`` wrote.
    public var cellsPainted: Int { lastPaint.cells }

    /// Moves or resizes the pane; all of it is painted anew. Regions with more than ``mostCells`` cells lose rows at the bottom.
    public func move(to region: CellRect) {
        guard region != self.region else { return }
        var region = region
        region.columns = min(region.columns, Self.mostCells)
        region.rows = min(region.rows, region.columns == 0 ? 0 : Self.mostCells / region.columns)
        self.region = region
        cells = CellStates(count: region.columns * region.rows)
        pictureRect = nil
        strips?.place(in: nil) { _, _ in false }
        sampler = nil
        nextRow = 0
        begin()
        scratch.reserve(CellEncoder.longestCell * region.columns + 64)
        mapCovered()
    }

    /// Changes how pictures are drawn, from the next one on.
    public func setStyle(_ style: PictureStyle) {
        guard style != self.style else { return }
        let hasOtherCells =
            style.colours != self.style.colours || style.glyphs != self.style.glyphs || style.graphics != self.style.graphics
        self.style = style
        guard hasOtherCells else { return }
        strips?.place(in: nil) { _, _ in false }
        pictureRect = nil
        // Glyphs are known by their number in a table, colours by the mode's.
        table = Self.table(for: style)
        fitting = BudgetFitting()
        sampler = nil
        for index in 0..<cells.count { cells.clear(index) }
        forgetCells()
    }

    public func setCovered(_ rects: [CellRect]) {
        guard rects != covered else { return }
        covered = rects
        mapCovered()
    }

    /// Whether there is something to paint, or may be: a picture or a change of which a painting has not come to the end yet.
    public var isUnfinished: Bool { rowsLeft > 0 || strips?.isUnfinished ?? false }

    /// All rows are to be looked at.
    func begin() {
        rowsLeft = region.rows
        isExactSoFar = true
    }

    private func mapCovered() {
        begin()
        for index in 0..<cells.count { cells.isCovered[index] = false }
        for rect in covered {
            forEach(in: rect) { index in
                cells.isCovered[index] = true
                cells.forget(index)
            }
        }
        placeStrips()
    }

    private func placeStrips() {
        guard style.glyphs.isPixels, let strips else { return }
        strips.place(in: pictureRect) { column, row in cells.isCovered[(row - region.row) * region.columns + column - region.column] }
    }

    /// Says that the screen no longer shows what was painted: all is painted anew.
    public func invalidate() {
        strips?.forget()
        forgetCells()
    }

    private func forgetCells() {
        begin()
        for index in 0..<cells.count { cells.forget(index) }
    }

    /// Says that something else was painted over a part of the screen: that part is painted anew.
    public func invalidate(_ rect: CellRect) {
        strips?.forget()
        forEach(in: rect) { cells.forget($0) }
    }

    /// Does something with the cells in a rectangle of the screen.
    private func forEach(in rect: CellRect, _ body: (Int) -> Void) {
        let part = rect.intersection(region)
        guard !part.isEmpty else { return }
        begin()
        for row in part.row..<part.endRow {
            let start = (row - region.row) * region.columns + part.column - region.column
            for index in start..<(start + part.columns) { body(index) }
        }
    }

    /// Wants the region blank.
    public func clear() {
        pictureRect = nil
        strips?.place(in: nil) { _, _ in false }
        begin()
        for index in 0..<cells.count { cells.clear(index) }
        // Sixels are gone only where something is written.
        if style.glyphs == .sixel { forgetCells() }
    }

    /// Wants `picture` to be shown, as large as fits, its shape kept.
    public func show(_ picture: PictureView) {
        guard !region.isEmpty else { return }
        let rect = region.fitting(width: picture.width, height: picture.height, cellAspect: style.cellAspect)
        if rect != pictureRect {
            clear()
            pictureRect = rect
            if let graphics = style.graphics {
                let strips = strips ?? PixelStrips(graphics, firstImage: firstImage)
                strips.use(graphics)
                self.strips = strips
            }
            placeStrips()
        }
        guard !rect.isEmpty else { return }
        if style.glyphs.isPixels, let strips {
            strips.show(picture, in: rect, budget: economy.byteBudget)
            isStill = false
            return
        }
        let sampler = sampler(for: picture, columns: rect.columns, rows: rect.rows)
        let chooser = CellChooser(colours: style.colours, table: table, hasShades: style.glyphs.hasShades)
        for row in 0..<rect.rows {
            sampler.load(row, of: picture)
            let start = (rect.row - region.row + row) * region.columns + rect.column - region.column
            sampler.compare(shown: cells.shownGlyph + start, colours: cells.shownColours + start, stride: cells.stride)
            chooser.choose(sampler, into: cells, start: start, count: rect.columns, row: row)
        }
        isStill = false
        begin()
        repairLeft = max(0, min(economy.repairRoom, economy.byteBudget.map { $0 / 8 } ?? .max))
        fitting.fit(cells, colours: style.colours, price: Float(Self.price), economy: economy)
    }

    private func sampler(for picture: PictureView, columns: Int, rows: Int) -> CellSampler {
        if let sampler, sampler.suits(picture, columns: columns, rows: rows, table: table) { return sampler }
        let made = CellSampler(picture, columns: columns, rows: rows, table: table)
        sampler = made
        return made
    }
}

extension GlyphSet {
    /// Whether shades are among the glyphs, where colours are few.
    fileprivate var hasShades: Bool {
        switch self {
        case .blocks, .sextants, .octants, .shades: true
        case .halves, .braille, .ascii, .kitty, .sixel: false
        }
    }
}

/// Memory for one encoded row.
final class Scratch {
    private(set) var start = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 8)
    private(set) var capacity = 64

    func reserve(_ count: Int) {
        guard count > capacity else { return }
        start.deallocate()
        start = .allocate(byteCount: count, alignment: 8)
        capacity = count
    }

    deinit { start.deallocate() }
}
