import DequeModule
import RTP
import Wire

/// A packet that left with a transport-wide sequence number.
package struct SentPacket: Hashable, Sendable {
    /// Unwrapped: never repeats.
    package var number: Int64
    /// Bytes on the wire, headers of IP and UDP included.
    package var size: Int
    package var sentAt: Instant
    /// The probe that it was part of.
    package var probe: Int?

    package init(number: Int64, size: Int, sentAt: Instant, probe: Int?) {
        self.number = number
        self.size = size
        self.sentAt = sentAt
        self.probe = probe
    }
}

/// What the other side told of a packet.
package struct PacketResult: Hashable, Sendable {
    package var packet: SentPacket
    /// When it arrived, by the other side's clock; `nil` if it had not when the feedback was made.
    package var receivedAt: Instant?

    package init(packet: SentPacket, receivedAt: Instant?) {
        self.packet = packet
        self.receivedAt = receivedAt
    }
}

/// The packets sent lately, until the other side has told of them.
package struct SendHistory: Sendable {
    private struct Entry: Sendable {
        var packet: SentPacket
        var isReportedLost = false
        var isReceived = false
    }

    /// Twelve seconds at 5 Mbit/s: feedback that comes later is of no use.
    private static let capacity = 6000
    /// Nobody tells of packets that are older than this.
    private static let maximumAge = Duration.seconds(10)
    /// The feedback's reference time has 24 bits.
    private static let referencePeriod: Int64 = 1 << 24

    private var entries: Deque<Entry> = []
    private var unwrapper = SequenceUnwrapper<UInt16>()
    private var reference: Int64?
    /// The first number that no feedback has reached yet.
    private var unsettled: Int64 = 0
    /// Bytes that the other side has told nothing of, and may yet. What lies before a feedback is settled: where that was told of
    /// in another one, which got lost, nobody will tell it again.
    package private(set) var bytesInFlight = 0

    /// When the first packet left of which the other side has told nothing, and may yet; `nil` if there is none.
    package var oldestInFlight: Instant? {
        guard let first = entries.first, bytesInFlight > 0 else { return nil }
        let index = max(0, Int(unsettled - first.packet.number))
        return index < entries.count ? entries[index].packet.sentAt : nil
    }

    package init() {}

    /// Notes that a packet leaves now. Numbers must follow one another.
    @discardableResult
    package mutating func add(_ number: UInt16, size: Int, probe: Int?, at now: Instant) -> SentPacket {
        let packet = SentPacket(number: unwrapper.unwrap(number), size: size, sentAt: now, probe: probe)
        if let last = entries.last, packet.number != last.packet.number + 1 { forgetAll() }
        while let first = entries.first, entries.count >= Self.capacity || now - first.packet.sentAt > Self.maximumAge { forget(first) }
        if entries.isEmpty { unsettled = packet.number }
        entries.append(Entry(packet: packet))
        bytesInFlight += size
        return packet
    }

    /// What `feedback` tells of packets that were sent: for each that came for the first time, and for each that was missing for
    /// the first time. In the order of sending.
    package mutating func results(of feedback: TransportFeedback) -> [PacketResult] {
        guard let first = entries.first, let firstNumber = feedback.packets.first?.sequenceNumber else { return [] }
        var clock = unwrapReference(feedback.referenceTime) * TransportFeedback.referenceTimeUnit.nanoseconds
        var results: [PacketResult] = []
        let base = unwrapper.peek(firstNumber)
        for (offset, report) in feedback.packets.enumerated() {
            if let delta = report.delta { clock += Int64(delta) * TransportFeedback.deltaUnit.nanoseconds }
            let index = Int(base + Int64(offset) - first.packet.number)
            guard entries.indices.contains(index), !entries[index].isReceived else { continue }
            if report.delta != nil {
                entries[index].isReceived = true
                results.append(PacketResult(packet: entries[index].packet, receivedAt: Instant(nanoseconds: clock)))
            } else if !entries[index].isReportedLost {
                entries[index].isReportedLost = true
                results.append(PacketResult(packet: entries[index].packet, receivedAt: nil))
            }
        }
        settle(before: base + Int64(feedback.packets.count))
        // Feedback comes in order, but for what the network reorders: what lies far before it has been told of, or never will be.
        while let first = entries.first, first.packet.number < base - Self.reordering { forget(first) }
        return results
    }

    /// Packets before a feedback's first that a later feedback may still tell of.
    private static let reordering: Int64 = 512

    private mutating func settle(before number: Int64) {
        guard let first = entries.first?.packet.number, number > unsettled else { return }
        let start = max(0, Int(unsettled - first))
        for index in start..<max(start, min(Int(number - first), entries.count)) {
            bytesInFlight -= entries[index].packet.size
        }
        unsettled = number
    }

    private mutating func forget(_ first: Entry) {
        settle(before: first.packet.number + 1)
        entries.removeFirst()
    }

    private mutating func forgetAll() {
        entries.removeAll()
        bytesInFlight = 0
    }

    /// In units of the reference time.
    private mutating func unwrapReference(_ value: UInt32) -> Int64 {
        guard let last = reference else {
            reference = Int64(value)
            return Int64(value)
        }
        var distance = (Int64(value) - last) % Self.referencePeriod
        if distance < 0 { distance += Self.referencePeriod }
        if distance >= Self.referencePeriod / 2 { distance -= Self.referencePeriod }
        reference = last + distance
        return last + distance
    }
}
