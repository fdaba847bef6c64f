/// A rectangle of the screen that shows moving pictures.
///
/// A picture is first turned into the cells it should look like (``show(_:)``), then what differs from what the screen shows is written
/// (``paint(into:limit:)``). The screen is nowhere read: the pane remembers what it wrote, and whoever else writes into its
/// rectangle says so (``invalidate()``, ``covered``).
public final class PicturePane {
    /// No region has more cells: a quarter of a million is a wall of screens, and 4 MiB of memory.
    public static let mostCells = 1 << 18

    /// Where the pane is; parts beyond the screen must not be in it. What the picture leaves free is blank.
    public private(set) var region: CellRect
    public private(set) var style: PictureStyle
    /// Rectangles, in screen coordinates, that something else is painted over at present. They are repainted when they become free.
    public private(set) var covered: [CellRect] = []
    /// How many cells the last ``paint(into:limit:)`` wrote.
    public private(set) var cellsPainted = 0
    /// Where the picture itself is, within the region; nil when none is shown.
    public private(set) var pictureRect: CellRect?

    private var wanted: [Cell] = []
    private var shown: [Cell] = []
    private var isCovered: [Bool] = []
    private var grid: PixelGrid?
    /// The row that the next painting starts with, so that a limit starves no part of the picture.
    private var nextRow = 0
    private let scratch: Scratch

    public init(region: CellRect, style: PictureStyle) {
        self.region = CellRect(column: 0, row: 0, columns: 0, rows: 0)
        self.style = style
        scratch = Scratch()
        move(to: region)
    }

    /// Moves or resizes the pane; all of it is painted anew. Regions with more than ``mostCells`` cells lose rows at the bottom.
    public func move(to region: CellRect) {
        guard region != self.region else { return }
        var region = region
        region.columns = min(region.columns, Self.mostCells)
        region.rows = min(region.rows, region.columns == 0 ? 0 : Self.mostCells / region.columns)
        self.region = region
        let count = region.columns * region.rows
        wanted = Array(repeating: .empty, count: count)
        shown = Array(repeating: .unknown, count: count)
        pictureRect = nil
        nextRow = 0
        scratch.reserve(CellEncoder.longestCell * region.columns + 64)
        mapCovered()
    }

    /// Changes how pictures are drawn, from the next one on.
    public func setStyle(_ style: PictureStyle) {
        guard style != self.style else { return }
        if style.colours != self.style.colours {
            // Cells of another mode name colours that mean something else now.
            wanted = Array(repeating: .empty, count: wanted.count)
            invalidate()
        }
        self.style = style
    }

    public func setCovered(_ rects: [CellRect]) {
        guard rects != covered else { return }
        covered = rects
        mapCovered()
    }

    private func mapCovered() {
        isCovered = Array(repeating: false, count: wanted.count)
        for rect in covered {
            let part = rect.intersection(region)
            guard !part.isEmpty else { continue }
            for row in part.row..<part.endRow {
                let start = (row - region.row) * region.columns + part.column - region.column
                for index in start..<(start + part.columns) {
                    isCovered[index] = true
                    shown[index] = .unknown
                }
            }
        }
    }

    /// Says that the screen no longer shows what was painted: all is painted anew.
    public func invalidate() {
        for index in shown.indices { shown[index] = .unknown }
    }

    /// Wants the region blank.
    public func clear() {
        pictureRect = nil
        for index in wanted.indices { wanted[index] = .empty }
    }

    /// Whether the screen shows all that is wanted.
    public var isPainted: Bool {
        !wanted.indices.contains { !isCovered[$0] && wanted[$0] != shown[$0] }
    }

    /// Wants `picture` to be shown, as large as fits, its shape kept.
    public func show(_ picture: PictureView) {
        guard !region.isEmpty else { return }
        let rect = region.fitting(width: picture.width, height: picture.height, cellAspect: style.cellAspect)
        if rect != pictureRect {
            clear()
            pictureRect = rect
        }
        let pixelRows = style.glyphs == .halves ? 2 * rect.rows : rect.rows
        var grid =
            self.grid.take(where: { $0.suits(picture, width: rect.columns, height: pixelRows) })
            ?? PixelGrid(for: picture, width: rect.columns, height: pixelRows)
        self.grid = nil
        grid.load(picture, colour: style.colours != .monochrome)
        let place = CellRect(
            column: rect.column - region.column, row: rect.row - region.row, columns: rect.columns, rows: rect.rows)
        wanted.withUnsafeMutableBufferPointer { cells in
            let target = CellTarget(cells: cells, stride: region.columns, place: place)
            switch style.glyphs {
            case .halves: target.drawHalves(&grid, colours: style.colours)
            case .ascii: target.drawRamp(&grid, colours: style.colours)
            }
        }
        self.grid = grid
    }

    /// Writes what the screen does not show yet.
    ///
    /// - Parameter limit: stops at the cell with which the stream has grown by more bytes than this. What was left out comes with the
    ///   next painting, which starts there.
    /// - Returns: whether the screen shows all that is wanted once the bytes are written.
    @discardableResult
    public func paint(into stream: inout PictureStream, limit: Int = .max) -> Bool {
        cellsPainted = 0
        guard !region.isEmpty else { return true }
        let start = stream.bytes.count
        for _ in 0..<region.rows {
            let left = limit == .max ? .max : limit - (stream.bytes.count - start)
            guard left > 0, paintRow(nextRow, into: &stream, limit: left) else { return isPainted }
            nextRow = (nextRow + 1) % region.rows
        }
        nextRow = 0
        return true
    }

    /// - Returns: whether the row was finished.
    private func paintRow(_ row: Int, into stream: inout PictureStream, limit: Int) -> Bool {
        let columns = region.columns
        let first = row * columns
        var painted = 0
        var isFinished = true
        wanted.withUnsafeBufferPointer { wanted in
            shown.withUnsafeMutableBufferPointer { shown in
                isCovered.withUnsafeBufferPointer { isCovered in
                    guard var column = (0..<columns).first(where: { wanted[first + $0] != shown[first + $0] && !isCovered[first + $0] })
                    else { return }
                    stream.open()
                    Decimals.table.withUnsafeBufferPointer { decimals in
                        guard let decimals = decimals.baseAddress else { return }
                        var encoder = CellEncoder(at: scratch.start, pen: stream.pen, colours: style.colours, decimals: decimals)
                        encoder.move(column: region.column + column, row: region.row + row)
                        var skipped = 0
                        let end = limit < scratch.capacity ? scratch.start + limit : scratch.start + scratch.capacity
                        while column < columns {
                            let index = first &+ column
                            let cell = wanted[index]
                            if cell == shown[index] || isCovered[index] {
                                skipped &+= 1
                            } else {
                                if skipped > 0 { encoder.skip(skipped) }
                                skipped = 0
                                encoder.put(cell)
                                shown[index] = cell
                                painted &+= 1
                                if encoder.cursor >= end {
                                    isFinished = false
                                    break
                                }
                            }
                            column &+= 1
                        }
                        stream.pen = encoder.pen
                        stream.append(UnsafeRawBufferPointer(start: scratch.start, count: encoder.cursor - scratch.start))
                    }
                }
            }
        }
        cellsPainted += painted
        return isFinished
    }
}

/// Memory for one encoded row.
private final class Scratch {
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

extension Optional {
    /// The value, if `isWanted`; the caller's copy is left behind empty, so that what is taken is uniquely referenced.
    fileprivate mutating func take(where isWanted: (Wrapped) -> Bool) -> Wrapped? {
        guard let value = self, isWanted(value) else { return nil }
        self = nil
        return value
    }
}
