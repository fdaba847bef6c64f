/// A way of drawing a picture, and what it asks of the line.
public struct PictureStep: Equatable, Sendable {
    public var style: PictureStyle
    /// So many pictures a second are enough; where the line takes fewer, the next step is the better picture.
    public var enough: Double
    /// The coarsest that pictures are fitted to the line, as in ``PictureEconomy``: beyond, they are no longer recognised.
    public var mostTolerance: Double {
        switch style.colours {
        case .truecolor, .indexed256: PictureEconomy.mostTolerance
        case .ansi16, .ansi8: 32
        case .monochrome: 16
        }
    }

    /// Ever leaner ways of drawing what was chosen, the best first.
    ///
    /// They are few, because a picture that is fitted to the line (``PictureEconomy/byteBudget``) in the colours that were chosen looks more
    /// like its source than one in fewer colours or plainer glyphs of as many bytes: `glyphone-bench picture --lines` shows it. Only where not
    /// even the coarsest comes through, below some 30 kbit/s, there are 16 colours, then characters without any.
    /// Pixels take many times the bytes of characters: where they do not come through a few times a second, characters look better.
    public static func ladder(from chosen: PictureStyle) -> [PictureStep] {
        func style(_ colours: ColourMode, _ glyphs: GlyphSet? = nil) -> PictureStyle {
            PictureStyle(
                glyphs: glyphs ?? (chosen.glyphs.isPixels ? .blocks : chosen.glyphs), colours: colours, cellAspect: chosen.cellAspect)
        }
        var steps = [PictureStep(style: chosen, enough: chosen.glyphs.isPixels ? 5 : 0.8)]
        if chosen.glyphs.isPixels { steps.append(PictureStep(style: style(chosen.colours), enough: 0.8)) }
        if chosen.colours > .ansi16 { steps.append(PictureStep(style: style(.ansi16), enough: 0.8)) }
        let last = style(.monochrome, .ascii)
        if chosen != last { steps.append(PictureStep(style: last, enough: 0)) }
        return steps
    }
}
