/// A way of drawing a picture, and what it asks of the line.
public struct PictureStep: Equatable, Sendable {
    public var style: PictureStyle
    /// As in ``PictureEconomy``.
    public var tolerance: Double
    /// So many pictures a second are enough; where the line takes fewer, the next step is the better picture.
    public var enough: Double

    /// Ever leaner ways of drawing what was chosen, the best first. Each takes about two thirds of the bytes of the one before, or fewer: what
    /// changes little is left as it is, then there are fewer colours, then plainer glyphs. What the last still costs too much costs pictures.
    ///
    /// The order is that of `glyphone-bench picture --styles`: of two ways that take as many bytes, the one that looks more like the source is
    /// here. With colours, plainer glyphs take no fewer bytes than the same glyphs at a higher tolerance.
    public static func ladder(from chosen: PictureStyle) -> [PictureStep] {
        func style(_ colours: ColourMode, _ glyphs: GlyphSet? = nil) -> PictureStyle {
            PictureStyle(glyphs: glyphs ?? chosen.glyphs, colours: colours, cellAspect: chosen.cellAspect)
        }
        let tolerances = chosen.colours == .indexed256 ? [1.0, 8] : [1.0, 2, 4]
        var steps = tolerances.map { PictureStep(style: chosen, tolerance: $0, enough: 10) }
        if chosen.colours >= .indexed256 {
            steps += [(16.0, 8.0), (48, 6)].map { PictureStep(style: style(.indexed256), tolerance: $0.0, enough: $0.1) }
        }
        if chosen.colours >= .ansi16 { steps.append(PictureStep(style: style(.ansi16), tolerance: 32, enough: 5)) }
        steps.append(PictureStep(style: style(.monochrome), tolerance: 16, enough: 3))
        if chosen.glyphs != .ascii { steps.append(PictureStep(style: style(.monochrome, .ascii), tolerance: 16, enough: 0)) }
        return steps
    }
}
