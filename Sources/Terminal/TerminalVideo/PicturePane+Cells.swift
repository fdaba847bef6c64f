/// What a cell of a pane shows on the screen, as far as the pane knows.
public struct ShownCell: Equatable, Sendable {
    public var character: Character
    /// RGB or an index, as the colour mode has it; nil for the terminal's own.
    public var foreground: UInt32?
    public var background: UInt32?
}

extension PicturePane {
    /// The cell at a place of the screen; nil if it is not in the region, or not known.
    public func shownCell(column: Int, row: Int) -> ShownCell? {
        guard region.contains(column: column, row: row) else { return nil }
        let cell = cells.shown[(row - region.row) * region.columns + column - region.column]
        guard cell != .unknown, let scalar = Unicode.Scalar(cell.glyph.scalar) else { return nil }
        func colour(_ value: UInt32) -> UInt32? { value == Pen.defaultColour ? nil : value }
        return ShownCell(
            character: Character(scalar), foreground: colour(cell.foreground), background: colour(cell.background))
    }
}
