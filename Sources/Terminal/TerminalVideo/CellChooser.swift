import CTerminalVideo

/// Says which cells are wanted for the glyphs and colours that were found, in the colours that there are.
struct CellChooser {
    let colours: ColourMode
    let table: GlyphTable
    /// Whether shades may mix colours.
    let hasShades: Bool

    /// The variance, in squared levels, at which a difference counts half: in a busy cell it is seen less (as SSIM has it, with its C2 of 58).
    private static let masking: Float = 40
    /// The same where only the glyph is chosen, for squared shares of white.
    private static let fixedWeight: Float = 2.4

    /// Takes the row that `sampler` has loaded, as far as it is within `count` cells from `start` on.
    func choose(_ sampler: CellSampler, into cells: CellStates, start: Int, count: Int, row: Int) {
        switch colours {
        case .monochrome:
            for column in 0..<count {
                let glyph = Int(sampler.row.glyph[column])
                want(
                    Cell(glyph: table.glyphs.base[glyph]), glyph: glyph, at: start &+ column, in: cells, excess: sampler.row.excess[column],
                    weight: Self.fixedWeight, gain: 0)
            }
        case .truecolor:
            for column in 0..<count {
                let glyph = Int(sampler.row.glyph[column])
                let foreground = sampler.row.foreground[column]
                let background = sampler.row.background[column]
                let isFlat = glyph == 0 || foreground == background
                let cell =
                    isFlat
                    ? Cell(background: background)
                    : Cell(glyph: table.glyphs.base[glyph], foreground: foreground, background: background)
                let gain = sampler.row.gain[column]
                want(
                    cell, glyph: isFlat ? 0 : glyph, at: start &+ column, in: cells,
                    excess: sampler.row.excess[column] - sampler.row.loss[column],
                    weight: 1 / (max(gain, 0) + Self.masking), gain: gain)
            }
        case .indexed256: choose256(sampler, into: cells, start: start, count: count)
        case .ansi16:
            chooseFew(sampler, into: cells, start: start, count: count, row: row, nearest: Palette.nearest16, mixes: Palette.mixes16)
        case .ansi8: chooseFew(sampler, into: cells, start: start, count: count, row: row, nearest: Palette.nearest8, mixes: Palette.mixes8)
        }
    }

    /// - Parameters:
    ///   - excess: in squared levels.
    ///   - gain: the same.
    @inline(__always)
    private func want(_ cell: Cell, glyph: Int, at index: Int, in cells: CellStates, excess: Float, weight: Float, gain: Float) {
        cells.age[index] = cell == cells.wanted[index] ? min(cells.age[index], 254) &+ 1 : 0
        cells.wanted[index] = cell
        cells.wantedGlyph[index] = UInt8(truncatingIfNeeded: glyph)
        cells.weight[index] = weight
        cells.gain[index] = gain * weight
        cells.excess[index] = cells.shown[index] == .unknown ? .infinity : max(excess * weight, 0)
    }

    private func choose256(_ sampler: CellSampler, into cells: CellStates, start: Int, count: Int) {
        let nearest = Palette.nearest256.base
        for column in 0..<count {
            var glyph = Int(sampler.row.glyph[column])
            let foreground = UInt32(nearest[Palette.key256(sampler.row.foreground[column])])
            let background = UInt32(nearest[Palette.key256(sampler.row.background[column])])
            if foreground == background { glyph = 0 }
            let cell =
                glyph == 0
                ? Cell(background: background) : Cell(glyph: table.glyphs.base[glyph], foreground: foreground, background: background)
            let gain = sampler.row.gain[column]
            let loss = loss(sampler, column, glyph: Int(sampler.row.glyph[column]), foreground: foreground, background: background)
            want(
                cell, glyph: glyph, at: start &+ column, in: cells, excess: sampler.row.excess[column] - loss,
                weight: 1 / (max(gain, 0) + Self.masking), gain: gain)
        }
    }

    /// With 8 or 16 colours: a glyph in the two nearest, or one colour mixed of two by a shade, whichever comes nearer.
    private func chooseFew(
        _ sampler: CellSampler, into cells: CellStates, start: Int, count: Int, row: Int, nearest: Memory<UInt8>,
        mixes: Memory<Palette.Mix>
    ) {
        for column in 0..<count {
            var glyph = Int(sampler.row.glyph[column])
            let gain = max(sampler.row.gain[column], 0)
            let inkRGB = sampler.row.foreground[column]
            let paperRGB = sampler.row.background[column]
            // Where shades can't mix colours, a pattern from cell to cell must.
            let offset = hasShades ? 0 : Int32(Palette.threshold(column: column, row: row) * 96)
            let foreground = UInt32(nearest.base[Palette.key(shifted(inkRGB, by: offset))])
            let background = UInt32(nearest.base[Palette.key(shifted(paperRGB, by: offset))])
            var loss = loss(sampler, column, glyph: glyph, foreground: foreground, background: background)
            if foreground == background { glyph = 0 }
            var cell =
                glyph == 0
                ? Cell(background: background) : Cell(glyph: table.glyphs.base[glyph], foreground: foreground, background: background)
            if hasShades {
                let share = table.shares.base[Int(sampler.row.glyph[column])]
                let mix = mixes.base[Palette.key(Self.mix(inkRGB, paperRGB, share: share))]
                if mix.error + gain < loss {
                    loss = mix.error + gain
                    glyph = 0
                    cell =
                        mix.share == 0
                        ? Cell(background: UInt32(mix.background))
                        : Cell(
                            glyph: Glyph.shades[Int(mix.share) - 1], foreground: UInt32(mix.foreground), background: UInt32(mix.background))
                }
            }
            want(
                cell, glyph: glyph, at: start &+ column, in: cells, excess: sampler.row.excess[column] - loss,
                weight: 1 / (gain + 4 * Self.masking), gain: gain)
        }
    }

    /// What is lost by showing the colours of a palette instead of those found, in squared levels.
    @inline(__always)
    private func loss(_ sampler: CellSampler, _ column: Int, glyph: Int, foreground: UInt32, background: UInt32) -> Float {
        let stride = Int(sampler.row.columns)
        let colours = sampler.row.colours + column
        let share = table.shares.base[glyph]
        let lights = Palette.lights.base
        let ink = Light(luma: colours[0], blue: colours[stride], red: colours[2 &* stride])
        let paper = Light(luma: colours[3 &* stride], blue: colours[4 &* stride], red: colours[5 &* stride])
        let paperLoss = (1 - share) * paper.distance(lights[Int(background)])
        return share > 0 ? paperLoss + share * ink.distance(lights[Int(foreground)]) : paperLoss
    }

    /// A colour with every channel moved by `offset`.
    @inline(__always)
    private func shifted(_ colour: UInt32, by offset: Int32) -> UInt32 {
        func channel(_ shift: UInt32) -> UInt32 {
            UInt32(min(max(Int32(bitPattern: colour >> shift & 255) &+ offset, 0), 255)) << shift
        }
        return offset == 0 ? colour : channel(16) | channel(8) | channel(0)
    }

    /// `share` of one RGB colour, the rest of another.
    @inline(__always)
    static func mix(_ ink: UInt32, _ paper: UInt32, share: Float) -> UInt32 {
        let weight = UInt32(share * 256 + 0.5)
        func channel(_ shift: UInt32) -> UInt32 {
            (((ink >> shift & 255) &* weight &+ (paper >> shift & 255) &* (256 &- weight) &+ 128) >> 8) << shift
        }
        return channel(16) | channel(8) | channel(0)
    }
}
