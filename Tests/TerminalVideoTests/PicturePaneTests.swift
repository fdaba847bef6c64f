import TerminalVideo
import TestEmulators
import Testing

@Suite struct PicturePaneTests {
    let region = CellRect(column: 3, row: 2, columns: 40, rows: 12)

    /// A pane that paints every change exactly.
    func pane(_ glyphs: GlyphSet = .halves, _ colours: ColourMode = .truecolor) -> PicturePane {
        let pane = PicturePane(region: region, style: PictureStyle(glyphs: glyphs, colours: colours))
        pane.economy = .exact
        return pane
    }

    @Test func pixelsBecomeUpperAndLowerHalves() {
        // 40 x 24 pixels into 40 x 12 cells of half blocks: each pixel is shown as it is.
        let picture = Picture(width: 40, height: 24) { x, y in UInt8(16 + x * 5 + y) }
        let pane = pane()
        picture.show(in: pane)
        var screen = Screen(columns: 50, rows: 20)
        screen.feed(pane.painted())
        #expect(screen.strange.isEmpty)
        for row in 0..<12 {
            for column in 0..<40 {
                let halves = screen.halves(3 + column, 2 + row)
                for (half, y) in [(halves.upper, 2 * row), (halves.lower, 2 * row + 1)] {
                    let grey = UInt32((Double(column * 5 + y) * 255 / 219).rounded())
                    #expect(half == grey << 16 | grey << 8 | grey)
                }
            }
        }
        #expect(screen[2, 2].text == "?")
        #expect(screen[43, 2].text == "?")
        #expect(screen[3, 14].text == "?")
    }

    @Test(arguments: ColourMode.allCases)
    func everyChangeReachesTheScreen(colours: ColourMode) {
        for glyphs in GlyphSet.allCases where !glyphs.isPixels {
            let pane = pane(glyphs, colours)
            var screen = Screen(columns: 50, rows: 20)
            for seed in 1...4 {
                // The lower half stands still, so that there are gaps to skip.
                let still = Picture.noise(width: 64, height: 48, seed: 9)
                var picture = Picture.noise(width: 64, height: 48, seed: UInt32(seed))
                picture.luma[1024...] = still.luma[1024...]
                picture.blue[256...] = still.blue[256...]
                picture.red[256...] = still.red[256...]
                picture.show(in: pane)
                screen.feed(pane.painted())

                let fresh = self.pane(glyphs, colours)
                picture.show(in: fresh)
                var expected = Screen(columns: 50, rows: 20)
                expected.feed(fresh.painted())
                for row in 0..<20 {
                    for column in 0..<50 {
                        #expect(screen.look(column, row) == expected.look(column, row))
                    }
                }
                #expect(screen.strange.isEmpty)
            }
        }
    }

    @Test func aStillPictureCostsNothing() {
        let pane = pane()
        let picture = Picture.noise(width: 64, height: 48, seed: 1)
        picture.show(in: pane)
        #expect(!pane.painted().isEmpty)
        picture.show(in: pane)
        #expect(pane.painted().isEmpty)
        #expect(pane.cellsPainted == 0)
        #expect(pane.lastPaint.isExact)
    }

    @Test func oneChangedCellIsWrittenAlone() {
        let pane = pane()
        var picture = Picture(width: 40, height: 24) { _, _ in 90 }
        picture.show(in: pane)
        _ = pane.painted()
        picture.luma[5 * picture.stride + 7] = 200
        picture.show(in: pane)
        var screen = Screen(columns: 50, rows: 20)
        screen.feed(pane.painted())
        #expect(screen.writes == 1)
        #expect(screen[10, 4].text != "?")
    }

    @Test func thePictureKeepsItsShapeBetweenBlankMargins() {
        let pane = pane()
        Picture(width: 32, height: 32) { _, _ in 200 }.show(in: pane)
        var screen = Screen(columns: 50, rows: 20)
        screen.feed(pane.painted())
        // 12 rows of 1:2 cells are as high as 24 columns are wide.
        #expect(pane.pictureRect == CellRect(column: 11, row: 2, columns: 24, rows: 12))
        #expect(screen[10, 5] == Screen.Spot())
        #expect(screen[11, 5].background == 0xD6_D6D6)
        #expect(screen[34, 5].background == 0xD6_D6D6)
        #expect(screen[35, 5] == Screen.Spot())
    }

