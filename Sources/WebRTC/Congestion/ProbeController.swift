import DequeModule
import Wire

/// Says when to probe the path for more than is sent: at the start, on as long as probes pass, after a drop, and now and then
/// while more is wanted than the estimate allows (libwebrtc's ProbeController, with probes in mid-call also where the sender is
/// not limited by itself: its growth alone takes half a minute from 300 kbit/s to 1.2 Mbit/s).
struct ProbeController: Sendable {
    /// Of the first estimate.
    private static let firstFactors = [3.0, 6.0]
    /// Of what a probe has shown, if that was at least this much of what it tried.
    private static let (furtherFactor, furtherThreshold) = (2.0, 0.7)
    private static let resultTimeout = Duration.seconds(1)
    /// Between two probes in mid-call: after a drop, and else.
    private static let interval = (afterDrop: Duration.seconds(2), usual: Duration.seconds(5))
    /// The part of the rate that probes may take.
    private static let share = 0.04
    /// How long after a drop probes come sooner.
    private static let recovery = Duration.seconds(60)
    /// An estimate that falls below this part of what it was has dropped.
    private static let drop = 0.66
    /// No probe until the path has been at rest for so long.
    private static let rest = Duration.seconds(1)

    private var nextID = 0
    private var pending: Deque<Probe> = []
    private var started = false
    private var last: (rate: Double, at: Instant)?
    private var droppedAt: Instant?
    private var restlessAt: Instant?
    /// The highest estimate of the last seconds.
    private var highest = 0.0

    mutating func nextProbe() -> Probe? { pending.popFirst() }

    /// Media begins to flow.
    mutating func start(estimate: Double, wanted: Double, at now: Instant) {
        guard !started else { return }
        started = true
        for factor in Self.firstFactors { add(estimate * factor, wanted: wanted, at: now) }
    }

    /// A probe has shown that `rate` passes.
    mutating func probed(_ rate: Double, wanted: Double, at now: Instant) {
        guard let last, now - last.at < Self.resultTimeout, rate >= Self.furtherThreshold * last.rate, rate < wanted else { return }
        pending.removeAll()
        add(rate * Self.furtherFactor, wanted: wanted, at: now)
    }

    /// The estimate is `estimate` where `wanted` is wanted; `isRestless` tells of a queue that grows or of losses.
    mutating func update(estimate: Double, wanted: Double, isRestless: Bool, at now: Instant) {
        guard started else { return }
        if estimate < highest * Self.drop { droppedAt = now }
        if estimate < highest * Self.drop || estimate > highest { highest = estimate }
        if isRestless {
            restlessAt = now
            pending.removeAll()
            return
        }
        if let restlessAt, now - restlessAt < Self.rest { return }
        guard estimate < wanted * 0.95, let last else { return }
        let recovers = droppedAt.map { now - $0 < Self.recovery } ?? false
        let cost = Duration.milliseconds(Int(Probe.cost(estimate * Self.furtherFactor) * 8 / (Self.share * estimate) * 1000))
        guard now - last.at >= max(cost, recovers ? Self.interval.afterDrop : Self.interval.usual) else { return }
        add(estimate * Self.furtherFactor, wanted: wanted, at: now)
    }

    private mutating func add(_ rate: Double, wanted: Double, at now: Instant) {
        // Beyond twice of what is wanted nobody would use it.
        let limited = min(rate, wanted * 1.5)
        last = (limited, now)
        pending.append(Probe(id: nextID, rate: limited))
        nextID += 1
    }
}
