import func Glibc.pow
import Wire

/// The rate that the path's delay allows: it grows while no queue does, and falls below what arrives when one grows
/// (additive increase, multiplicative decrease; draft-ietf-rmcat-gcc-02 section 5.5).
package struct RateControl: Sendable {
    private enum State: Sendable {
        case hold, increase, decrease
    }

    /// What remains of the rate that arrives, after a decrease.
    static let decreaseFactor = 0.85
    /// Growth in a second while the path's limit is not known.
    private static let growth = 1.08
    /// No more than this times what arrives is believed to pass.
    private static let headroom = 1.5
    /// Bits per second in a second at least, near the limit.
    private static let slowestIncrease = 4000.0

    let minimum: Double
    /// Bits per second.
    package private(set) var rate: Double
    private var state = State.hold
    private var capacity = LinkCapacity()
    private var lastChange: Instant?
    private var lastDecrease: Instant?

    package init(rate: Double, minimum: Double) {
        self.rate = rate
        self.minimum = minimum
    }

    /// Whether the path's limit has shown lately.
    var isNearCapacity: Bool { capacity.isKnown }

    /// A probe has shown that this much passes.
    mutating func set(_ rate: Double, at now: Instant) {
        self.rate = max(minimum, rate)
        lastChange = now
        if rate > capacity.upperBound { capacity.forget() }
    }

    /// - Parameters:
    ///   - acknowledged: bits per second that arrive, if that is known; `atFullQueue`: what comes through a queue, if there is one.
    ///   - sent: bits per second that were sent lately.
    ///   - mayGrow: whether as much is sent as is allowed.
    package mutating func update(
        _ usage: BandwidthUsage, acknowledged: Double?, atFullQueue: Double?, sent: Double, mayGrow: Bool, roundTripTime: Duration,
        at now: Instant
    ) {
        switch usage {
        case .overusing: state = .decrease
        case .underusing: state = .hold
        case .normal: if state == .hold { state = .increase }
        }
        switch state {
        case .hold: lastChange = now
        case .increase: increase(acknowledged, mayGrow, roundTripTime, at: now)
        case .decrease:
            decrease(acknowledged, atFullQueue, sent, roundTripTime, at: now)
            state = .hold
        }
    }

    private mutating func increase(_ acknowledged: Double?, _ mayGrow: Bool, _ roundTripTime: Duration, at now: Instant) {
        let elapsed = min((now - (lastChange ?? now)).seconds, 1)
        lastChange = now
        if let acknowledged, acknowledged > capacity.upperBound { capacity.forget() }
        guard mayGrow else { return }
        var grown: Double
        if capacity.isKnown {
            // One packet more in each response time.
            let response = (roundTripTime + .milliseconds(100)).seconds * 2
            let perFrame = rate / 30
            let packet = perFrame / (perFrame / (8.0 * 1200)).rounded(.up)
            grown = rate + max(Self.slowestIncrease, packet / response) * elapsed
        } else {
            grown = rate * pow(Self.growth, elapsed) + (elapsed > 0 ? 1000 * elapsed : 0)
        }
        if let acknowledged { grown = min(grown, max(rate, Self.headroom * acknowledged + 10_000)) }
        rate = grown
    }

    private mutating func decrease(
        _ acknowledged: Double?, _ atFullQueue: Double?, _ sent: Double, _ roundTripTime: Duration, at now: Instant
    ) {
        // Where less is sent than allowed, what arrives tells the path's limit only if it came through a queue.
        let arrives = atFullQueue ?? acknowledged.map { sent < rate / 2 ? max($0, rate) : $0 }
        // Within a round trip the last decrease can't have shown; unless far less arrives than that one allowed.
        if let lastDecrease, now - lastDecrease < min(max(roundTripTime, .milliseconds(10)), .milliseconds(200)) + .milliseconds(50) {
            guard let arrives, arrives < rate / 2 else { return }
        }
        lastDecrease = now
        lastChange = now
        if let arrives {
            rate = min(rate, Self.decreaseFactor * arrives)
            if arrives < capacity.lowerBound { capacity.forget() }
            capacity.add(arrives)
        } else {
            rate /= 2
        }
        rate = max(minimum, rate)
    }
}

/// What arrived whenever a queue grew: the path's limit, with its spread.
private struct LinkCapacity: Sendable {
    private var kilobits: Double?
    /// Of the normalised variance.
    private var deviation = 0.4

    var isKnown: Bool { kilobits != nil }

    var upperBound: Double { kilobits.map { ($0 + 3 * spread) * 1000 } ?? .infinity }
    var lowerBound: Double { kilobits.map { max(0, $0 - 3 * spread) * 1000 } ?? 0 }

    private var spread: Double { (deviation * (kilobits ?? 0)).squareRoot() }

    mutating func forget() { kilobits = nil }

    mutating func add(_ rate: Double) {
        let sample = rate / 1000
        let current = kilobits.map { 0.95 * $0 + 0.05 * sample } ?? sample
        kilobits = current
        let error = current - sample
        deviation = min(max(0.95 * deviation + 0.05 * error * error / max(current, 1), 0.4), 2.5)
    }
}
