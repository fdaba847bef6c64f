/// The size of a terminal's screen.
public struct TerminalSize: Equatable, Sendable {
    public var columns: Int
    public var rows: Int
    /// The width of a cell divided by its height, where the terminal tells its size in pixels.
    public var cellAspect: Double?
    /// The size of a cell, where the terminal tells.
    public var cellPixels: PixelSize?

    /// No font's cells are of other shapes; a terminal that says so does not know its size in pixels.
    package static let possibleAspects = 0.25...1.2

    public init(columns: Int, rows: Int, cellAspect: Double? = nil, cellPixels: PixelSize? = nil) {
        self.columns = columns
        self.rows = rows
        self.cellPixels = cellPixels
        self.cellAspect = cellAspect.flatMap { Self.possibleAspects.contains($0) ? $0 : nil }
    }
}

/// A size in pixels of a terminal's screen.
public struct PixelSize: Equatable, Sendable {
    public var width: Int
    public var height: Int

    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}
