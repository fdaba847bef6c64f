/// The cells of a pane that a picture is drawn into.
struct CellTarget {
    let cells: UnsafeMutableBufferPointer<Cell>
    /// Cells from one row to the next.
    let stride: Int
    /// Where the picture is; it lies within the pane.
    let place: CellRect

    /// Two pixels a cell.
    func drawHalves(_ grid: inout PixelGrid, colours: ColourMode) {
        if colours == .monochrome {
            drawMonochromeHalves(grid)
            return
        }
        grid.quantise(colours)
        let width = place.columns
        grid.pixels.withUnsafeBufferPointer { pixels in
            for row in 0..<place.rows {
                let upper = 2 * row * width
                let lower = upper + width
                let start = (place.row + row) * stride + place.column
                for column in 0..<width {
                    let top = pixels[upper &+ column]
                    let bottom = pixels[lower &+ column]
                    cells[start &+ column] =
                        top == bottom ? Cell(background: top) : Cell(glyph: .upperHalf, foreground: top, background: bottom)
                }
            }
        }
    }

    /// Black and white by a threshold that varies in a fixed pattern, in the terminal's own colours.
    private func drawMonochromeHalves(_ grid: PixelGrid) {
        let width = place.columns
        for row in 0..<place.rows {
            let start = (place.row + row) * stride + place.column
            for column in 0..<width {
                let top = ColourQuantiser.isLight(grid.luma[2 * row * width + column], column: column, row: 2 * row)
                let bottom = ColourQuantiser.isLight(grid.luma[(2 * row + 1) * width + column], column: column, row: 2 * row + 1)
                cells[start + column] = Cell(glyph: top ? (bottom ? .full : .upperHalf) : (bottom ? .lowerHalf : .blank))
            }
        }
    }

    /// One character a cell, the denser the lighter; in a colour of its own where there are colours.
    func drawRamp(_ grid: inout PixelGrid, colours: ColourMode) {
        if colours != .monochrome { grid.quantise(colours) }
        let ramp = Self.ramp
        for row in 0..<place.rows {
            let start = (place.row + row) * stride + place.column
            for column in 0..<place.columns {
                let index = row * place.columns + column
                let glyph = ramp[Int(grid.luma[index])]
                cells[start + column] =
                    colours == .monochrome || glyph.isBlank ? Cell(glyph: glyph) : Cell(glyph: glyph, foreground: grid.pixels[index])
            }
        }
    }

    /// For each luma the character whose ink is nearest in proportion.
    private static let ramp: [Glyph] = {
        let characters = Array(" .:-=+*#%@".utf8)
        return (0..<256).map { luma in
            let light = min(max(luma - 16, 0), 219)
            return Glyph(rawValue: UInt16(characters[light * characters.count / 220]))
        }
    }()
}
