/// A rectangle of terminal cells. Columns and rows count from 0 at the upper left corner of the screen.
public struct CellRect: Equatable, Sendable {
    public var column: Int
    public var row: Int
    public var columns: Int
    public var rows: Int

    /// Negative sizes count as zero.
    public init(column: Int, row: Int, columns: Int, rows: Int) {
        self.column = column
        self.row = row
        self.columns = max(0, columns)
        self.rows = max(0, rows)
    }

    public var isEmpty: Bool { columns == 0 || rows == 0 }
    public var endColumn: Int { column + columns }
    public var endRow: Int { row + rows }

    public func contains(column: Int, row: Int) -> Bool {
        column >= self.column && column < endColumn && row >= self.row && row < endRow
    }

    public func intersection(_ other: CellRect) -> CellRect {
        let left = max(column, other.column)
        let top = max(row, other.row)
        return CellRect(
            column: left, row: top, columns: min(endColumn, other.endColumn) - left, rows: min(endRow, other.endRow) - top)
    }

    /// The largest rectangle in the middle of this one that shows a picture undistorted.
    ///
    /// - Parameters:
    ///   - width: the picture's width in pixels, at least 1.
    ///   - height: the picture's height in pixels, at least 1.
    ///   - cellAspect: the width of a cell divided by its height, 0.5 where the terminal does not tell.
    public func fitting(width: Int, height: Int, cellAspect: Double) -> CellRect {
        guard !isEmpty, width > 0, height > 0 else { return CellRect(column: column, row: row, columns: 0, rows: 0) }
        // Fonts are nowhere near these limits; a terminal that reports nonsense must not make the picture vanish.
        let aspect = cellAspect.isFinite ? min(max(cellAspect, 0.2), 2) : 0.5
        let columnsPerRow = Double(width) / Double(height) / aspect
        var fittedColumns = columns
        var fittedRows = Int((Double(columns) / columnsPerRow).rounded())
        if fittedRows > rows {
            fittedRows = rows
            fittedColumns = min(columns, Int((Double(rows) * columnsPerRow).rounded()))
        }
        fittedRows = max(1, fittedRows)
        fittedColumns = max(1, fittedColumns)
        return CellRect(
            column: column + (columns - fittedColumns) / 2, row: row + (rows - fittedRows) / 2, columns: fittedColumns,
            rows: fittedRows)
    }
}
