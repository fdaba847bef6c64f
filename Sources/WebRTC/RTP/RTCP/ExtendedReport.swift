import Wire

/// XR: reports of further kinds, of which WebRTC uses those that let a pure receiver measure the round trip (RFC 3611).
public struct ExtendedReport: Hashable, Sendable {
    /// The answer to a receiver reference time (RFC 3611 section 4.5).
    public struct DLRR: Hashable, Sendable {
        /// Who sent the reference time.
        public var ssrc: UInt32
        /// The middle 32 bits of that time.
        public var lastReceiverReport: UInt32
        /// The time since it came, in 1/65536 s.
        public var delaySinceLastReceiverReport: UInt32

        public init(ssrc: UInt32, lastReceiverReport: UInt32, delaySinceLastReceiverReport: UInt32) {
            self.ssrc = ssrc
            self.lastReceiverReport = lastReceiverReport
            self.delaySinceLastReceiverReport = delaySinceLastReceiverReport
        }
    }

    public enum Block: Hashable, Sendable {
        /// The reporter's wallclock time (RRTR, RFC 3611 section 4.4).
        case receiverReferenceTime(NTPTime)
        case delaySinceLastReceiverReport([DLRR])
        /// Contents of whole words, as read.
        case unknown(type: UInt8, typeSpecific: UInt8, contents: [UInt8])
    }

    /// The reporter.
    public var ssrc: UInt32
    public var blocks: [Block]

    public init(ssrc: UInt32, blocks: [Block]) {
        self.ssrc = ssrc
        self.blocks = blocks
    }

    private static let referenceTimeType: UInt8 = 4
    private static let dlrrType: UInt8 = 5

    init(from reader: inout ByteReader) throws(ByteReader.Truncated) {
        ssrc = try reader.read()
        blocks = []
        while reader.remaining >= 4 {
            let type = try reader.read(UInt8.self)
            let typeSpecific = try reader.read(UInt8.self)
            let length = Int(try reader.read(UInt16.self)) * 4
            var contents = try reader.readSlice(length)
            switch type {
            case Self.referenceTimeType where length == 8: blocks.append(.receiverReferenceTime(NTPTime(rawValue: try contents.read())))
            case Self.dlrrType where length % 12 == 0:
                var entries: [DLRR] = []
                while !contents.isAtEnd {
                    entries.append(
                        DLRR(
                            ssrc: try contents.read(), lastReceiverReport: try contents.read(),
                            delaySinceLastReceiverReport: try contents.read()))
                }
                blocks.append(.delaySinceLastReceiverReport(entries))
            default: blocks.append(.unknown(type: type, typeSpecific: typeSpecific, contents: contents.readRest()))
            }
        }
    }

    func write(to writer: inout ByteWriter) {
        writer.write(ssrc)
        for block in blocks {
            switch block {
            case .receiverReferenceTime(let time):
                Self.writeHeader(Self.referenceTimeType, 0, words: 2, to: &writer)
                writer.write(time.rawValue)
            case .delaySinceLastReceiverReport(let entries):
                // More than this would not fit the packet's length field.
                let written = entries.prefix(1000)
                Self.writeHeader(Self.dlrrType, 0, words: 3 * written.count, to: &writer)
                for entry in written {
                    writer.write(entry.ssrc)
                    writer.write(entry.lastReceiverReport)
                    writer.write(entry.delaySinceLastReceiverReport)
                }
            case .unknown(let type, let typeSpecific, let contents):
                let words = min(contents.count / 4, 1000)
                Self.writeHeader(type, typeSpecific, words: words, to: &writer)
                writer.write(contents.prefix(4 * words))
            }
        }
    }

    private static func writeHeader(_ type: UInt8, _ typeSpecific: UInt8, words: Int, to writer: inout ByteWriter) {
        writer.write(type)
        writer.write(typeSpecific)
        writer.write(UInt16(words))
    }
}
