import TerminalIO
import TerminalVideo

/// The ways in which a terminal can show a picture, the best first.
package struct PictureChoices: Equatable {
    package let glyphs: [GlyphSet]
    package let colours: [ColourMode]

    /// - Parameter isCellKnown: whether the size of a cell in pixels is known.
    package init(_ capabilities: TerminalCapabilities, isCellKnown: Bool) {
        // Pixels are never the first choice: they take many times the bytes.
        glyphs =
            (capabilities.isUTF8 ? GlyphSet.allCases.filter(\.isCommon) : [.ascii]) + (capabilities.hasKittyGraphics ? [.kitty] : [])
            + (capabilities.hasSixel && isCellKnown ? [.sixel] : [])
        let best: ColourMode =
            switch capabilities.colours {
            case .none: .monochrome
            case .eight: .ansi8
            case .sixteen: .ansi16
            case .indexed: .indexed256
            case .rgb: .truecolor
            }
        colours = ColourMode.allCases.filter { $0 <= best }.reversed()
    }

    /// The set that follows `current`, round and round.
    package func glyphs(after current: GlyphSet) -> GlyphSet { Self.next(current, in: glyphs) }

    package func colours(after current: ColourMode) -> ColourMode { Self.next(current, in: colours) }

    private static func next<Choice: Equatable>(_ current: Choice, in choices: [Choice]) -> Choice {
        guard let index = choices.firstIndex(of: current) else { return choices.first ?? current }
        return choices[(index + 1) % choices.count]
    }
}
