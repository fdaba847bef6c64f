import DequeModule
import func Glibc.log
import Wire

/// The rate that losses allow. A wireless path loses packets at any rate; a full queue loses them because of the rate. Which of
/// both it is shows from how the losses of the last seconds went with the rates: of some rates that the path's limit might be,
/// each with the path's own loss that fits best, the likeliest is taken (the idea of libwebrtc's LossBasedBweV2).
package struct LossController: Sendable {
    private struct Observation: Sendable {
        var packets = 0.0
        var lost = 0.0
        var bytes = 0
        /// Bits per second.
        var rate = 0.0
    }

    /// Observations that are kept, and how much less each older one counts.
    private static let memory = 20
    private static let aging = 0.9
    private static let shortestObservation = Duration.milliseconds(250)
    /// What the limit may change by at once.
    private static let steps = [1.02, 1.0, 0.95]
    /// Below this, losses are believed to be the path's own at any rate; above, the more rarely the higher the rate is.
    private static let ownLoss = (offset: 0.05, balance: 75_000.0, least: 1e-3)
    /// A higher limit is preferred while less than this is lost.
    private static let preferenceThreshold = 0.15
    /// While losses limit the rate it grows by no more than this in a second.
    private static let growth = 1.3

    /// Bits per second; `nil` while losses do not limit the rate.
    package private(set) var limit: Double?
    /// Whether the limit fell lately: no time to try more.
    private(set) var isDecreasing = false

    private var observations: Deque<Observation> = []
    private var partial = Observation()
    private var since: Instant?
    private var inherentLoss = 0.01
    private var window: (start: Instant, ceiling: Double)?
    private var lastReduction: Instant?

    /// The share of packets lost over the last seconds, the newest counting most.
    package var averageLoss: Double {
        var (lost, packets, weight) = (0.0, 0.0, 1.0)
        for observation in observations.reversed() {
            lost += weight * observation.lost
            packets += weight * observation.packets
            weight *= Self.aging
        }
        return packets > 0 ? lost / packets : 0
    }

    package init() {}

    /// A probe has shown that this much passes.
    mutating func set(_ rate: Double) {
        if let limit, rate > limit { self.limit = rate }
    }

    package mutating func update(_ results: [PacketResult], delayBased: Double, acknowledged: Double?) {
        guard let sentAt = results.last?.packet.sentAt, observe(results, until: sentAt) else { return }
        let current = min(limit ?? delayBased, delayBased)
        var candidates = Self.steps.map { $0 * current } + [delayBased]
        if let acknowledged, limit != nil || averageLoss > Self.ownLoss.offset { candidates.append(acknowledged) }
        let ceiling = ceiling(delayBased: delayBased, acknowledged: acknowledged, at: sentAt)
        var best = (rate: current, loss: inherentLoss, score: -Double.infinity)
        for candidate in candidates {
            let rate = max(5000, min(candidate, max(ceiling, min(current, delayBased))))
            let loss = bestInherentLoss(rate)
            let score = likelihood(rate, loss)
            if score > best.score { best = (rate, loss, score) }
        }
        inherentLoss = best.loss
        // What the path loses anyway does not explain what is lost: no time to grow.
        if limit != nil, best.rate > current, averageLoss > best.loss + 0.005 { best.rate = current }
        best.rate = min(best.rate, instantLimit)
        if best.rate < current { lastReduction = sentAt }
        isDecreasing = lastReduction.map { sentAt - $0 < .milliseconds(300) } ?? false
        if best.rate < delayBased {
            if limit == nil || (window.map { sentAt - $0.start > .seconds(1) } ?? true) { window = (sentAt, best.rate * Self.growth) }
            limit = best.rate
        } else {
            (limit, window) = (nil, nil)
        }
    }

    /// With heavy losses it is of no use to ask why.
    private var instantLimit: Double {
        let loss = averageLoss
        return loss > Self.ownLoss.offset ? Self.ownLoss.balance / (loss - Self.ownLoss.offset) : .infinity
    }

    private func ceiling(delayBased: Double, acknowledged: Double?, at now: Instant) -> Double {
        guard limit != nil else { return delayBased }
        var ceiling = min(delayBased, window?.ceiling ?? .infinity)
        if let acknowledged { ceiling = min(ceiling, max(acknowledged * 1.5, limit ?? 0)) }
        return ceiling
    }

    private mutating func observe(_ results: [PacketResult], until sentAt: Instant) -> Bool {
        for result in results {
            partial.packets += 1
            partial.bytes += result.packet.size
            if result.receivedAt == nil { partial.lost += 1 }
        }
        guard let start = since else {
            since = sentAt
            return false
        }
        guard sentAt - start >= Self.shortestObservation else { return false }
        partial.rate = Double(partial.bytes) * 8 / (sentAt - start).seconds
        observations.append(partial)
        if observations.count > Self.memory { observations.removeFirst() }
        (partial, since) = (Observation(), sentAt)
        return true
    }

    // MARK: - Likelihood

    private func probability(_ limit: Double, _ inherent: Double, _ rate: Double) -> Double {
        let excess = rate > limit ? (1 - inherent) * (rate - limit) / rate : 0
        return min(max(inherent + excess, 1e-6), 1 - 1e-6)
    }

    /// The path's own loss that explains the observations best if `limit` is its limit: a step of Newton's method.
    private func bestInherentLoss(_ limit: Double) -> Double {
        var (first, second, weight) = (0.0, 0.0, 1.0)
        for observation in observations.reversed() {
            let p = probability(limit, inherentLoss, observation.rate)
            let received = observation.packets - observation.lost
            first += weight * (observation.lost / p - received / (1 - p))
            second -= weight * (observation.lost / (p * p) + received / ((1 - p) * (1 - p)))
            weight *= Self.aging
        }
        let step = second < 0 ? 0.75 * first / second : 0
        let most = min(1, Self.ownLoss.offset + Self.ownLoss.balance / limit)
        return min(max(inherentLoss - step, Self.ownLoss.least), most)
    }

    private func likelihood(_ limit: Double, _ inherent: Double) -> Double {
        let difference = Self.preferenceThreshold - averageLoss
        let preference = difference / (0.002 + abs(difference))
        let bias = preference * (0.0002 * limit / 1000 + 0.02 * log(1 + limit / 1000))
        var (sum, weight) = (0.0, 1.0)
        for observation in observations.reversed() {
            let p = probability(limit, inherent, observation.rate)
            sum += weight * (observation.lost * log(p) + (observation.packets - observation.lost) * log(1 - p) + bias * observation.packets)
            weight *= Self.aging
        }
        return sum
    }
}
