/// What a mirror has drawn, and at what cost.
public struct MirrorStatistics: Equatable, Sendable {
    public var seconds = 0.0
    /// Pictures that were painted whole.
    public var framesShown = 0
    /// Pictures that came while the terminal was still busy with one before, or were given up for a newer one.
    public var framesSkipped = 0
    public var bytes = 0
    public var cellsPainted = 0
    /// Processor time from the decoded picture to the bytes, in milliseconds.
    public var cpuMilliseconds = 0.0
    /// What the line to the terminal was found to take at least, in bytes a second; nil where nothing was found out.
    public var lineRate: Int?
    /// What a question and its answer took on that line, in milliseconds.
    public var roundTripMilliseconds: Double?

    public init() {}
}
