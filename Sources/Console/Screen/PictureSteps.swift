import TerminalIO
import TerminalVideo

/// Which of the ways to draw a picture, from what the person chose downwards, this line takes.
struct PictureSteps {
    private(set) var chosen = PictureStyle()
    private var steps = PictureStep.ladder(from: PictureStyle())
    private var ladder: QualityLadder

    init() {
        ladder = QualityLadder(enough: steps.map(\.enough))
    }

    /// What pictures are drawn with at present.
    var style: PictureStyle { steps[ladder.step].style }
    /// How many bytes are spent for how much exactness: as many as the line takes in the time that a picture is shown.
    ///
    /// - Parameters:
    ///   - rate: what the line takes, in bytes a second. Of that, repairs of what is nearly right take a small part.
    ///   - share: of all pictures' cells, those of this one.
    func economy(rate: Int, share: Double = 1) -> PictureEconomy {
        let budget = Double(rate) / PictureEconomy.picturesPerSecond(rate: rate) * share
        return PictureEconomy(
            byteBudget: Int(budget), mostTolerance: steps[ladder.step].mostTolerance, repairRoom: min(max(rate / 128, 256), 32_768))
    }

    /// A picture that is not replaced by then is repaired where it is only nearly right.
    static let repairDelay: Duration = .milliseconds(150)
    /// A picture that takes longer is given up for a newer one: until then it is finished, so that what is seen is of one moment.
    static let longestPainting: Duration = .seconds(2)

    /// How coarse the pictures of late were.
    private var coarseness = 0.0
    private var isCoarse = false
    /// Pictures are called coarse from here on, and no longer below the half.
    private static let coarse = 6.0

    /// What is less than was chosen, because the line takes no more; nil where nothing is.
    var reduction: PictureReduction? {
        guard ladder.step > 0 || isCoarse else { return nil }
        return PictureReduction(
            glyphs: style.glyphs == chosen.glyphs ? nil : style.glyphs, colours: style.colours == chosen.colours ? nil : style.colours)
    }

    /// Starts from what the person chose, or from what the terminal has.
    mutating func choose(_ style: PictureStyle) {
        guard style != chosen else { return }
        let isSameExceptShape = style.glyphs == chosen.glyphs && style.colours == chosen.colours
        chosen = style
        steps = PictureStep.ladder(from: style)
        // The shape of a cell costs nothing.
        if !isSameExceptShape { ladder = QualityLadder(enough: steps.map(\.enough)) }
    }

    mutating func picturesCame(_ count: Int) { ladder.picturesCame(count) }

    /// - Parameter tolerance: at which the picture was painted.
    mutating func pictureFinished(tolerance: Double) {
        ladder.pictureFinished()
        coarseness += (tolerance - coarseness) * 0.1
        isCoarse = coarseness > (isCoarse ? Self.coarse / 2 : Self.coarse)
    }

    /// Steps down or up if it is time.
    ///
    /// - Returns: whether ``style`` has changed.
    mutating func review(_ line: PaintedLine, at now: ContinuousClock.Instant) -> Bool {
        if line.isStopped { ladder.forget() }
        return ladder.review(isLimited: line.isLimited, at: now)
    }
}

/// How a picture is drawn worse than it was chosen.
package struct PictureReduction: Equatable {
    /// Nil where they are as chosen.
    package var glyphs: GlyphSet?
    package var colours: ColourMode?

    /// In a few words.
    package var text: String {
        let parts = [glyphs?.rawValue, colours?.words].compactMap { $0 }
        return parts.isEmpty ? "less detail" : parts.joined(separator: ", ")
    }
}

extension ColourMode {
    /// As people call it.
    package var words: String {
        switch self {
        case .monochrome: "no colours"
        case .ansi8: "8 colours"
        case .ansi16: "16 colours"
        case .indexed256: "256 colours"
        case .truecolor: "24-bit colours"
        }
    }
}
