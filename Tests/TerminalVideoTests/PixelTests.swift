import TerminalVideo
import Testing

/// Pictures in pixels, by kitty's graphics protocol: what was written, read again, is the picture that was meant.
@Suite struct PixelTests {
    func pane(columns: Int = 40, rows: Int = 15) -> PicturePane {
        PicturePane(region: CellRect(column: 3, row: 2, columns: columns, rows: rows), style: PictureStyle(glyphs: .kitty))
    }

    func picture(_ shift: Int = 0) -> Picture {
        var picture = Picture(width: 160, height: 120) { x, y in UInt8(40 + (x + shift) % 160 + y / 3) }
        for index in picture.blue.indices {
            picture.blue[index] = UInt8(100 + index % 40)
            picture.red[index] = UInt8(150 - index / 80 % 40)
        }
        return picture
    }

    /// The largest difference, in levels, between what lies on the screen and the picture; nil where there is none.
    func difference(_ screen: KittyScreen, _ picture: Picture, in rect: CellRect) -> Int {
        var worst = 0
        for image in screen.images.values {
            for y in 0..<image.height {
                for x in 0..<image.width {
                    let sourceX =
                        ((image.column - rect.column) * image.width / image.columns + x) * picture.width
                        / (rect.columns * image.width / image.columns)
                    let down = image.height / image.rows
                    let sourceY = ((image.row - rect.row) * down + y) * picture.height / (rect.rows * down)
                    let chroma = sourceY / 2 * ((picture.width + 1) / 2) + sourceX / 2
                    let light = 1.164 * (Double(picture.luma[sourceY * picture.width + sourceX]) - 16)
                    let (u, v) = (Double(picture.blue[chroma]) - 128, Double(picture.red[chroma]) - 128)
                    let meant = [light + 1.596 * v, light - 0.392 * u - 0.813 * v, light + 2.017 * u]
                    for channel in 0..<3 {
                        let shown = Int(image.pixels[(y * image.width + x) * 3 + channel])
                        worst = max(worst, abs(shown - Int(min(max(meant[channel], 0), 255).rounded())))
                    }
                }
            }
        }
        return worst
    }

    @Test func `The pixels are the picture's, in every strip`() throws {
        let pane = pane()
        var screen = KittyScreen()
        picture().show(in: pane)
        screen.feed(pane.painted())
        #expect(screen.faults.isEmpty, "\(screen.faults.prefix(3))")
        let rect = try #require(pane.pictureRect)
        #expect(screen.images.count == (rect.rows + 1) / 2)
        #expect(Set(screen.images.values.flatMap { $0.row..<($0.row + $0.rows) }) == Set(rect.row..<rect.endRow))
        #expect(screen.images.values.allSatisfy { $0.column == rect.column && $0.columns == rect.columns })
        // A pixel that stands for several of the source's is their mean.
        #expect(difference(screen, picture(), in: rect) <= 6)
        #expect(pane.lastPaint.isExact)
        picture().show(in: pane)
        #expect(pane.painted().isEmpty)
        // What changes is sent again, in the same place.
        picture(60).show(in: pane)
        screen.feed(pane.painted())
        #expect(screen.images.count == (rect.rows + 1) / 2)
        #expect(difference(screen, picture(60), in: rect) <= 6)
    }

    @Test func `Nothing lies under what covers the picture, and it comes back`() throws {
        let pane = pane()
        var screen = KittyScreen()
        picture().show(in: pane)
        screen.feed(pane.painted())
        let rect = try #require(pane.pictureRect)
        let cover = CellRect(column: rect.column + 5, row: rect.row + 2, columns: 10, rows: 4)
        pane.setCovered([cover])
        #expect(pane.isUnfinished)
        picture().show(in: pane)
        screen.feed(pane.painted())
        for image in screen.images.values {
            let place = CellRect(column: image.column, row: image.row, columns: image.columns, rows: image.rows)
            #expect(place.intersection(cover).isEmpty)
        }
        #expect(screen.images.values.reduce(0) { $0 + $1.columns * $1.rows } == rect.columns * rect.rows - cover.columns * cover.rows)
        #expect(difference(screen, picture(), in: rect) <= 6)
        pane.setCovered([])
        picture().show(in: pane)
        screen.feed(pane.painted())
        #expect(screen.images.count == (rect.rows + 1) / 2)
        #expect(screen.faults.isEmpty, "\(screen.faults.prefix(3))")
    }

    @Test func `Moved, cleared, or drawn in characters, no image is left`() {
        for change in 0..<3 {
            let pane = pane()
            var screen = KittyScreen()
            picture().show(in: pane)
            screen.feed(pane.painted())
            switch change {
            case 0: pane.move(to: CellRect(column: 0, row: 0, columns: 0, rows: 0))
            case 1: pane.clear()
            default: pane.setStyle(PictureStyle(glyphs: .blocks))
            }
            #expect(pane.isUnfinished)
            screen.feed(pane.painted())
            #expect(screen.images.isEmpty)
            #expect(!pane.isUnfinished)
        }
    }

    @Test func `Parts end at any strip, and a budget takes detail until a picture fits`() {
        let pane = pane()
        pane.economy.byteBudget = 8000
        var sizes: [Int] = []
        for shift in 0..<40 {
            picture(shift * 7).show(in: pane)
            var size = 0
            var stream = PictureStream()
            repeat {
                stream.removeAll()
                pane.paint(into: &stream, limit: 1000)
                stream.close()
                size += stream.bytes.count
                // A strip is begun within the limit.
                #expect(stream.bytes.count < 8000)
            } while pane.isUnfinished
            sizes.append(size)
        }
        #expect(sizes[0] > 16_000)
        #expect(sizes.suffix(10).allSatisfy { (3000...9000).contains($0) }, "\(sizes)")
        #expect(pane.tolerance > 1)
    }
}
