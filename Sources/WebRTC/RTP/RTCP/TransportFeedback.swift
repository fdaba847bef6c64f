import Wire

/// Transport-wide feedback: which packets came, and when (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).
public struct TransportFeedback: Hashable, Sendable {
    public struct Packet: Hashable, Sendable {
        /// The transport-wide sequence number.
        public var sequenceNumber: UInt16
        /// The time since the previous packet that came, or since the reference time for the first, in units of 250 us;
        /// -32768...32767. `nil` if the packet had not come.
        public var delta: Int32?

        public init(sequenceNumber: UInt16, delta: Int32?) {
            self.sequenceNumber = sequenceNumber
            self.delta = delta
        }
    }

    public var senderSSRC: UInt32
    public var mediaSSRC: UInt32
    public var baseSequenceNumber: UInt16
    /// 24 bits, in units of 64 ms, of the receiver's own clock; wraps.
    public var referenceTime: UInt32
    /// Counts the feedback packets, to tell of lost ones.
    public var feedbackPacketCount: UInt8
    /// Consecutive from ``baseSequenceNumber`` on.
    public private(set) var packets: [Packet]

    /// - Parameter deltas: one for each packet from `baseSequenceNumber` on, see ``Packet/delta``; values that 16 bits cannot
    ///   hold are clamped, and what goes beyond 8192 packets is left out.
    public init(
        senderSSRC: UInt32, mediaSSRC: UInt32, baseSequenceNumber: UInt16, referenceTime: UInt32, feedbackPacketCount: UInt8,
        deltas: [Int32?]
    ) {
        self.senderSSRC = senderSSRC
        self.mediaSSRC = mediaSSRC
        self.baseSequenceNumber = baseSequenceNumber
        self.referenceTime = referenceTime & 0xff_ffff
        self.feedbackPacketCount = feedbackPacketCount
        packets = deltas.prefix(Self.maximumStatusCount).enumerated().map { index, delta in
            Packet(
                sequenceNumber: baseSequenceNumber &+ UInt16(truncatingIfNeeded: index),
                delta: delta.map { min(max($0, Int32(Int16.min)), Int32(Int16.max)) })
        }
    }

    /// The unit of deltas.
    public static let deltaUnit = Duration.microseconds(250)
    /// The unit of the reference time.
    public static let referenceTimeUnit = Duration.milliseconds(64)

    /// Packets in one feedback. A run-length chunk of two bytes claims up to 8191, so the claims need a limit of their own;
    /// at one feedback in 100 ms this one stands for 80,000 packets a second.
    static let maximumStatusCount = 8192

    enum Symbol: UInt8 {
        case notReceived = 0
        case smallDelta = 1
        case largeDelta = 2

        init(delta: Int32?) {
            switch delta {
            case .none: self = .notReceived
            case .some(0...255): self = .smallDelta
            case .some: self = .largeDelta
            }
        }
    }

    init(from reader: inout ByteReader) throws {
        senderSSRC = try reader.read()
        mediaSSRC = try reader.read()
        baseSequenceNumber = try reader.read()
        let count = Int(try reader.read(UInt16.self))
        guard count <= Self.maximumStatusCount else { throw RTPError.malformed("transport feedback on \(count) packets, more than 8192") }
        referenceTime = try reader.readUInt24()
        feedbackPacketCount = try reader.read()
        let symbols = try Self.readSymbols(count, from: &reader)
        packets = []
        packets.reserveCapacity(count)
        var number = baseSequenceNumber
        for symbol in symbols {
            let delta: Int32? =
                switch symbol {
                case .notReceived: nil
                case .smallDelta: Int32(try reader.read(UInt8.self))
                case .largeDelta: Int32(Int16(bitPattern: try reader.read(UInt16.self)))
                }
            packets.append(Packet(sequenceNumber: number, delta: delta))
            number &+= 1
        }
    }

    func write(to writer: inout ByteWriter) {
        writer.write(senderSSRC)
        writer.write(mediaSSRC)
        writer.write(baseSequenceNumber)
        writer.write(UInt16(packets.count))
        writer.writeUInt24(referenceTime & 0xff_ffff)
        writer.write(feedbackPacketCount)
        let symbols = packets.map { Symbol(delta: $0.delta) }
        Self.writeChunks(symbols, to: &writer)
        for packet in packets {
            guard let delta = packet.delta else { continue }
            switch Symbol(delta: delta) {
            case .notReceived: break
            case .smallDelta: writer.write(UInt8(truncatingIfNeeded: delta))
            case .largeDelta: writer.write(UInt16(truncatingIfNeeded: delta))
            }
        }
    }
}
