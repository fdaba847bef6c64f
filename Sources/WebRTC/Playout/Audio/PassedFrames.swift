import DequeModule

/// The stretches of a stream that passed without their own packets, so that these, should they come after all, are known for that.
struct PassedFrames {
    /// Several seconds of heavy loss.
    private static let limit = 64

    private var ranges: Deque<Range<Int64>> = []

    mutating func append(_ range: Range<Int64>) {
        guard !range.isEmpty else { return }
        if ranges.count == Self.limit { ranges.removeFirst() }
        ranges.append(range)
    }

    func contains(_ timestamp: Int64) -> Bool {
        ranges.contains { $0.contains(timestamp) }
    }

    mutating func removeAll() {
        ranges.removeAll()
    }
}
