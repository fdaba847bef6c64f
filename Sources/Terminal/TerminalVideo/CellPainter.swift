/// Writes the cells of a pane that are worth their bytes.
///
/// Each cell is given the colours that cost least for what they lose: those found, or those that the pen has already, the glyph inverted
/// where that helps, or one colour instead of two. What stays wrong is compared with what the bytes are worth; so a cell is left alone
/// while the screen is nearly right, however the picture's noise moves, and nothing flickers.
struct CellPainter {
    let cells: CellStates
    let table: GlyphTable
    let colours: ColourMode
    let region: CellRect
    /// What a byte must be worth, in squared levels times weight; 0 for an exact picture.
    let price: Float
    var statistics = PaintStatistics()
    /// How many bytes may still go to cells that are nearly right.
    var repairRoom: Int
    /// Where the cursor stands; nil if that is not known.
    private var place: (column: Int, row: Int)?

    /// For how many pictures a cell must have stood still to be repaired: twice the same is no chance any more.
    private static let stillAge: UInt8 = 2

    init(cells: CellStates, table: GlyphTable, colours: ColourMode, region: CellRect, price: Float, repairRoom: Int) {
        self.cells = cells
        self.table = table
        self.colours = colours
        self.region = region
        self.price = price
        self.repairRoom = repairRoom
    }

    /// What is written for a cell, and what it costs: what it loses against the wanted cell, and the price of its bytes.
    private struct Choice {
        var cell: Cell
        var glyph: Int
        var isInverse = false
        var cost: Float
        var loss: Float
    }

    /// Writes a row of cells, as far as `end`.
    ///
    /// - Parameter isStill: whether the picture has not changed since the last painting.
    /// - Returns: whether the row was finished.
    @inline(__always)
    mutating func paintRow(_ row: Int, with encoder: inout CellEncoder, end: UnsafeMutableRawPointer, isStill: Bool) -> Bool {
        let columns = region.columns
        let first = row &* columns
        place = place.flatMap { $0.column < region.endColumn ? $0 : nil }
        // Below this no cell is worth a glyph and a colour.
        let least = price * 4
        for column in 0..<columns {
            let index = first &+ column
            if cells.isCovered[index] || cells.wanted[index] == cells.shown[index] { continue }
            let excess = cells.excess[index]
            var isWritten = false
            if excess > least {
                let isExact = price == 0 || excess == .infinity && cells.wanted[index].isInOwnColours
                let choice = isExact ? exactly(index, with: encoder) : cheapest(index, with: encoder)
                let gap = Float(approach(column, row)) * price
                if excess > choice.cost + choice.loss + gap, choice.cell != cells.shown[index] {
                    write(choice, at: index, column: column, row: row, with: &encoder)
                    if choice.cell != cells.wanted[index] { statistics.isExact = false }
                    isWritten = true
                }
            }
            if !isWritten {
                guard price == 0 || repairRoom > 0 && (isStill || cells.age[index] >= Self.stillAge) else {
                    statistics.isExact = false
                    continue
                }
                let start = encoder.cursor
                write(exactly(index, with: encoder), at: index, column: column, row: row, with: &encoder)
                repairRoom &-= encoder.cursor - start
                statistics.repaired &+= 1
            }
            if encoder.cursor >= end {
                encoder.flush()
                return false
            }
        }
        encoder.flush()
        return true
    }

    /// What getting to a cell costs, in bytes.
    @inline(__always)
    private func approach(_ column: Int, _ row: Int) -> Int {
        guard let place, place.row == region.row &+ row else { return 6 }
        return CellEncoder.costOfSkipping(region.column &+ column &- place.column)
    }

