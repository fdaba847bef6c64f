import Wire

/// How long packets are under way beyond the shortest time of the last seconds, which is the path's own: what they wait in queues.
/// The two ends' clocks need not agree.
struct TransitTime: Sendable {
    /// The shortest counts for one to two of these: clocks drift, and paths change.
    private static let window = Duration.seconds(10)

    private var shortest: Duration?
    /// The shortest of the present window.
    private var candidate: (time: Duration, since: Instant)?
    private var newest: Duration?
    private var earlier: Duration?

    /// From here on ``growth`` counts.
    mutating func mark() { earlier = newest }

    mutating func add(_ time: Duration, at now: Instant) {
        newest = time
        if let current = candidate, now - current.since < Self.window {
            candidate?.time = min(current.time, time)
            shortest = min(shortest ?? time, time)
        } else {
            shortest = min(candidate?.time ?? time, time)
            candidate = (time, now)
        }
    }

    /// What the newest packet waited.
    var queueing: Duration {
        guard let newest, let shortest else { return .zero }
        return newest - shortest
    }

    /// By how much longer the newest packet was under way than the last one before ``mark()``.
    var growth: Duration {
        guard let newest, let earlier else { return .zero }
        return newest - earlier
    }
}
