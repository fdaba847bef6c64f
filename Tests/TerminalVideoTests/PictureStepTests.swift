import TerminalVideo
import Testing

@Suite struct PictureStepTests {
    /// A picture that moves: bars, a gradient, texture.
    func picture(_ frame: Int) -> Picture {
        var picture = Picture(width: 160, height: 96) { x, y in
            if y < 24 { return UInt8(60 + (x + frame * 3) % 120) }
            if x < 60 { return UInt8(30 + (x + 5 * frame) / 8 % 4 * 50) }
            return UInt8(truncatingIfNeeded: 40 + ((x + frame) * 7 + y * 13) % 150)
        }
        for index in picture.blue.indices {
            picture.blue[index] = UInt8(90 + (index + frame) % 70)
            picture.red[index] = UInt8(170 - (index + frame) % 80)
        }
        return picture
    }

    /// What fifteen pictures after the first take, painted as coarsely as there is.
    func bytes(_ step: PictureStep) -> Int {
        let pane = PicturePane(region: CellRect(column: 0, row: 0, columns: 60, rows: 20), style: step.style)
        pane.economy = PictureEconomy(tolerance: step.mostTolerance, repairRoom: 0)
        var count = 0
        for frame in 0...15 {
            picture(frame).show(in: pane)
            let painted = pane.painted().count
            if frame > 0 { count += painted }
        }
        return count
    }

    @Test(arguments: ColourMode.allCases, [GlyphSet.blocks, .halves, .ascii])
    func `Every step takes fewer bytes than the one before, and is no finer`(colours: ColourMode, glyphs: GlyphSet) {
        let chosen = PictureStyle(glyphs: glyphs, colours: colours, cellAspect: 0.4)
        let steps = PictureStep.ladder(from: chosen)
        #expect(steps.first?.style == chosen)
        #expect(steps.allSatisfy { $0.style.cellAspect == 0.4 })
        let costs = steps.map(bytes)
        for (step, (before, after)) in zip(costs, costs.dropFirst()).enumerated() {
            #expect(after < before, "step \(step + 1): \(costs)")
        }
        for (before, after) in zip(steps, steps.dropFirst()) {
            #expect(after.style.colours <= before.style.colours)
            #expect(after.enough <= before.enough)
        }
    }

    @Test func `The last step of all is characters without colours`() {
        let last = PictureStep.ladder(from: PictureStyle()).last
        #expect(last?.style == PictureStyle(glyphs: .ascii, colours: .monochrome))
    }
}