    /// The cell as it is wanted.
    @inline(__always)
    private func exactly(_ index: Int, with encoder: CellEncoder) -> Choice {
        let cell = cells.wanted[index]
        let glyph = Int(cells.wantedGlyph[index])
        let inverse = table.inverses.base[glyph]
        guard !inverse.isBlank else { return Choice(cell: cell, glyph: glyph, cost: 0, loss: 0) }
        let foreground = cell.foreground
        let background = cell.background
        let changes = (foreground == encoder.pen.foreground ? 0 : 1) &+ (background == encoder.pen.background ? 0 : 1)
        let inverseChanges = (background == encoder.pen.foreground ? 0 : 1) &+ (foreground == encoder.pen.background ? 0 : 1)
        return Choice(cell: cell, glyph: glyph, isInverse: inverseChanges < changes, cost: 0, loss: 0)
    }

    /// The cheapest way to show a cell well enough.
    @inline(__always)
    private func cheapest(_ index: Int, with encoder: CellEncoder) -> Choice {
        let cell = cells.wanted[index]
        let glyph = Int(cells.wantedGlyph[index])
        guard colours == .truecolor else {
            var choice = exactly(index, with: encoder)
            let foreground = choice.isInverse ? cell.background : cell.foreground
            let background = choice.isInverse ? cell.foreground : cell.background
            var bytes = encoder.cost(of: cell.glyph)
            if background != encoder.pen.background { bytes &+= 3 &+ encoder.cost(ofColour: background) }
            if !cell.glyph.isBlank, foreground != encoder.pen.foreground { bytes &+= 3 &+ encoder.cost(ofColour: foreground) }
            choice.cost = Float(bytes) * price
            return choice
        }
        let weight = cells.weight[index]
        let pen = encoder.pen
        if glyph == 0 {
            return flat(cell.background, lost: 0, weight: weight, with: encoder)
        }
        let foreground = cell.foreground
        let background = cell.background
        let share = table.shares.base[glyph]
        let inkWeight = share * weight
        let paperWeight = (1 - share) * weight
        let ink = Light(foreground)
        let paper = Light(background)
        let inkCost = Float(encoder.cost(ofColour: foreground)) * price
        let paperCost = Float(encoder.cost(ofColour: background)) * price
        let sequence = 3 * price

        let inkLoss = foreground == pen.foreground ? 0 : inkWeight * ink.distance(pen.ink)
        let paperLoss = background == pen.background ? 0 : paperWeight * paper.distance(pen.paper)
        let keepsInk = inkLoss < inkCost
        let keepsPaper = paperLoss < paperCost
        var choice = Choice(
            cell: Cell(
                glyph: cell.glyph, foreground: keepsInk ? pen.foreground : foreground, background: keepsPaper ? pen.background : background),
            glyph: glyph, cost: (keepsInk ? 0 : inkCost) + (keepsPaper ? 0 : paperCost) + (keepsInk && keepsPaper ? 0 : sequence),
            loss: (keepsInk ? inkLoss : 0) + (keepsPaper ? paperLoss : 0))
        if !table.inverses.base[glyph].isBlank {
            let inkLoss = foreground == pen.background ? 0 : inkWeight * ink.distance(pen.paper)
            let paperLoss = background == pen.foreground ? 0 : paperWeight * paper.distance(pen.ink)
            let keepsInk = inkLoss < inkCost
            let keepsPaper = paperLoss < paperCost
            let cost = (keepsInk ? 0 : inkCost) + (keepsPaper ? 0 : paperCost) + (keepsInk && keepsPaper ? 0 : sequence)
            let loss = (keepsInk ? inkLoss : 0) + (keepsPaper ? paperLoss : 0)
            if cost + loss < choice.cost + choice.loss {
                choice = Choice(
                    cell: Cell(
                        glyph: cell.glyph, foreground: keepsInk ? pen.background : foreground,
                        background: keepsPaper ? pen.foreground : background), glyph: glyph, isInverse: true, cost: cost, loss: loss)
            }
        }
        choice.cost += Float(encoder.cost(of: cell.glyph)) * price
        // One colour instead of two, if that is enough.
        let lost = cells.gain[index]
        if lost + price < choice.cost + choice.loss {
            let mean = CellChooser.mix(foreground, background, share: share)
            let flat = flat(mean, lost: lost, weight: weight, with: encoder)
            if flat.cost + flat.loss < choice.cost + choice.loss { return flat }
        }
        if choice.cell.foreground == choice.cell.background { choice.cell = Cell(background: choice.cell.background) }
        return choice
    }

