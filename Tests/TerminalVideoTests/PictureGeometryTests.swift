import TerminalVideo
import Testing

@Suite struct PictureGeometryTests {
    @Test func planesTooSmallAreRefused() {
        let plane = [UInt8](repeating: 0, count: 100)
        plane.withUnsafeBufferPointer { plane in
            func view(_ width: Int, _ height: Int, _ lumaStride: Int, _ chromaStride: Int) -> PictureView? {
                PictureView(
                    width: width, height: height, luma: plane, lumaStride: lumaStride, blue: plane, red: plane, chromaStride: chromaStride)
            }
            #expect(view(10, 10, 10, 5) != nil)
            #expect(view(11, 10, 11, 6) == nil)
            #expect(view(10, 10, 9, 5) == nil)
            #expect(view(10, 10, 10, 4) == nil)
            #expect(view(0, 10, 10, 5) == nil)
            #expect(view(10, -1, 10, 5) == nil)
            #expect(view(10, 10, .max, 5) == nil)
            #expect(view(1, 20_000, 1, 1) == nil)
        }
    }

    @Test(arguments: [(64, 48), (33, 17), (24, 18), (640, 480), (5, 300), (1280, 7)])
    func scalingKeepsTheMean(width: Int, height: Int) {
        // A flat picture stays flat at any size and stride: no edge, rounding or padding leaks in.
        for value: UInt8 in [16, 90, 235] {
            for columns in [1, 7, 40, 120] {
                let region = CellRect(column: 0, row: 0, columns: columns, rows: 9)
                let pane = PicturePane(region: region, style: PictureStyle(cellAspect: 0.5))
                pane.economy = .exact
                Picture(width: width, height: height, padding: 13) { _, _ in value }.show(in: pane)
                var screen = Screen(columns: columns, rows: 9)
                screen.feed(pane.painted())
                let grey = UInt32((298 * (Int(value) - 16) + 128) >> 8)
                // Rounding may show where less than a sample falls on a cell.
                let nearly = width < columns ? 3 : 1
                let shown = screen.spots.compactMap(\.background) + screen.spots.compactMap(\.foreground)
                #expect(shown.allSatisfy { abs(Int($0 & 255) - Int(grey)) <= nearly && $0 == ($0 & 255) * 0x01_0101 })
                #expect(!shown.isEmpty)
            }
        }
    }

    @Test func aCellIsTheMeanOfWhatItCovers() {
        // 6 x 8 pixels into 2 x 1 cells: each half covers 3 x 4 pixels.
        let picture = Picture(width: 6, height: 8) { x, y in UInt8(40 + 10 * x + 3 * y) }
        let pane = PicturePane(
            region: CellRect(column: 0, row: 0, columns: 2, rows: 1), style: PictureStyle(glyphs: .halves, cellAspect: 0.375))
        picture.show(in: pane)
        #expect(pane.pictureRect?.columns == 2)
        var screen = Screen(columns: 2, rows: 1)
        screen.feed(pane.painted())
        for column in 0..<2 {
            let halves = screen.halves(column, 0)
            for (half, top) in [(halves.upper, 0), (halves.lower, 4)] {
                let mean = 40 + 10 * (3 * Double(column) + 1) + 3 * (Double(top) + 1.5)
                let grey = (mean - 16) * 255 / 219
                #expect(abs(Double((half ?? 0) & 255) - grey) <= 1)
            }
        }
    }

    @Test(arguments: [
        (640, 480, 0.5, CellRect(column: 6, row: 0, columns: 107, rows: 40)),
        (480, 640, 0.5, CellRect(column: 30, row: 0, columns: 60, rows: 40)),
        (1280, 720, 0.5, CellRect(column: 0, row: 3, columns: 120, rows: 34)),
        (640, 480, 1, CellRect(column: 33, row: 0, columns: 53, rows: 40)),
    ])
    func picturesFitUndistorted(width: Int, height: Int, aspect: Double, expected: CellRect) {
        let region = CellRect(column: 0, row: 0, columns: 120, rows: 40)
        #expect(region.fitting(width: width, height: height, cellAspect: aspect) == expected)
    }

    @Test func nonsenseAspectsStillShowSomething() {
        let region = CellRect(column: 0, row: 0, columns: 80, rows: 24)
        for aspect in [0, -1, Double.nan, .infinity, 1e300] {
            #expect(!region.fitting(width: 16_383, height: 1, cellAspect: aspect).isEmpty)
        }
    }

    @Test func coloursAreBT601() {
        // Pure red, green and blue of BT.601 (235, 81 90 240; 145 54 34; 41 240 110), to within rounding.
        for (y, u, v, expected) in [(81, 90, 240, 0xFF0000), (145, 54, 34, 0x00FF00), (41, 240, 110, 0x0000FF)]
            as [(UInt8, UInt8, UInt8, Int)]
        {
            var picture = Picture(width: 8, height: 8) { _, _ in y }
            for index in picture.blue.indices {
                picture.blue[index] = u
                picture.red[index] = v
            }
            let pane = PicturePane(region: CellRect(column: 0, row: 0, columns: 4, rows: 2), style: PictureStyle())
            picture.show(in: pane)
            var screen = Screen(columns: 4, rows: 2)
            screen.feed(pane.painted())
            let shown = Int(screen[1, 1].background ?? 0)
            for shift in [0, 8, 16] {
                #expect(abs((shown >> shift & 255) - (expected >> shift & 255)) <= 2)
            }
        }
    }
}
