import DequeModule

/// The packets of an audio stream that wait to be played, by timestamp.
struct AudioPacketBuffer {
    struct Packet {
        /// The RTP timestamp, unwrapped.
        var timestamp: Int64
        var sequenceNumber: UInt16
        var payload: [UInt8]
        /// When it arrived, in samples of the local clock.
        var arrival: Int64
        /// Whether it was brought by a later packet.
        var isCopy: Bool
    }

    enum Insertion {
        case inserted
        case duplicate
        /// A copy of it had come before, whose place it took.
        case replacedCopy
        /// It pushed out the oldest packet.
        case overflowed
    }

    /// 4 s of 20 ms packets: four times the longest delay that is ever aimed at.
    static let limit = 200

    private var packets: Deque<Packet> = []

    var first: Packet? { packets.first }
    var isEmpty: Bool { packets.isEmpty }

    mutating func insert(_ packet: Packet) -> Insertion {
        var index = packets.count
        while index > 0, packets[index - 1].timestamp > packet.timestamp { index -= 1 }
        if index > 0, packets[index - 1].timestamp == packet.timestamp {
            guard packets[index - 1].isCopy, !packet.isCopy else { return .duplicate }
            packets[index - 1] = packet
            return .replacedCopy
        }
        packets.insert(packet, at: index)
        guard packets.count > Self.limit else { return .inserted }
        packets.removeFirst()
        return .overflowed
    }

    func contains(timestamp: Int64) -> Bool {
        packets.contains { $0.timestamp == timestamp }
    }

    mutating func popFirst() -> Packet? {
        packets.popFirst()
    }

    mutating func removeAll() {
        packets.removeAll()
    }
}
