import DequeModule

/// Learns how late packets come, and from that how long sound should wait before it is played.
///
/// The delay of a packet is reckoned from the packet that came soonest in the last second or so. Of each half second the greatest
/// delay goes into a histogram that slowly forgets; the target is what covers nineteen half seconds in twenty. All times are in
/// samples at 48 kHz.
package struct ArrivalDelayEstimator {
    /// 5 ms.
    private static let bucketWidth: Int64 = 240
    /// One second: the longest delay that is ever aimed at.
    static let longest: Int64 = 48_000
    private static let bucketCount = Int(longest / bucketWidth)
    /// Base and delays follow a path that became longer after one second and 25 packets, or four seconds.
    private static let window: Int64 = 48_000
    private static let windowPackets = 25
    private static let longestWindow: Int64 = 4 * 48_000
    /// Two seconds of 20 ms packets.
    private static let following = 0.01
    /// A change of the soonest packet's delay by more than 10 ms, and half of the jitter, is the path's.
    private static let leastLuck: Int64 = 480
    private static let interval: Int64 = 24_000
    /// More than a thousand packets a second are no audio stream.
    private static let windowLimit = 2048
    private static let quantile = 0.95
    /// Per half second: what was learnt is forgotten over about half a minute.
    private static let forgetting = 0.983
    /// Until a half second is over.
    private static let initialDelay: Int64 = 1440

    private var histogram = [Double](repeating: 0, count: bucketCount)
    private var additions = 0
    /// Candidates for the minimum: offsets grow from the first to the last.
    private var soonest: Deque<(arrival: Int64, offset: Int64, index: Int)> = []
    private var steadyBase: Double?
    private var packetCount = 0
    private var intervalStart: Int64?
    private var intervalMaximum: Int64 = 0
    private var previousMaximum: Int64 = 0

    package init() {}

    /// The arrival time minus the timestamp of the packets that come soonest: a sample with timestamp `t` could have been played
    /// no sooner than at `t + base`. On a path with jitter the soonest packet of each second is a matter of luck, which sound
    /// that is played evenly must not follow: its mean over a few seconds is what counts.
    package var base: Int64? { steadyBase.map { Int64($0) } }

    /// The delay that covers the packets' jitter, from ``base`` on.
    package private(set) var delay: Int64 = initialDelay

    /// The greatest delay in the last half second to second.
    package var recentMaximum: Int64 { max(intervalMaximum, previousMaximum) }

    /// Takes note of a packet; returns how much later it came than the soonest.
    @discardableResult
    package mutating func packet(timestamp: Int64, arrival: Int64) -> Int64 {
        let offset = arrival &- timestamp
        packetCount += 1
        while let first = soonest.first, hasExpired(first.arrival, first.index, at: arrival) { soonest.removeFirst() }
        while let last = soonest.last, last.offset >= offset { soonest.removeLast() }
        if soonest.count >= Self.windowLimit { soonest.removeFirst() }
        soonest.append((arrival, offset, packetCount))
        followSoonest()
        let late = max(0, offset - (base ?? offset))
        let start = intervalStart ?? arrival
        if arrival - start >= Self.interval {
            add(intervalMaximum)
            intervalStart = arrival
            previousMaximum = intervalMaximum
            intervalMaximum = late
        } else {
            intervalStart = start
            intervalMaximum = max(intervalMaximum, late)
            if additions == 0 { delay = max(Self.initialDelay, intervalMaximum) }
        }
        return late
    }

    /// Forgets where the timestamps stand, but not how packets scatter: the sender began anew.
    package mutating func restart() {
        soonest.removeAll()
        steadyBase = nil
        intervalStart = nil
        intervalMaximum = 0
        previousMaximum = 0
    }

    private mutating func followSoonest() {
        guard let offset = soonest.first.map({ Double($0.offset) }) else { return }
        let distance = offset - (steadyBase ?? offset)
        let isLuck = abs(distance) <= Double(max(Self.leastLuck, delay / 2))
        steadyBase = isLuck ? offset - distance * (1 - Self.following) : offset
    }

    private func hasExpired(_ arrival: Int64, _ index: Int, at now: Int64) -> Bool {
        let age = now - arrival
        return age > Self.longestWindow || age > Self.window && packetCount - index > Self.windowPackets
    }

    private mutating func add(_ late: Int64) {
        additions += 1
        // The first few weigh more, so that the start is learnt quickly.
        let forgetting = min(Self.forgetting, 1 - 2 / Double(additions + 1))
        for index in histogram.indices { histogram[index] *= forgetting }
        histogram[min(Self.bucketCount - 1, Int(late / Self.bucketWidth))] += 1 - forgetting
        var sum = 0.0
        var bucket = 0
        while bucket < Self.bucketCount {
            sum += histogram[bucket]
            bucket += 1
            if sum >= Self.quantile { break }
        }
        delay = Int64(bucket) * Self.bucketWidth
    }
}
