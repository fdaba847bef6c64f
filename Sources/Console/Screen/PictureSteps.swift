import TerminalIO
import TerminalVideo

/// The ways to draw a picture with ever fewer bytes, from what the person chose downwards, and which of them this line takes.
struct PictureSteps {
    private struct Step {
        var style: PictureStyle
        /// As in `PictureEconomy`.
        var tolerance: Double
    }

    private(set) var chosen = PictureStyle()
    private var steps = [Step(style: PictureStyle(), tolerance: 1)]
    private var ladder = QualityLadder(steps: 1)

    /// What pictures are drawn with at present.
    var style: PictureStyle { steps[ladder.step].style }
    /// How many bytes are spent for how much exactness.
    ///
    /// - Parameter rate: what the line takes, in bytes a second. Of that, repairs of what is nearly right take a small part.
    func economy(rate: Int) -> PictureEconomy {
        PictureEconomy(tolerance: steps[ladder.step].tolerance, repairRoom: min(max(rate / 128, 256), 32_768))
    }

    /// A picture that is not replaced by then is repaired where it is only nearly right.
    static let repairDelay: Duration = .milliseconds(150)
    /// Whether that is less than what was chosen, because the line takes no more.
    var isReduced: Bool { ladder.step > 0 }

    /// Starts from what the person chose, or from what the terminal has.
    mutating func choose(_ style: PictureStyle) {
        guard style != chosen else { return }
        let isSameExceptShape = style.glyphs == chosen.glyphs && style.colours == chosen.colours
        chosen = style
        steps = Self.steps(from: style)
        // The shape of a cell costs nothing.
        if !isSameExceptShape || ladder.steps != steps.count { ladder = QualityLadder(steps: steps.count) }
    }

    /// First what changes little is left as it is, then there are fewer colours, then both.
    private static func steps(from style: PictureStyle) -> [Step] {
        var fewer = style
        if style.colours == .truecolor { fewer.colours = .indexed256 }
        let first = [1.0, 4, 12].map { Step(style: style, tolerance: $0) }
        let rest = [8.0, 24, 48].map { Step(style: fewer, tolerance: $0) }
        return first + (fewer == style ? rest.suffix(2) : rest)
    }

    mutating func pictureCame() { ladder.pictureCame() }

    mutating func painted(bytes: Int, isFinished: Bool) { ladder.painted(bytes: bytes, isFinished: isFinished) }

    /// Steps down or up if it is time.
    ///
    /// - Returns: whether ``style`` has changed.
    mutating func review(_ terminal: Terminal, at now: ContinuousClock.Instant) -> Bool {
        if terminal.isStopped { ladder.forget() }
        return ladder.review(rate: terminal.lineRate, isLimited: terminal.isLimited(at: now), at: now)
    }
}
