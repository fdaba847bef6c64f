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
    }

    enum Insertion {
        case inserted
        case duplicate
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
        if index > 0, packets[index - 1].timestamp == packet.timestamp { return .duplicate }
        packets.insert(packet, at: index)
        guard packets.count > Self.limit else { return .inserted }
        packets.removeFirst()
        return .overflowed
    }

    mutating func popFirst() -> Packet? {
        packets.popFirst()
    }

    mutating func removeAll() {
        packets.removeAll()
    }
}
