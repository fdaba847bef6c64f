import Wire

/// The packets sent last, for those that ask for one again.
struct PacketHistory: Sendable {
    private struct Entry: Sendable {
        var packet: RTPPacket
        var sentAt: Instant
        var resentAt: Instant?
    }

    /// How many packets are kept: 2 s at 4 Mbit/s and 1000 bytes each, about 1.2 MB. A power of two, so that a sequence
    /// number finds its place by its lower bits.
    static let capacity = 1024
    /// Older ones come too late to be played.
    static let maximumAge = Duration.seconds(2)

    private var entries: [Entry?] = []
    private(set) var newest: RTPPacket?

    /// Whether the packet is here, so that sending it is sending it again.
    func contains(_ sequenceNumber: UInt16) -> Bool { entry(sequenceNumber) != nil }

    mutating func insert(_ packet: RTPPacket, at now: Instant) {
        if entries.isEmpty { entries = Array(repeating: nil, count: Self.capacity) }
        entries[index(packet.sequenceNumber)] = Entry(packet: packet, sentAt: now)
        newest = packet
    }

    mutating func removeAll() { entries.removeAll() }

    /// The packet, unless it is too old, or was given less than `interval` ago: then its copy is still under way.
    ///
    /// - Returns: with whether it is given for the first time.
    mutating func takeForRetransmission(_ sequenceNumber: UInt16, interval: Duration, at now: Instant)
        -> (packet: RTPPacket, isFirst: Bool)?
    {
        guard let entry = entry(sequenceNumber), now - entry.sentAt <= Self.maximumAge else { return nil }
        if let resentAt = entry.resentAt, now - resentAt < interval { return nil }
        entries[index(sequenceNumber)]?.resentAt = now
        return (entry.packet, entry.resentAt == nil)
    }

    private func index(_ sequenceNumber: UInt16) -> Int { Int(sequenceNumber) % Self.capacity }

    private func entry(_ sequenceNumber: UInt16) -> Entry? {
        guard !entries.isEmpty, let entry = entries[index(sequenceNumber)], entry.packet.sequenceNumber == sequenceNumber else {
            return nil
        }
        return entry
    }
}
