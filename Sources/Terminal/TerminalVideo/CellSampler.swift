import CTerminalVideo

/// Takes the samples of a picture that its cells are chosen by, one row of cells after the other, straight from the planes.
///
/// It is made for one size of picture and of cells; its memory is kept.
final class CellSampler {
    let columns: Int
    let rows: Int
    let table: GlyphTable
    let width: Int
    let height: Int
    /// What is known of the row loaded last.
    private(set) var row: tv_row
    private let lumaRows: AreaRows
    private let lumaEdges: AreaEdges
    /// For blocks, the edges at every eighth; `lumaEdges` are those of whole cells then.
    private let eighths: AreaEdges
    private let chromaRows: AreaRows
    private let chromaEdges: AreaEdges
    private let blended: Memory<UInt16>
    private let prefix: Memory<UInt32>
    private let edges: Memory<Int32>
    private let floats: Memory<Float>
    private let integers: Memory<UInt32>
    private let padded: Int
    private let blendedStride: Int

    init(_ picture: PictureView, columns: Int, rows: Int, table: GlyphTable) {
        self.columns = columns
        self.rows = rows
        self.table = table
        width = picture.width
        height = picture.height
        let padded = (columns + 7) & ~7
        self.padded = padded
        lumaRows = AreaRows(source: height, result: rows * table.down)
        lumaEdges = AreaEdges(
            source: width, columns: columns, padded: padded, places: Array(0...table.across), parts: table.across)
        eighths = AreaEdges(source: width, columns: columns, padded: padded, places: Array(0...8), parts: 8)
        chromaRows = AreaRows(source: picture.chromaHeight, result: rows * 2)
        chromaEdges = AreaEdges(source: picture.chromaWidth, columns: columns, padded: padded, places: [0, 1, 2], parts: 2)
        // One more behind the end of each row, which edges at the end read.
        blendedStride = width + 8
        blended = Memory(count: 10 * blendedStride)
        prefix = Memory(count: width + 1)
        edges = Memory(count: (16 + 18) * padded)
        let samples = max(table.isBlocks ? table.count : 0, 8)
        floats = Memory(count: (samples + 8 + 6 + 6) * padded)
        integers = Memory(count: 3 * padded)
        var next = floats.base
        func take(_ count: Int) -> UnsafeMutablePointer<Float> {
            defer { next += count * padded }
            return next
        }
        row = tv_row(
            columns: Int32(padded), samples: take(samples), blue: take(4), red: take(4), total: take(1),
            glyph: UnsafeMutableRawPointer(integers.base).assumingMemoryBound(to: Int32.self), ink: take(1), gain: take(1),
            colours: take(6), foreground: integers.base + padded, background: integers.base + 2 * padded, loss: take(1), shownInk: take(1),
            excess: take(1))
    }

    func suits(_ picture: PictureView, columns: Int, rows: Int, table: GlyphTable) -> Bool {
        width == picture.width && height == picture.height && self.columns == columns && self.rows == rows && self.table === table
    }

    /// Finds glyphs and colours for a row of cells.
    func load(_ index: Int, of picture: PictureView) {
        guard let luma = picture.luma.baseAddress, let blue = picture.blue.baseAddress, let red = picture.red.baseAddress else { return }
        if table.isBlocks {
            loadBlocks(index, luma: luma, stride: picture.lumaStride)
        } else {
            loadSamples(index, luma: luma, stride: picture.lumaStride)
        }
        if table.isFixed { return }
        for half in 0..<2 {
            let chroma = (2 * index + half, 2 * half * padded)
            loadChroma(blue, picture: picture, row: chroma.0, into: row.blue + chroma.1)
            loadChroma(red, picture: picture, row: chroma.0, into: row.red + chroma.1)
        }
        withUnsafePointer(to: table.native) { tv_colours(&row, $0, Light.chromaWeight) }
    }

    private func loadBlocks(_ index: Int, luma: UnsafePointer<UInt8>, stride: Int) {
        for strip in 0..<8 {
            let sums = blended.base + strip &* blendedStride
            lumaRows.blend(luma, stride: stride, width: width, row: 8 &* index &+ strip, into: sums)
            lumaEdges.read(sums, width: width, prefix: prefix.base, into: edges.base + 2 &* strip &* padded)
        }
        for half in 0..<2 {
            let mean = blended.base + (8 &+ half) &* blendedStride
            tv_mean4(blended.base + 4 &* half &* blendedStride, blendedStride, Int32(width), mean)
            eighths.read(mean, width: width, prefix: prefix.base, into: edges.base + (16 &+ 9 &* half) &* padded)
        }
        tv_search_blocks(&row, edges.base, edges.base + 16 &* padded, edges.base + 25 &* padded, lumaEdges.reciprocals.base)
    }

    private func loadSamples(_ index: Int, luma: UnsafePointer<UInt8>, stride: Int) {
        let across = table.across
        for strip in 0..<table.down {
            lumaRows.blend(luma, stride: stride, width: width, row: table.down &* index &+ strip, into: blended.base)
            lumaEdges.read(blended.base, width: width, prefix: prefix.base, into: edges.base)
            tv_means(edges.base, Int32(padded), Int32(across), lumaEdges.reciprocals.base, row.samples + strip &* across &* padded)
        }
        withUnsafePointer(to: table.native) {
            if table.isFixed {
                dither(index)
                tv_search_fixed(&row, $0)
            } else {
                tv_search_masks(&row, $0)
            }
        }
    }

    private func loadChroma(_ plane: UnsafePointer<UInt8>, picture: PictureView, row: Int, into means: UnsafeMutablePointer<Float>) {
        chromaRows.blend(plane, stride: picture.chromaStride, width: picture.chromaWidth, row: row, into: blended.base)
        chromaEdges.read(blended.base, width: picture.chromaWidth, prefix: prefix.base, into: edges.base)
        tv_chroma(edges.base, Int32(padded), chromaEdges.reciprocals.base, means)
    }

    /// Turns the samples into shares of white, moved by a fixed pattern.
    private func dither(_ index: Int) {
        for sample in 0..<(table.across &* table.down) {
            let line = table.down &* index &+ sample / table.across
            let samples = row.samples + sample &* padded
            for column in 0..<padded {
                let threshold = Palette.threshold(column: table.across &* column &+ sample % table.across, row: line)
                samples[column] = (samples[column] - 16) * (1 / 219) + threshold * table.dither
            }
        }
    }

    /// Finds how much worse the shown cells are than the best.
    ///
    /// - Parameters:
    ///   - shown: the glyphs of the row's cells in the table.
    ///   - colours: their colours as luma, blue and red, first of the ink, then of the paper, `stride` apart.
    func compare(shown: UnsafePointer<UInt8>, colours: UnsafePointer<Float>, stride: Int) {
        withUnsafePointer(to: table.native) {
            if table.isBlocks { tv_shown_blocks(&row, shown) } else { tv_shown_masks(&row, $0, shown) }
            if table.isFixed {
                tv_excess_fixed(&row, $0, shown)
            } else {
                tv_excess(&row, $0, shown, colours, stride, Light.chromaWeight)
            }
        }
    }
}
