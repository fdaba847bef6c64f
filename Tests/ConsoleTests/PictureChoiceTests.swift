import Console
import TerminalIO
import TerminalVideo
import Testing

@Suite struct PictureChoiceTests {
    @Test func `Pixels can be chosen where the terminal has them, and never come first`() {
        var capabilities = TerminalCapabilities(environment: ["TERM": "xterm-256color", "LANG": "C.UTF-8"], terminfoColours: 256)
        #expect(!PictureChoices(capabilities).glyphs.contains(.kitty))
        capabilities.apply(.kittyGraphics(isSupported: false))
        #expect(!PictureChoices(capabilities).glyphs.contains(.kitty))
        capabilities.apply(.kittyGraphics(isSupported: true))
        let choices = PictureChoices(capabilities)
        #expect(choices.glyphs.first == .blocks)
        #expect(choices.glyphs.last == .kitty)
        #expect(choices.glyphs(after: .kitty) == .blocks)
        // Without UTF-8 there are pixels all the same.
        var ascii = TerminalCapabilities(environment: ["TERM": "xterm-256color", "LANG": "C"], terminfoColours: 256)
        ascii.apply(.kittyGraphics(isSupported: true))
        #expect(PictureChoices(ascii).glyphs == [.ascii, .kitty])
    }
}
