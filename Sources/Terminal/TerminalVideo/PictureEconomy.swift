/// How many bytes a pane spends for how much exactness.
public struct PictureEconomy: Equatable, Sendable {
    /// What a byte must be worth: 0 paints every cell exactly, 1 is hardly visible, 16 keeps only what is plainly wrong from the screen.
    /// Other values count as the nearest of 0...``mostTolerance``.
    public var tolerance: Double
    /// How many bytes a painting should take, if that matters: the tolerance rises above ``tolerance`` by itself until it does,
    /// and falls back when there is room.
    public var byteBudget: Int?
    /// How many bytes a painting may spend on cells that are shown nearly right and have stood still; 0 leaves them as they are.
    public var repairRoom: Int

    /// Beyond this, a picture is no longer recognised.
    public static let mostTolerance = 64.0

    public init(tolerance: Double = 1, byteBudget: Int? = nil, repairRoom: Int = 32_768) {
        self.tolerance = tolerance
        self.byteBudget = byteBudget
        self.repairRoom = repairRoom
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