    @Test func overlaysAreSparedAndThenUncovered() {
        let pane = pane()
        let overlay = CellRect(column: 0, row: 4, columns: 10, rows: 3)
        Picture(width: 40, height: 24) { _, _ in 90 }.show(in: pane)
        var screen = Screen(columns: 50, rows: 20)
        screen.feed(pane.painted())
        pane.setCovered([overlay])
        Picture(width: 40, height: 24) { _, _ in 120 }.show(in: pane)
        var during = screen
        during.feed(pane.painted())
        #expect(during[9, 5] == screen[9, 5])
        #expect(during[10, 5] != screen[10, 5])
        pane.setCovered([])
        let painted = pane.painted()
        during.feed(painted)
        #expect(during[9, 5] == during[10, 5])
        #expect(pane.cellsPainted == 7 * 3)
    }

    @Test func aLimitDelaysRowsButNeverLosesThem() {
        let pane = pane()
        let picture = Picture.noise(width: 80, height: 60, seed: 3)
        picture.show(in: pane)
        var screen = Screen(columns: 50, rows: 20)
        var stream = PictureStream()
        var rounds = 0
        var isComplete = false
        while !isComplete, rounds < 100 {
            stream.removeAll()
            isComplete = pane.paint(into: &stream, limit: 1000)
            stream.close()
            #expect(stream.bytes.count < 4000)
            screen.feed(stream.bytes)
            rounds += 1
        }
        #expect(rounds > 3)
        let whole = self.pane()
        picture.show(in: whole)
        var expected = Screen(columns: 50, rows: 20)
        expected.feed(whole.painted())
        #expect(screen.spots.map(\.text) == expected.spots.map(\.text))
    }

    @Test func cursorAndColoursAreGivenBack() {
        let pane = pane()
        Picture.noise(width: 64, height: 48, seed: 1).show(in: pane)
        let bytes = pane.painted()
        #expect(bytes.starts(with: Array("\u{1B}7\u{1B}[0m".utf8)))
        #expect(bytes.suffix(2) == Array("\u{1B}8".utf8)[...])
    }

    @Test func asciiModeWritesAsciiOnly() {
        let pane = pane(.ascii, .monochrome)
        Picture(width: 40, height: 24) { x, _ in UInt8(16 + x * 5) }.show(in: pane)
        let bytes = pane.painted()
        #expect(bytes.allSatisfy { $0 < 0x80 })
        #expect(!bytes.dropFirst(6).contains(UInt8(ascii: "m")))
        var screen = Screen(columns: 50, rows: 20)
        screen.feed(bytes)
        // Darker on the left, lighter on the right, as far as the ink of characters goes.
        #expect(screen.line(5).dropFirst(3).hasPrefix(" "))
        #expect("WMO0".contains(screen[42, 5].text))
    }

    @Test func emptyAndTinyRegionsDoNoHarm() {
        for (columns, rows) in [(0, 0), (1, 0), (0, 5), (1, 1), (2, 1)] {
            for glyphs in GlyphSet.allCases where !glyphs.isPixels {
                let pane = PicturePane(
                    region: CellRect(column: 0, row: 0, columns: columns, rows: rows), style: PictureStyle(glyphs: glyphs))
                Picture.noise(width: 33, height: 17, seed: 2).show(in: pane)
                var screen = Screen(columns: max(1, columns), rows: max(1, rows))
                screen.feed(pane.painted())
                #expect(screen.writes == columns * rows)
            }
        }
    }

    @Test func aChangeOfColoursRepaintsAll() {
        let pane = pane()
        let picture = Picture.noise(width: 64, height: 48, seed: 5)
        picture.show(in: pane)
        _ = pane.painted()
        pane.setStyle(PictureStyle(glyphs: .halves, colours: .indexed256))
        picture.show(in: pane)
        var screen = Screen(columns: 50, rows: 20)
        screen.feed(pane.painted())
        #expect(screen.writes == 40 * 12)
        #expect(screen.spots.allSatisfy { ($0.foreground ?? 0) < 256 && ($0.background ?? 0) < 256 })
    }
}
