import TerminalVideo
import Testing

/// Pictures in sixels: what was written, decoded by libsixel, is the picture that was meant.
@Suite struct SixelTests {
    static let region = CellRect(column: 3, row: 2, columns: 40, rows: 15)

    func pane(_ format: SixelFormat = SixelFormat()) -> PicturePane {
        PicturePane(
            region: Self.region,
            style: PictureStyle(
                glyphs: .sixel, cellAspect: Double(format.cellWidth) / Double(format.cellHeight), sixel: format))
    }

    func screen(_ format: SixelFormat = SixelFormat()) -> SixelScreen { SixelScreen(columns: 50, rows: 20, format: format) }

    func picture(_ shift: Int = 0) -> Picture {
        var picture = Picture(width: 400, height: 300) { x, y in UInt8(40 + (x + shift) / 4 % 120 + y / 4) }
        for index in picture.blue.indices {
            picture.blue[index] = UInt8(100 + index % 200 / 4)
            picture.red[index] = UInt8(150 - index / 800 % 40)
        }
        return picture
    }

    /// What is meant at a pixel of the picture's place, which has `size` pixels.
    func meant(_ picture: Picture, _ x: Int, _ y: Int, of size: (width: Int, height: Int)) -> [Double] {
        let (x, y) = (x * picture.width / size.width, y * picture.height / size.height)
        let chroma = y / 2 * ((picture.width + 1) / 2) + x / 2
        let light = 1.164 * (Double(picture.luma[y * picture.width + x]) - 16)
        let (u, v) = (Double(picture.blue[chroma]) - 128, Double(picture.red[chroma]) - 128)
        return [light + 1.596 * v, light - 0.392 * u - 0.813 * v, light + 2.017 * u].map { min(max($0, 0), 255) }
    }

    /// The largest difference, in levels, between the picture and the means of squares of 8 by 8 pixels on the screen: between these, dithering
    /// mixes. Squares without a picture in them are left out.
    func difference(_ screen: SixelScreen, _ picture: Picture, in rect: CellRect) -> Double {
        let size = (width: rect.columns * screen.format.cellWidth, height: rect.rows * screen.format.cellHeight)
        let (left, top) = (rect.column * screen.format.cellWidth, rect.row * screen.format.cellHeight)
        var worst = 0.0
        for y in stride(from: 0, through: size.height - 8, by: 8) {
            for x in stride(from: 0, through: size.width - 8, by: 8) {
                var sums = [0.0, 0.0, 0.0]
                for place in 0..<64 {
                    let (x, y) = (x + place % 8, y + place / 8)
                    guard let pixel = screen.pixels[(top + y) * screen.width + left + x] else {
                        sums = []
                        break
                    }
                    let wanted = meant(picture, x, y, of: size)
                    for channel in 0..<3 { sums[channel] += Double(pixel >> (16 - 8 * UInt32(channel)) & 255) - wanted[channel] }
                }
                worst = sums.reduce(worst) { max($0, abs($1) / 64) }
            }
        }
        return worst
    }

    func pixels(_ rect: CellRect, _ format: SixelFormat) -> Int { rect.columns * format.cellWidth * rect.rows * format.cellHeight }

    @Test(arguments: [(10, 20), (8, 16), (6, 13), (9, 18), (7, 17)])
    func `The pixels are the picture's, in every strip`(width: Int, height: Int) throws {
        let format = SixelFormat(cellWidth: width, cellHeight: height)
        let pane = pane(format)
        var screen = screen(format)
        picture().show(in: pane)
        screen.feed(pane.painted())
        #expect(screen.faults.isEmpty, "\(screen.faults.prefix(3))")
        let rect = try #require(pane.pictureRect)
        #expect(screen.filled(rect) == pixels(rect, format))
        #expect(screen.pixels.count { $0 != nil } == pixels(rect, format))
        #expect(difference(screen, picture(), in: rect) < 12, "\(difference(screen, picture(), in: rect))")
        // Only the last image may end within a sixel.
        #expect(screen.images.dropLast().allSatisfy { $0.height % 6 == 0 })
        #expect(pane.lastPaint.isExact)
        picture().show(in: pane)
        #expect(pane.painted().isEmpty)
        picture(60).show(in: pane)
        screen.feed(pane.painted())
        #expect(difference(screen, picture(60), in: rect) < 12)
    }