    /// A cell of one colour: this one, or the pen's.
    @inline(__always)
    private func flat(_ colour: UInt32, lost: Float, weight: Float, with encoder: CellEncoder) -> Choice {
        let loss = colour == encoder.pen.background ? 0 : weight * Light(colour).distance(encoder.pen.paper)
        let cost = Float(3 &+ encoder.cost(ofColour: colour)) * price
        let keeps = loss < cost
        return Choice(
            cell: Cell(background: keeps ? encoder.pen.background : colour), glyph: 0, cost: price + (keeps ? 0 : cost),
            loss: lost + (keeps ? loss : 0))
    }

    @inline(__always)
    private mutating func write(_ choice: Choice, at index: Int, column: Int, row: Int, with encoder: inout CellEncoder) {
        let target = (column: region.column &+ column, row: region.row &+ row)
        if place?.column != target.column || place?.row != target.row {
            if !bridge(to: index, column: target.column, row: target.row, with: &encoder) {
                encoder.move(column: target.column, row: target.row, from: place)
            }
        }
        place = (target.column &+ 1, target.row)
        let cell = choice.cell
        if choice.isInverse, !cell.glyph.isBlank {
            encoder.put(table.inverses.base[choice.glyph], foreground: cell.background, background: cell.foreground)
        } else {
            encoder.put(cell.glyph, foreground: cell.foreground, background: cell.background)
        }
        cells.shown[index] = cell
        cells.excess[index] = choice.loss
        cells.shownGlyph[index] = cell.glyph.isBlank ? 0 : UInt8(truncatingIfNeeded: choice.glyph)
        remember(cell, at: index)
        statistics.cells &+= 1
    }

    /// Writes the few cells up to the next once more, if the pen has their colours and that is shorter than a move.
    @inline(__always)
    private func bridge(to index: Int, column: Int, row: Int, with encoder: inout CellEncoder) -> Bool {
        guard let place, place.row == row else { return false }
        let count = column &- place.column
        guard count > 0, count <= 3 else { return false }
        var bytes = 0
        for gap in (index &- count)..<index {
            let cell = cells.shown[gap]
            if cells.isCovered[gap] || cell == .unknown || cell.background != encoder.pen.background { return false }
            if !cell.glyph.isBlank, cell.foreground != encoder.pen.foreground { return false }
            bytes &+= encoder.cost(of: cell.glyph)
        }
        guard bytes < CellEncoder.costOfSkipping(count) else { return false }
        for gap in (index &- count)..<index {
            let cell = cells.shown[gap]
            encoder.put(cell.glyph, foreground: cell.foreground, background: cell.background)
        }
        return true
    }

    /// Notes how a cell looks now.
    @inline(__always)
    private func remember(_ cell: Cell, at index: Int) {
        let stride = cells.stride
        let target = cells.shownColours + index
        var paper = light(cell.background)
        if let share = cell.glyph.shade {
            paper = paper.mixed(with: light(cell.foreground), share: share)
        } else if !cell.glyph.isBlank {
            let ink = light(cell.foreground)
            target[0] = ink.luma
            target[stride] = ink.blue
            target[2 &* stride] = ink.red
        }
        target[3 &* stride] = paper.luma
        target[4 &* stride] = paper.blue
        target[5 &* stride] = paper.red
    }

    @inline(__always)
    private func light(_ colour: UInt32) -> Light {
        if colour >= Pen.defaultColour { return Light(luma: 16, blue: 0, red: 0) }
        return colours == .truecolor ? Light(colour) : Palette.lights.base[Int(colour & 255)]
    }
}
