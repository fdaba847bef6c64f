import Wire

/// One RTCP packet of a compound (RFC 3550 section 6, RFC 4585, RFC 5104, RFC 3611).
public enum RTCPPacket: Hashable, Sendable {
    case senderReport(SenderReport)
    case receiverReport(ReceiverReport)
    case sourceDescription(SourceDescription)
    case goodbye(Goodbye)
    case nack(GenericNACK)
    case pictureLossIndication(PictureLossIndication)
    case fullIntraRequest(FullIntraRequest)
    case receiverEstimatedMaximumBitrate(ReceiverEstimatedMaximumBitrate)
    case transportFeedback(TransportFeedback)
    case extendedReport(ExtendedReport)
    case unknown(UnknownRTCPPacket)
}

/// A packet of a type or format that is not read here, kept as it came.
public struct UnknownRTCPPacket: Hashable, Sendable {
    /// The five bits after the padding bit: a count or a feedback message type.
    public var count: UInt8
    public var packetType: UInt8
    /// All behind the four bytes of the common header; filled up with zeros to a multiple of four when written.
    public var body: [UInt8]

    public init(count: UInt8, packetType: UInt8, body: [UInt8]) {
        self.count = count
        self.packetType = packetType
        self.body = body
    }
}

enum RTCPPacketType {
    static let senderReport: UInt8 = 200
    static let receiverReport: UInt8 = 201
    static let sourceDescription: UInt8 = 202
    static let goodbye: UInt8 = 203
    static let transportLayerFeedback: UInt8 = 205
    static let payloadSpecificFeedback: UInt8 = 206
    static let extendedReport: UInt8 = 207
}

/// Feedback message types (the FMT field) of RTPFB and PSFB packets.
enum RTCPFeedbackFormat {
    static let nack: UInt8 = 1
    static let transportFeedback: UInt8 = 15
    static let pictureLossIndication: UInt8 = 1
    static let fullIntraRequest: UInt8 = 4
    static let applicationLayer: UInt8 = 15
}

extension RTCPPacket {
    /// The common header's count or format and type, and the body behind the header.
    private func write(to writer: inout ByteWriter) {
        var body = ByteWriter()
        let header: (count: UInt8, type: UInt8)
        switch self {
        case .senderReport(let packet): header = (packet.write(to: &body), RTCPPacketType.senderReport)
        case .receiverReport(let packet): header = (packet.write(to: &body), RTCPPacketType.receiverReport)
        case .sourceDescription(let packet): header = (packet.write(to: &body), RTCPPacketType.sourceDescription)
        case .goodbye(let packet): header = (packet.write(to: &body), RTCPPacketType.goodbye)
        case .nack(let packet):
            packet.write(to: &body)
            header = (RTCPFeedbackFormat.nack, RTCPPacketType.transportLayerFeedback)
        case .pictureLossIndication(let packet):
            packet.write(to: &body)
            header = (RTCPFeedbackFormat.pictureLossIndication, RTCPPacketType.payloadSpecificFeedback)
        case .fullIntraRequest(let packet):
            packet.write(to: &body)
            header = (RTCPFeedbackFormat.fullIntraRequest, RTCPPacketType.payloadSpecificFeedback)
        case .receiverEstimatedMaximumBitrate(let packet):
            packet.write(to: &body)
            header = (RTCPFeedbackFormat.applicationLayer, RTCPPacketType.payloadSpecificFeedback)
        case .transportFeedback(let packet):
            packet.write(to: &body)
            header = (RTCPFeedbackFormat.transportFeedback, RTCPPacketType.transportLayerFeedback)
        case .extendedReport(let packet):
            packet.write(to: &body)
            header = (0, RTCPPacketType.extendedReport)
        case .unknown(let packet):
            body.write(packet.body.prefix(4 * 0xffff))
            header = (packet.count & 0x1f, packet.packetType)
        }
        // Behind transport feedback, which ends on any byte, counted padding, as browsers write it; all others end on words.
        let padding = (4 - body.count % 4) % 4
        var isPadded = false
        if case .transportFeedback = self, padding > 0 {
            isPadded = true
            body.writeZeros(padding - 1)
            body.write(UInt8(padding))
        }
        body.pad(to: 4)
        writer.write((isPadded ? 0xa0 : 0x80) | header.count)
        writer.write(header.type)
        writer.write(UInt16(truncatingIfNeeded: body.count / 4))
        writer.write(body.bytes)
    }

    /// The packets as one compound, one behind the other.
    ///
    /// Lists longer than a packet can count (31 report blocks, chunks or sources) are cut off at what fits.
    public static func encode(_ packets: [RTCPPacket]) -> [UInt8] {
        // Room for the SRTCP trailer too, which libsrtp writes behind the packet.
        var writer = ByteWriter(reserving: 256)
        for packet in packets { packet.write(to: &writer) }
        return writer.bytes
    }

    /// The bytes of this packet alone.
    public func encoded() -> [UInt8] { RTCPPacket.encode([self]) }

    /// Reads one packet's body, without common header and padding.
    init(count: UInt8, type: UInt8, body: [UInt8]) throws(RTPError) {
        var reader = ByteReader(body)
        do {
            switch type {
            case RTCPPacketType.senderReport: self = .senderReport(try SenderReport(count: count, from: &reader))
            case RTCPPacketType.receiverReport: self = .receiverReport(try ReceiverReport(count: count, from: &reader))
            case RTCPPacketType.sourceDescription: self = .sourceDescription(try SourceDescription(count: count, from: &reader))
            case RTCPPacketType.goodbye: self = .goodbye(try Goodbye(count: count, from: &reader))
            case RTCPPacketType.transportLayerFeedback where count == RTCPFeedbackFormat.nack: self = .nack(try GenericNACK(from: &reader))
            case RTCPPacketType.transportLayerFeedback where count == RTCPFeedbackFormat.transportFeedback:
                self = .transportFeedback(try TransportFeedback(from: &reader))
            case RTCPPacketType.payloadSpecificFeedback where count == RTCPFeedbackFormat.pictureLossIndication:
                self = .pictureLossIndication(try PictureLossIndication(from: &reader))
            case RTCPPacketType.payloadSpecificFeedback where count == RTCPFeedbackFormat.fullIntraRequest:
                self = .fullIntraRequest(try FullIntraRequest(from: &reader))
            case RTCPPacketType.payloadSpecificFeedback where count == RTCPFeedbackFormat.applicationLayer && Self.isREMB(body):
                self = .receiverEstimatedMaximumBitrate(try ReceiverEstimatedMaximumBitrate(from: &reader))
            case RTCPPacketType.extendedReport: self = .extendedReport(try ExtendedReport(from: &reader))
            default: self = .unknown(UnknownRTCPPacket(count: count, packetType: type, body: body))
            }
        } catch let error as RTPError { throw error } catch { throw .truncated }
    }

    private static func isREMB(_ body: [UInt8]) -> Bool {
        body.count >= 12 && Array(body[8..<12]) == ReceiverEstimatedMaximumBitrate.identifier
    }
}
