import TerminalVideo
import TestEmulators
import Testing

/// The glyph and the two colours of each cell are those that leave the least error, of all there are.
@Suite struct CellChoiceTests {
    /// For each set, the samples of a cell, and every character it has.
    static let sets: [(GlyphSet, width: Int, height: Int, characters: [UInt32])] = [
        (
            .blocks, 8, 8,
            [0x20] + Array(0x2581...0x2587) + Array(0x2589...0x258F) + [0x2580, 0x2590, 0x2594, 0x2595] + Array(0x2596...0x259F)
        ),
        (.halves, 1, 2, [0x20, 0x2580, 0x2584]),
        (.sextants, 2, 3, [0x20, 0x258C, 0x2590, 0x2588] + Array(0x1FB00...0x1FB3B)),
    ]

    @Test(arguments: 0..<3)
    func nothingComesNearer(index: Int) throws {
        let (glyphs, width, height, scalars) = Self.sets[index]
        let (columns, rows) = (13, 7)
        let inks = scalars.compactMap { Unicode.Scalar($0) }.compactMap { GlyphShape.ink(of: Character($0)) }
        #expect(inks.count == scalars.count)
        for seed in 1...4 {
            var picture = Picture.noise(width: columns * width, height: rows * height, seed: UInt32(seed))
            for index in picture.luma.indices { picture.luma[index] = UInt8(16 + Int(picture.luma[index]) * 219 / 255) }
            for index in picture.blue.indices { (picture.blue[index], picture.red[index]) = (128, 128) }
            let aspect = Double(width) / Double(height)
            let pane = PicturePane(
                region: CellRect(column: 0, row: 0, columns: columns, rows: rows), style: PictureStyle(glyphs: glyphs, cellAspect: aspect))
            pane.economy = .exact
            picture.show(in: pane)
            var screen = Screen(columns: columns, rows: rows)
            screen.feed(pane.painted())
            for row in 0..<rows {
                for column in 0..<columns {
                    let samples = (0..<(width * height)).map { sample in
                        let x = column * width + sample % width
                        let y = row * height + sample / width
                        return Double(picture.luma[y * picture.stride + x])
                    }
                    let least = inks.map { Self.error(samples, width: width, height: height, ink: $0) }.min() ?? 0
                    let spot = screen[column, row]
                    let ink = try #require(GlyphShape.ink(of: spot.text))
                    let shown = samples.indices.reduce(0.0) { sum, index in
                        let colour = Self.isInked(index, width: width, height: height, ink) ? spot.foreground : spot.background
                        let light = 16 + Double((colour ?? 0) & 255) * 219 / 255
                        return sum + (samples[index] - light) * (samples[index] - light)
                    }
                    // Colours are whole numbers: each sample may be off by half a level of RGB.
                    #expect(shown <= least + Double(samples.count) * 0.3, "\(spot) at \(column),\(row)")
                }
            }
        }
    }

    static func isInked(_ sample: Int, width: Int, height: Int, _ ink: UInt64) -> Bool {
        let column = (2 * (sample % width) + 1) * 8 / (2 * width)
        let row = (2 * (sample / width) + 1) * 8 / (2 * height)
        return ink >> UInt64(8 * row + column) & 1 == 1
    }

    /// The squared error that the means of both areas leave.
    static func error(_ samples: [Double], width: Int, height: Int, ink: UInt64) -> Double {
        var parts: [Bool: [Double]] = [:]
        for (index, sample) in samples.enumerated() { parts[isInked(index, width: width, height: height, ink), default: []].append(sample) }
        return parts.values.reduce(0) { sum, values in
            let mean = values.reduce(0, +) / Double(values.count)
            return sum + values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        }
    }

    /// With few colours, the light of a picture survives as a whole, and a tone that no colour has is mixed.
    @Test(arguments: [ColourMode.ansi8, .ansi16])
    func fewColoursAreMixed(colours: ColourMode) {
        let pane = PicturePane(
            region: CellRect(column: 0, row: 0, columns: 20, rows: 10), style: PictureStyle(glyphs: .blocks, colours: colours))
        pane.economy = .exact
        Picture(width: 40, height: 40) { _, _ in 90 }.show(in: pane)
        var screen = Screen(columns: 20, rows: 10)
        screen.feed(pane.painted())
        #expect(screen.spots.contains { "░▒▓".contains($0.text) })
    }
}
