/// What sixel graphics are on a terminal.
public struct SixelFormat: Equatable, Sendable {
    /// A cell, in pixels.
    public var cellWidth: Int
    public var cellHeight: Int
    /// How many colours an image may have.
    public var registers: Int
    /// The largest image, in pixels.
    public var mostWidth: Int
    public var mostHeight: Int

    /// No more colours are used.
    public static let mostRegisters = 256
    /// No image is longer along a side, in pixels: wider pictures are of several.
    public static let longestSide = 4096
    /// No font's cells have more pixels along a side.
    public static let largestCell = 64

    /// A VT340's cells, xterm's largest image, and the colours that most of today's terminals have. What lies beyond the possible counts as the
    /// nearest that is possible.
    public init(cellWidth: Int = 10, cellHeight: Int = 20, registers: Int = 256, mostWidth: Int = 1000, mostHeight: Int = 1000) {
        self.cellWidth = min(max(cellWidth, 1), Self.largestCell)
        self.cellHeight = min(max(cellHeight, 1), Self.largestCell)
        self.registers = min(max(registers, 2), Self.mostRegisters)
        self.mostWidth = min(max(mostWidth, self.cellWidth), Self.longestSide)
        self.mostHeight = min(max(mostHeight, self.cellHeight), Self.longestSide)
    }

    /// Rows of cells, of which the last ends with a sixel, which is six pixels high, where the font allows; then no image ends within one.
    var rowsPerImage: Int {
        let rows = cellHeight % 6 == 0 ? 1 : cellHeight % 3 == 0 ? 2 : cellHeight % 2 == 0 ? 3 : 6
        return max(min(rows, mostHeight / cellHeight), 1)
    }

    var columnsPerImage: Int { mostWidth / cellWidth }
}
