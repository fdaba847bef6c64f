import DequeModule
import Wire

/// Keeps the list of missing packets and says when to ask for which.
struct NACKGenerator: Sendable {
    private struct Missing: Sendable {
        var sequenceNumber: Int64
        var since: Instant
        var requestAt: Instant
        var requests = 0
        /// Whether the newest request was sent twice, or need not be.
        var isRepeated = true
    }

    /// Missing packets at once: as many as a sender's history keeps. Beyond that the stream is broken and needs a key frame,
    /// so the oldest are given up.
    static let maximumMissing = 1000
    /// Requests for one packet.
    static let maximumRequests = 10
    /// After this a packet would be too late to be played.
    static let maximumAge = Duration.seconds(2)
    /// How long a packet may be out of order before it is asked for.
    static let reorderingTolerance = Duration.milliseconds(10)
    /// Between two requests for a packet at least.
    private static let minimumInterval = Duration.milliseconds(20)
    private static let assumedRoundTripTime = Duration.milliseconds(100)
    /// From the second request on each is sent twice, so soon after one another, in case that it gets lost itself; where much gets
    /// lost, the first one is too. The sender answers one of them.
    private static let repetition = Duration.milliseconds(5)
    /// The part of the packets that is missing from which on much gets lost, learnt over about 200 packets.
    private static let heavyLoss = 0.03
    private static let learning = 1.0 / 200

    /// In order of their numbers.
    private var missing: Deque<Missing> = []
    private var newest: Int64?
    /// The part of the packets that did not come by themselves, 0...1.
    private var loss = 0.0

    /// When the next request may be due; earlier than that if the packet of that request has come meanwhile.
    private(set) var deadline: Instant?

    /// A packet came; `wasReceived` tells of numbers that came already, by retransmission.
    mutating func received(_ sequenceNumber: Int64, at now: Instant, wasReceived: (Int64) -> Bool) {
        guard let newest else {
            newest = sequenceNumber
            return
        }
        if sequenceNumber <= newest {
            recovered(sequenceNumber)
            return
        }
        self.newest = sequenceNumber
        let gap = Double(min(sequenceNumber - newest - 1, Int64(Self.maximumMissing)))
        loss += (gap / (gap + 1) - loss) * min(1, Self.learning * (gap + 1))
        for number in max(newest + 1, sequenceNumber - Int64(Self.maximumMissing))..<sequenceNumber where !wasReceived(number) {
            missing.append(Missing(sequenceNumber: number, since: now, requestAt: now + Self.reorderingTolerance))
        }
        if missing.count > Self.maximumMissing { missing.removeFirst(missing.count - Self.maximumMissing) }
        deadline = missing.isEmpty ? nil : earliest(deadline, now + Self.reorderingTolerance)
    }

    /// Forgets what is older than `sequenceNumber`: nobody waits for it any more.
    mutating func abandon(before sequenceNumber: Int64) {
        while let first = missing.first, first.sequenceNumber < sequenceNumber { missing.removeFirst() }
        if missing.isEmpty { deadline = nil }
    }

    mutating func restart(at sequenceNumber: Int64) {
        missing.removeAll(keepingCapacity: true)
        newest = sequenceNumber
        deadline = nil
    }

    /// The packets to ask for now.
    mutating func takeDue(roundTripTime: Duration?, at now: Instant) -> [Int64] {
        guard let deadline, deadline <= now else { return [] }
        // A little more than the round trip, so that the sender does not take the repetition for a duplicate.
        let interval = max(Self.minimumInterval, (roundTripTime ?? Self.assumedRoundTripTime) * 9 / 8)
        missing.removeAll { $0.requestAt <= now && ($0.requests >= Self.maximumRequests || now - $0.since > Self.maximumAge) }
        var due: [Int64] = []
        for index in missing.indices where missing[index].requestAt <= now {
            due.append(missing[index].sequenceNumber)
            if missing[index].isRepeated {
                missing[index].requests += 1
                missing[index].isRepeated = missing[index].requests == 1 && loss < Self.heavyLoss
                missing[index].requestAt = now + (missing[index].isRepeated ? interval : Self.repetition)
            } else {
                missing[index].isRepeated = true
                missing[index].requestAt = now + interval - Self.repetition
            }
        }
        self.deadline = missing.lazy.map(\.requestAt).min()
        return due
    }

    /// A packet came after all, late or by retransmission.
    mutating func recovered(_ sequenceNumber: Int64) {
        var low = 0
        var high = missing.count
        while low < high {
            let middle = (low + high) / 2
            if missing[middle].sequenceNumber < sequenceNumber { low = middle + 1 } else { high = middle }
        }
        guard low < missing.count, missing[low].sequenceNumber == sequenceNumber else { return }
        missing.remove(at: low)
        if missing.isEmpty { deadline = nil }
    }
}
