import Console
import TerminalIO
import TerminalVideo
import Testing

@Suite struct PictureChoiceTests {
    @Test func `Pixels can be chosen where the terminal has them, and never come first`() {
        var capabilities = TerminalCapabilities(environment: ["TERM": "xterm-256color", "LANG": "C.UTF-8"], terminfoColours: 256)
        #expect(!PictureChoices(capabilities, isCellKnown: true).glyphs.contains(.kitty))
        capabilities.apply(.kittyGraphics(isSupported: false))
        #expect(!PictureChoices(capabilities, isCellKnown: true).glyphs.contains(.kitty))
        capabilities.apply(.kittyGraphics(isSupported: true))
        let choices = PictureChoices(capabilities, isCellKnown: true)
        #expect(choices.glyphs.first == .blocks)
        #expect(choices.glyphs.last == .kitty)
        #expect(choices.glyphs(after: .kitty) == .blocks)
        // Without UTF-8 there are pixels all the same.
        var ascii = TerminalCapabilities(environment: ["TERM": "xterm-256color", "LANG": "C"], terminfoColours: 256)
        ascii.apply(.kittyGraphics(isSupported: true))
        #expect(PictureChoices(ascii, isCellKnown: true).glyphs == [.ascii, .kitty])
    }

    @Test func `Sixels can be chosen where the terminal has them and tells how large a cell is`() {
        var capabilities = TerminalCapabilities(environment: ["TERM": "xterm-256color", "LANG": "C.UTF-8"], terminfoColours: 256)
        capabilities.apply(.primaryAttributes([4, 22]))
        #expect(!PictureChoices(capabilities, isCellKnown: true).glyphs.contains(.sixel))
        capabilities.apply(.primaryAttributes([63, 1, 2, 3, 4, 6]))
        #expect(!PictureChoices(capabilities, isCellKnown: false).glyphs.contains(.sixel))
        let choices = PictureChoices(capabilities, isCellKnown: true)
        #expect(choices.glyphs.first == .blocks)
        #expect(choices.glyphs.last == .sixel)
    }
}
