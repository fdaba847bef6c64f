extension PicturePane {
    /// What a byte must be worth at a tolerance of 1, in squared levels of error, weighted by how much there is to see in the cell.
    static let price = 0.0095

    /// The tolerance in force: the economy's own, or more while a budget demands it.
    public var tolerance: Double {
        if style.glyphs.isPixels { return strips.map { 1 / ($0.detail * $0.detail) } ?? 1 }
        return min(max(economy.tolerance, fitting.tolerance, 0), PictureEconomy.mostTolerance)
    }

    /// Writes what is worth its bytes of what the screen does not show yet.
    ///
    /// - Parameter limit: stops at the cell with which the stream has grown by more bytes than this. What was left out comes with the
    ///   next painting, which starts there.
    /// - Returns: whether nothing more must be written before the next picture. Cells that are nearly right may still be repaired by
    ///   further paintings; ``lastPaint`` says if there are any.
    @discardableResult
    public func paint(into stream: inout PictureStream, limit: Int = .max) -> Bool {
        lastPaint = PaintStatistics()
        guard style.glyphs.isPixels else {
            if let strips, strips.isUnfinished { _ = strips.paint(into: &stream, limit: limit) }
            return paintCells(into: &stream, limit: limit)
        }
        let start = stream.bytes.count
        guard paintCells(into: &stream, limit: limit), let strips else { return lastPaint.isComplete }
        // The pixels lie below the characters, which are blank there now.
        let pixels = strips.paint(into: &stream, limit: max(limit - (stream.bytes.count - start), 1))
        lastPaint.isComplete = pixels.isComplete
        lastPaint.isExact = lastPaint.isExact && pixels.isExact
        lastPaint.cells += pixels.cells
        lastPaint.bytes += pixels.bytes
        return lastPaint.isComplete
    }

    private func paintCells(into stream: inout PictureStream, limit: Int) -> Bool {
        guard !region.isEmpty else { return true }
        let start = stream.bytes.count
        // At once, so that no picture that is richer than all before it allocates.
        stream.reserve(min(limit, CellEncoder.longestCell * region.columns * region.rows))
        let wasStill = isStill
        var painter = CellPainter(
            cells: cells, table: table, colours: style.colours, region: region, price: Float(tolerance * Self.price),
            repairRoom: wasStill ? max(0, economy.repairRoom) : repairLeft)
        if rowsLeft == 0 { begin() }
        while rowsLeft > 0 {
            let left = limit == .max ? .max : limit - (stream.bytes.count - start)
            guard left > 0, paintRow(nextRow, into: &stream, with: &painter, limit: left, isStill: wasStill) else {
                painter.statistics.isComplete = false
                break
            }
            nextRow = (nextRow + 1) % region.rows
            rowsLeft -= 1
        }
        isExactSoFar = isExactSoFar && painter.statistics.isExact
        painter.statistics.isExact = isExactSoFar && painter.statistics.isComplete
        if painter.statistics.isComplete {
            nextRow = 0
            isStill = true
        }
        lastPaint = painter.statistics
        lastPaint.bytes = stream.bytes.count - start
        repairLeft = max(painter.repairRoom, 0)
        if !wasStill { fitting.painted(lastPaint) }
        return lastPaint.isComplete
    }

    /// - Returns: whether the row was finished.
    private func paintRow(_ row: Int, into stream: inout PictureStream, with painter: inout CellPainter, limit: Int, isStill: Bool) -> Bool
    {
        let pen = stream.bytes.isEmpty ? .reset : stream.pen
        var encoder = CellEncoder(at: scratch.start, pen: pen, colours: style.colours, features: stream.features)
        let end = limit < scratch.capacity ? scratch.start + limit : scratch.start + scratch.capacity
        let isFinished = painter.paintRow(row, with: &encoder, end: end, isStill: isStill)
        let count = encoder.cursor - scratch.start
        if count > 0 {
            stream.open()
            stream.append(UnsafeRawBufferPointer(start: scratch.start, count: count))
            stream.pen = encoder.pen
        }
        return isFinished
    }
}
