import Wire

/// Gathers packets that were sent at about the same time, since only what lies between such groups says how a queue grows
/// (draft-ietf-rmcat-gcc-02 section 5.2).
package struct ArrivalGroups: Sendable {
    /// Between two groups: the time from the last packet of the one to the last of the other.
    package struct Delta: Hashable, Sendable {
        package var sent: Duration
        package var arrived: Duration
        /// By the other side's clock.
        package var arrivedAt: Instant
    }

    private struct Group: Sendable {
        var firstSent: Instant
        var lastSent: Instant
        var firstArrival: Instant
        var lastArrival: Instant
    }

    /// Packets sent within this time are one group.
    private static let span = Duration.milliseconds(5)
    /// Packets that arrive this soon after one another although they were sent apart waited in the same queue.
    private static let burstInterval = Duration.milliseconds(5)
    private static let longestBurst = Duration.milliseconds(100)
    /// Groups that arrive in the wrong order one after the other, before all is begun anew.
    private static let maximumReordered = 3
    /// A jump of this much between both clocks is none of a queue's.
    private static let longestJump = Duration.seconds(3)

    private var current: Group?
    private var previous: Group?
    private var reordered = 0

    package init() {}

    /// Takes a packet that arrived; the difference between the last two groups if it begins a third.
    package mutating func add(sentAt: Instant, arrivedAt: Instant) -> Delta? {
        guard let group = current else {
            current = Group(firstSent: sentAt, lastSent: sentAt, firstArrival: arrivedAt, lastArrival: arrivedAt)
            return nil
        }
        // Sent before this group began: it says nothing of now.
        if sentAt < group.firstSent { return nil }
        if belongs(sentAt, arrivedAt, to: group) {
            current?.lastSent = max(group.lastSent, sentAt)
            current?.lastArrival = max(group.lastArrival, arrivedAt)
            return nil
        }
        var delta: Delta?
        if let previous {
            let (sent, arrived) = (group.lastSent - previous.lastSent, group.lastArrival - previous.lastArrival)
            if arrived < .zero {
                reordered += 1
                if reordered >= Self.maximumReordered { restart() }
                return nil
            }
            if arrived - sent > Self.longestJump {
                restart()
                return nil
            }
            reordered = 0
            delta = Delta(sent: sent, arrived: arrived, arrivedAt: group.lastArrival)
        }
        previous = group
        current = Group(firstSent: sentAt, lastSent: sentAt, firstArrival: arrivedAt, lastArrival: arrivedAt)
        return delta
    }

    mutating func restart() {
        (current, previous, reordered) = (nil, nil, 0)
    }

    private func belongs(_ sentAt: Instant, _ arrivedAt: Instant, to group: Group) -> Bool {
        if sentAt - group.firstSent <= Self.span { return true }
        let (sent, arrived) = (sentAt - group.lastSent, arrivedAt - group.lastArrival)
        return arrived - sent < .zero && arrived <= Self.burstInterval && arrivedAt - group.firstArrival < Self.longestBurst
    }
}
