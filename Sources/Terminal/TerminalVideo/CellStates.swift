/// What a pane knows of its cells, row by row: what they should show, what the screen shows, and what the difference is worth.
final class CellStates {
    let count: Int
    let wanted: UnsafeMutablePointer<Cell>
    let shown: UnsafeMutablePointer<Cell>
    /// The glyphs in the table of the glyph set, of what is wanted and of what is shown.
    let wantedGlyph: UnsafeMutablePointer<UInt8>
    let shownGlyph: UnsafeMutablePointer<UInt8>
    /// The colours shown: luma, blue and red of the ink, then of the paper, `stride` apart.
    let shownColours: UnsafeMutablePointer<Float>
    let stride: Int
    /// How much worse what is shown is than what is wanted, in squared levels times `weight`; infinite if it must be painted.
    let excess: UnsafeMutablePointer<Float>
    /// What a squared level counts: less where there is much to see.
    let weight: UnsafeMutablePointer<Float>
    /// How much two colours are better than one, times `weight`.
    let gain: UnsafeMutablePointer<Float>
    /// For how many pictures the same has been wanted, at most 255.
    let age: UnsafeMutablePointer<UInt8>
    /// Whether something else is painted over the cell at present.
    let isCovered: UnsafeMutablePointer<Bool>
    private let memory: [AnyObject]

    init(count: Int) {
        self.count = count
        // The inner loops read up to 7 cells beyond the end of a row.
        let stride = count + 8
        self.stride = stride
        let cells = Memory<Cell>(count: 2 * stride)
        let bytes = Memory<UInt8>(count: 3 * stride)
        let floats = Memory<Float>(count: 9 * stride)
        let flags = Memory<Bool>(count: stride)
        memory = [cells, bytes, floats, flags]
        wanted = cells.base
        shown = cells.base + stride
        wantedGlyph = bytes.base
        shownGlyph = bytes.base + stride
        age = bytes.base + 2 * stride
        shownColours = floats.base
        excess = floats.base + 6 * stride
        weight = excess + stride
        gain = weight + stride
        isCovered = flags.base
        for index in 0..<count {
            clear(index)
            forget(index)
        }
    }

    /// Wants a cell empty.
    func clear(_ index: Int) {
        wanted[index] = .empty
        wantedGlyph[index] = 0
        weight[index] = 0
        gain[index] = 0
        age[index] = 0
        excess[index] = shown[index] == .empty ? 0 : .infinity
    }

    /// Says that it is not known what the screen shows.
    func forget(_ index: Int) {
        shown[index] = .unknown
        shownGlyph[index] = 0
        excess[index] = .infinity
    }
}
