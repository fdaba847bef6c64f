import CTerminalVideo

/// The horizontal half of scaling by area: the running sum of a row is read at edges within the cells, so that the cost hardly depends on
/// how many samples a cell covers.
struct AreaEdges {
    /// Edges in a row: for each of their places within a cell, one for every column.
    let count: Int
    private let positions: Memory<Int32>
    private let fractions: Memory<UInt32>
    /// For each column, 1 divided by what a cell covers, in 1/256 of a source sample.
    let reciprocals: Memory<Float>

    /// - Parameters:
    ///   - source: samples of a row of the source, 1...``PictureView/longestSide``, which sums of 32 bits rely on.
    ///   - columns: cells in a row, at least 1.
    ///   - padded: the columns that are read, at least `columns`; those beyond the last are like the last.
    ///   - places: where edges are in a cell, in eighths or the like: `0...parts`.
    init(source: Int, columns: Int, padded: Int, places: [Int], parts: Int) {
        func position(_ column: Int, _ place: Int) -> Int { (parts * column + place) * source * 65_536 / (parts * columns) }
        let cells = (0..<padded).map { min($0, columns - 1) }
        let edges = places.flatMap { place in cells.map { position($0, place) } }
        count = edges.count
        positions = Memory(edges.map { Int32($0 / 65_536) })
        fractions = Memory(edges.map { UInt32($0 % 65_536) })
        reciprocals = Memory(cells.map { 256 / Float(max(1, position($0, parts) - position($0, 0))) })
    }

    /// Reads the sums of a blended row of `width` samples.
    @inline(__always)
    func read(_ row: UnsafePointer<UInt16>, width: Int, prefix: UnsafeMutablePointer<UInt32>, into edges: UnsafeMutablePointer<Int32>) {
        tv_edges(row, Int32(width), positions.base, fractions.base, Int32(count), prefix, edges)
    }
}
