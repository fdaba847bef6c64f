import TerminalVideo
import Testing

/// What is written is what is worth its bytes.
@Suite struct EconomyTests {
    func pane(_ colours: ColourMode = .truecolor) -> PicturePane {
        PicturePane(region: CellRect(column: 0, row: 0, columns: 40, rows: 12), style: PictureStyle(colours: colours))
    }

    /// Edges and texture with a little noise, as a camera has.
    func scene(noise: UInt32) -> Picture {
        var state = noise &* 2_654_435_761 &+ 1
        return Picture(width: 160, height: 96) { x, y in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(60 + (x / 23 + y / 17) % 3 * 50 + Int(state >> 30))
        }
    }

    @Test(arguments: ColourMode.allCases)
    func aStillPictureBecomesExactWithinASecondAndThenCostsNothing(colours: ColourMode) {
        let pane = pane(colours)
        let picture = Picture.noise(width: 80, height: 48, seed: 3)
        var exactAfter: Int?
        for count in 1...15 where exactAfter == nil {
            picture.show(in: pane)
            _ = pane.painted()
            if pane.lastPaint.isExact { exactAfter = count }
        }
        #expect(exactAfter != nil)
        for _ in 0..<3 {
            picture.show(in: pane)
            #expect(pane.painted().isEmpty)
            #expect(pane.lastPaint.isExact)
        }
        // Exact is what a pane shows that knows no tolerance.
        let exact = self.pane(colours)
        exact.economy = .exact
        picture.show(in: exact)
        _ = exact.painted()
        for row in 0..<12 {
            for column in 0..<40 { #expect(pane.shownCell(column: column, row: row) == exact.shownCell(column: column, row: row)) }
        }
    }

    @Test func noiseIsLeftAlone() {
        let pane = pane()
        scene(noise: 0).show(in: pane)
        let first = pane.painted().count
        var bytes = 0
        for noise in 1...10 {
            scene(noise: UInt32(noise)).show(in: pane)
            bytes += pane.painted().count
        }
        // Ten pictures of it take less than two as the first.
        #expect(bytes < 2 * first)
        // What changes plainly is written at once.
        Picture(width: 160, height: 96) { _, _ in 200 }.show(in: pane)
        _ = pane.painted()
        #expect(pane.lastPaint.cells > 400)
    }

    @Test func repairsKeepToTheirRoom() {
        let pane = pane()
        pane.economy.repairRoom = 600
        let picture = Picture.noise(width: 80, height: 48, seed: 3)
        picture.show(in: pane)
        _ = pane.painted()
        for _ in 0..<3 {
            picture.show(in: pane)
            let bytes = pane.painted().count
            #expect(bytes < 800)
        }
        pane.economy.repairRoom = 0
        picture.show(in: pane)
        #expect(pane.painted().isEmpty)
        #expect(!pane.lastPaint.isExact)
    }

    @Test func aBudgetRaisesTheToleranceAndGivesItBack() {
        let pane = pane()
        pane.economy.byteBudget = 1500
        var sizes: [Int] = []
        for seed in 1...30 {
            Picture.noise(width: 80, height: 48, seed: UInt32(seed)).show(in: pane)
            sizes.append(pane.painted().count)
        }
        #expect(pane.tolerance > 1)
        // Each, not only on the average: what a line takes late is seen late.
        #expect(sizes.dropFirst(5).allSatisfy { (500...2100).contains($0) }, "\(sizes)")
        for _ in 0..<60 {
            scene(noise: 1).show(in: pane)
            _ = pane.painted()
        }
        #expect(pane.tolerance == 1)
    }

    @Test func aLessTolerantPaneIsNearer() {
        var last = Int.max
        for tolerance in [0.5, 2, 8] {
            let pane = pane()
            pane.economy.tolerance = tolerance
            var bytes = 0
            for seed in 1...5 {
                var picture = scene(noise: UInt32(seed))
                for index in picture.luma.indices where index % 7 == 0 { picture.luma[index] &+= UInt8(seed * 4) }
                picture.show(in: pane)
                bytes += pane.painted().count
            }
            #expect(bytes < last)
            last = bytes
        }
    }
}
