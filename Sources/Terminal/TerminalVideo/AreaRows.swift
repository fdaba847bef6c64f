import CTerminalVideo

/// The vertical half of scaling by area: each row of the result is a mean of the source's rows that it covers.
struct AreaRows {
    let source: Int
    let result: Int
    /// For each row of the result: its first row of the source, and where its weights begin; one entry more for the end.
    private let firstRows: Memory<Int32>
    private let offsets: Memory<Int32>
    /// The weights of each row of the result add up to 256.
    private let weights: Memory<UInt16>

    /// - Parameters:
    ///   - source: rows of the source, 1...``PictureView/longestSide``.
    ///   - result: rows of the result, at least 1.
    init(source: Int, result: Int) {
        self.source = source
        self.result = result
        var firstRows: [Int32] = []
        var offsets: [Int32] = []
        var weights: [UInt16] = []
        for row in 0..<result {
            // In units of 1/result of a source row.
            let start = row * source
            let end = start + source
            firstRows.append(Int32(start / result))
            offsets.append(Int32(weights.count))
            var covered = 0
            var given = 0
            for index in (start / result)...((end - 1) / result) {
                covered += min(end, (index + 1) * result) - max(start, index * result)
                // Rounded on the running total, so that the weights add up exactly.
                let total = covered * 256 / source
                weights.append(UInt16(total - given))
                given = total
            }
        }
        offsets.append(Int32(weights.count))
        self.firstRows = Memory(firstRows)
        self.offsets = Memory(offsets)
        self.weights = Memory(weights)
    }

    /// Writes row `row` of the result, in 1/256 of the samples' levels.
    func blend(_ plane: UnsafePointer<UInt8>, stride: Int, width: Int, row: Int, into sums: UnsafeMutablePointer<UInt16>) {
        let offset = Int(offsets.base[row])
        tv_blend(
            plane + Int(firstRows.base[row]) &* stride, stride, Int32(width), weights.base + offset,
            offsets.base[row &+ 1] &- Int32(offset), sums)
    }
}
