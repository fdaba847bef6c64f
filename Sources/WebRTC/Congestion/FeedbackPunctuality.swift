import Wire

/// Knows how long it takes until packets are told of, and so when that is overdue: the first sign of a path that has become narrow
/// all of a sudden, or was lost (as RFC 6298 knows when an acknowledgement is).
struct FeedbackPunctuality: Sendable {
    private static let smoothing = (mean: 8, deviation: 4)
    private static let deviations = 3
    /// The other side's timers are no finer than this.
    private static let leastSlack = Duration.milliseconds(10)

    private var mean: Duration?
    private var deviation = Duration.zero

    /// The age from which on a packet should have been told of; `nil` before the first feedback.
    var limit: Duration? {
        mean.map { $0 + max(Self.leastSlack, deviation * Self.deviations) }
    }

    /// The packet that had waited longest was told of when it was so old.
    mutating func measure(_ age: Duration) {
        guard let mean, let limit else {
            (self.mean, deviation) = (age, age / 2)
            return
        }
        // From what was overdue little is learnt, else the next time would not be seen.
        let difference = min(age, limit) - mean
        deviation += (max(difference, .zero - difference) - deviation) / Self.smoothing.deviation
        self.mean = mean + difference / Self.smoothing.mean
    }
}
