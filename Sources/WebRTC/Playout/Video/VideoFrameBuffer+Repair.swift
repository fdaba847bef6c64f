import Wire

extension VideoFrameBuffer {
    /// How long retransmission may take: about three round trips, 100 to 300 ms, and never less than one with something to spare.
    var repairTime: Duration {
        let roundTrip = requester.roundTripTime
        let usual = min(max(roundTrip * 3, .milliseconds(100)), .milliseconds(300))
        return max(usual, roundTrip * 1.5 + .milliseconds(50))
    }

    /// A key frame may take this long to arrive, packet by packet, before another is asked for.
    private static var longestKeyFrame: Duration { .seconds(2) }

    /// When the gap that decoding waits at has had time enough to be repaired; `nil` if there is none.
    var repairDeadline: Instant? {
        guard !requester.isWanted, !needsKeyFrame, let missing = firstMissing else { return nil }
        // The gap was noticed when the packet behind it came.
        return store.first(from: missing).map { $0.arrival + repairTime }
    }

    /// When to ask for a key frame, unless one is just arriving.
    func requestDeadline(after now: Instant) -> Instant? {
        guard let due = requester.deadline(after: now) else { return nil }
        guard let start = store.keyFrameStarts.last, let first = store[start] else { return due }
        var progress = first.arrival
        var number = start
        while number <= store.newest {
            if let packet = store[number] {
                if packet.timestamp != first.timestamp { break }
                progress = max(progress, packet.arrival)
            }
            number += 1
        }
        return max(due, min(progress + repairTime, first.arrival + Self.longestKeyFrame))
    }

    private var firstMissing: Int64? {
        var number = store.floor
        while number <= store.newest {
            if store[number] == nil { return number }
            number += 1
        }
        return nil
    }
}
