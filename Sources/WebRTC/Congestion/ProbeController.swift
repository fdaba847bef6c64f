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
    /// How often to probe in mid-call.
    private struct Pace: Sendable {
        /// Between two probes.
        var interval: Duration
        /// The part of the rate that probes may take.
        var share: Double
        /// How long it is kept.
        var duration: Duration
        /// No probe until the path has been at rest for so long.
        var rest = Duration.seconds(1)

        static let usual = Pace(interval: .seconds(5), share: 0.04, duration: .zero)
        /// After a drop, which may have gone too far.
        static let recovery = Pace(interval: .seconds(2), share: 0.04, duration: .seconds(60), rest: .milliseconds(500))
        /// The first probes may have met a machine that was busy with the call's beginning.
        static let start = Pace(interval: .seconds(2), share: 0.1, duration: .seconds(10))
    }

    /// An estimate that falls below this part of what it was has dropped.
    private static let drop = 0.66

    private var nextID = 0
    private var pending: Deque<Probe> = []
    private var started = false
    private var last: (rate: Double, at: Instant)?
    private var pace: (value: Pace, since: Instant)?
    private var restlessAt: Instant?
    /// The highest estimate of the last seconds.
    private var highest = 0.0

    mutating func nextProbe() -> Probe? { pending.popFirst() }

    /// Media begins to flow.
    mutating func start(estimate: Double, wanted: Double, at now: Instant) {
        guard !started else { return }
        started = true
        pace = (.start, now)
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
        if estimate < highest * Self.drop { pace = (.recovery, now) }
        if estimate < highest * Self.drop || estimate > highest { highest = estimate }
        if isRestless {
            restlessAt = now
            pending.removeAll()
            return
        }
        guard estimate < wanted * 0.95, let last else { return }
        let pace = pace.flatMap { now - $0.since < $0.value.duration ? $0.value : nil } ?? .usual
        if let restlessAt, now - restlessAt < pace.rest { return }
        let cost = Probe.cost(estimate * Self.furtherFactor) * 8
        let interval = max(pace.interval, .milliseconds(Int(cost / (pace.share * estimate) * 1000)))
        guard now - last.at >= interval else { return }
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