    @Test(arguments: [(64, 16.0), (16, 60), (2, 255)])
    func `With few colours there is a picture all the same`(registers: Int, most: Double) throws {
        let format = SixelFormat(registers: registers)
        let pane = pane(format)
        var screen = screen(format)
        picture().show(in: pane)
        screen.feed(pane.painted())
        #expect(screen.faults.isEmpty, "\(screen.faults.prefix(3))")
        let rect = try #require(pane.pictureRect)
        #expect(screen.filled(rect) == pixels(rect, format))
        #expect(Set(screen.pixels.compactMap { $0 }).count <= registers)
        #expect(difference(screen, picture(), in: rect) < most, "\(difference(screen, picture(), in: rect))")
    }

    @Test func `No image is larger than the terminal takes`() throws {
        let format = SixelFormat(mostWidth: 155, mostHeight: 50)
        let pane = pane(format)
        var screen = screen(format)
        picture().show(in: pane)
        screen.feed(pane.painted())
        let rect = try #require(pane.pictureRect)
        #expect(screen.images.allSatisfy { $0.width <= 155 && $0.height <= 50 })
        #expect(screen.filled(rect) == pixels(rect, format))
    }

    @Test func `Nothing is drawn over what covers the picture, and it comes back`() throws {
        let format = SixelFormat()
        let pane = pane()
        var screen = screen()
        picture().show(in: pane)
        screen.feed(pane.painted())
        let rect = try #require(pane.pictureRect)
        let cover = CellRect(column: rect.column + 5, row: rect.row + 2, columns: 10, rows: 4)
        pane.setCovered([cover])
        // The dialog itself.
        for row in cover.row..<cover.endRow {
            screen.feed(Array("\u{1B}[\(row + 1);\(cover.column + 1)H\(String(repeating: "x", count: cover.columns))".utf8))
        }
        let before = screen.images.count
        picture(100).show(in: pane)
        screen.feed(pane.painted())
        #expect(screen.images.count > before)
        #expect(screen.filled(cover) == 0)
        #expect(screen.filled(rect) == pixels(rect, format) - pixels(cover, format))
        #expect(difference(screen, picture(100), in: rect) < 12)
        pane.setCovered([])
        picture(100).show(in: pane)
        screen.feed(pane.painted())
        #expect(screen.filled(rect) == pixels(rect, format))
        #expect(difference(screen, picture(100), in: rect) < 12)
        #expect(screen.faults.isEmpty, "\(screen.faults.prefix(3))")
    }

    @Test func `A dialog over a picture that stands still sends only the strips beside it again`() throws {
        let pane = pane()
        picture().show(in: pane)
        let whole = pane.painted().count
        let rect = try #require(pane.pictureRect)
        pane.setCovered([CellRect(column: rect.column + 5, row: rect.row + 3, columns: 10, rows: 3)])
        picture().show(in: pane)
        #expect(pane.painted().count < whole / 3)
    }

    @Test func `Cleared, of another shape, or drawn in characters, nothing of it is left`() throws {
        for change in 0..<3 {
            let pane = pane()
            var screen = screen()
            picture().show(in: pane)
            screen.feed(pane.painted())
            var wide = Picture(width: 400, height: 100) { x, _ in UInt8(x / 2) }
            wide.blue[0] = 128
            switch change {
            case 0: pane.clear()
            case 1: wide.show(in: pane)
            default: pane.setStyle(PictureStyle(glyphs: .blocks))
            }
            screen.feed(pane.painted())
            let left = change == 1 ? pixels(try #require(pane.pictureRect), SixelFormat()) : 0
            #expect(screen.pixels.count { $0 != nil } == left)
            #expect(!pane.isUnfinished)
        }
    }

    @Test func `What the terminal lost is sent again`() throws {
        let pane = pane()
        var screen = screen()
        picture().show(in: pane)
        screen.feed(pane.painted())
        screen = self.screen()
        pane.invalidate()
        screen.feed(pane.painted())
        let rect = try #require(pane.pictureRect)
        #expect(screen.filled(rect) == pixels(rect, SixelFormat()))
    }

    @Test func `A budget takes detail until a picture fits`() {
        let pane = pane()
        pane.economy.byteBudget = 12_000
        var sizes: [Int] = []
        for shift in 0..<40 {
            picture(shift * 7).show(in: pane)
            sizes.append(pane.painted().count)
        }
        #expect(sizes[0] > 30_000, "\(sizes)")
        #expect(sizes.suffix(10).allSatisfy { (4000...18_000).contains($0) }, "\(sizes)")
    }

    @Test func `Pixels that do not come through give way to characters`() {
        for glyphs in [GlyphSet.kitty, .sixel] {
            let steps = PictureStep.ladder(from: PictureStyle(glyphs: glyphs))
            #expect(steps[0].style.glyphs == glyphs)
            #expect(steps[1].style == PictureStyle(glyphs: .blocks))
            #expect(steps[0].enough > steps[1].enough)
        }
    }
}
