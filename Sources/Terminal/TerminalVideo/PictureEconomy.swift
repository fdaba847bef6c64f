/// How many bytes a pane spends for how much exactness.
public struct PictureEconomy: Equatable, Sendable {
    /// What a byte must be worth: 0 paints every cell exactly, 1 is hardly visible, 16 keeps only what is plainly wrong from the screen.
    /// Other values count as the nearest of 0...``mostTolerance``.
    public var tolerance: Double
    /// About how many bytes a picture may take, if that matters: with each, the tolerance rises above ``tolerance`` as far as it must.
    public var byteBudget: Int?
    /// How far it rises at most.
    public var mostTolerance: Double
    /// How many bytes of a picture, and of each painting after it, may go to cells that are shown nearly right and have stood still; 0 leaves
    /// them as they are.
    public var repairRoom: Int

    /// Beyond this, a picture is no longer recognised.
    public static let mostTolerance = 64.0

    public init(tolerance: Double = 1, byteBudget: Int? = nil, mostTolerance: Double = Self.mostTolerance, repairRoom: Int = 32_768) {
        self.tolerance = tolerance
        self.byteBudget = byteBudget
        self.mostTolerance = mostTolerance
        self.repairRoom = repairRoom
    }

    /// So many pictures a second are the best use of a line: on a slow one fewer that are better, on a fast one as many as cameras give.
    ///
    /// - Parameter rate: what the line takes, in bytes a second.
    public static func picturesPerSecond(rate: Int) -> Double {
        // Three at 64 kbit/s, six at 256, twelve at a megabit.
        min(max(3 * (Double(rate) / 8000).squareRoot(), 2), 30)
    }

    /// Every change is painted exactly.
    public static let exact = PictureEconomy(tolerance: 0)
}

/// What one painting wrote.
public struct PaintStatistics: Equatable, Sendable {
    public var bytes = 0
    /// Cells written, repaired ones among them.
    public var cells = 0
    /// Cells that were written only because they were not exact and there was room.
    public var repaired = 0
    /// Whether all that matters at this tolerance is on the screen.
    public var isComplete = true
    /// Whether every cell on the screen is exactly what is wanted.
    public var isExact = true

    public init() {}
}

/// What a terminal understands beyond cursor moves and colours.
public struct StreamFeatures: OptionSet, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// REP (`CSI b`): the character before, again.
    public static let repeatCharacter = StreamFeatures(rawValue: 1)
}
