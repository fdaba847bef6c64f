import Console
import TerminalIO
import TerminalVideo
import Testing

/// What a console tells of the pixels that it has for the other side's picture.
@Suite struct ShownPixelsTests {
    private func pixels(
        _ columns: Int, _ rows: Int, _ glyphs: GlyphSet, isFull: Bool = false,
        line: PaintedLine = PaintedLine(rate: 1_000_000, isLimited: false)
    ) -> [Int] {
        var state = ConsoleState(size: TerminalSize(columns: columns, rows: rows), isUTF8: true)
        state.style.glyphs = glyphs
        state.isFull = isFull
        let pixels = ConsoleView.shownPixels(of: state, on: line)
        return [pixels.width, pixels.height, pixels.framesPerSecond]
    }

    @Test(arguments: [
        (GlyphSet.shades, [80, 21, 60]), (.halves, [80, 42, 60]), (.sextants, [160, 63, 60]), (.blocks, [160, 84, 60]),
        (.octants, [160, 84, 60]), (.braille, [160, 84, 60]), (.ascii, [160, 84, 60]), (.kitty, [800, 420, 60]), (.sixel, [800, 420, 60]),
    ])
    func `Each way of drawing has its own, before there is a call`(_ glyphs: GlyphSet, _ expected: [Int]) {
        #expect(pixels(80, 24, glyphs) == expected)
    }

    @Test func `Cells of many pixels count where the picture is made of pixels`() {
        let line = PaintedLine(rate: 1_000_000, isLimited: false, sixel: SixelFormat(cellWidth: 18, cellHeight: 36))
        #expect(pixels(80, 24, .sixel, line: line) == [1_440, 756, 60])
        // Kitty is never sent more than 16x32 a cell.
        #expect(pixels(80, 24, .kitty, line: line) == [1_280, 672, 60])
        #expect(pixels(80, 24, .blocks, line: line) == [160, 84, 60])
    }

    @Test func `A full screen has more, a window too small for a picture next to none`() {
        #expect(pixels(80, 24, .blocks, isFull: true) == [160, 96, 60])
        #expect(pixels(20, 2, .blocks) == [40, 0, 60])
    }

    @Test func `A terminal that shows fewer pictures says so`() {
        #expect(pixels(80, 24, .blocks, line: PaintedLine(rate: 1_000_000, isLimited: false, mostFramesPerSecond: 20)).last == 20)
    }
}
