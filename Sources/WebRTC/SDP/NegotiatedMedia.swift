/// What an offer and its answer have agreed on for one transceiver.
public struct NegotiatedMedia: Hashable, Sendable {
    /// A codec with the payload type under which one side receives it.
    public struct Codec: Hashable, Sendable {
        /// As configured: `opus`, `VP8`.
        public var name: String
        /// In hertz.
        public var clockRate: UInt32
        public var channels: Int
        public var payloadType: UInt8
        /// Retransmissions' payload type; `nil` if there are none.
        public var rtxPayloadType: UInt8?
        /// The payload type of packets that repeat earlier ones; `nil` if there are none.
        public var redPayloadType: UInt8?
        /// What its receiver wrote: limits for the sender.
        public var parameters: FormatParameters
    }

    public enum ReceivedPayload: Hashable, Sendable {
        case media(Codec)
        /// Retransmissions of packets of `payloadType` (RFC 4588).
        case retransmission(payloadType: UInt8)
        /// Packets of `payloadType` with copies of earlier ones (RFC 2198).
        case redundancy(payloadType: UInt8)
    }

    /// What the other side receives, with its payload types, most preferred first: send the first. Never empty.
    public var sendCodecs: [Codec]
    /// What this side receives, by payload type; the two directions' types may differ.
    public var receivePayloads: [UInt8: ReceivedPayload]
    /// The ids to send with.
    public var sendExtensions: [HeaderExtension: UInt8]
    /// The ids that are received.
    public var receiveExtensions: [UInt8: HeaderExtension]
    /// One- and two-byte header extensions may be mixed.
    public var allowsMixedExtensions: Bool
    public var feedback: Set<RTCPFeedback>
    /// RTCP packets other than compound ones are welcome (RFC 5506).
    public var isReducedSizeRTCP: Bool
    /// What the description tells of the other side's sources; empty if it does not name them.
    public var remoteSources: [RemoteSource]
    public var remoteStreams: [MediaStreamIdentifier]
    public var canSend: Bool
    public var canReceive: Bool

    /// The codec to send.
    public var sendCodec: Codec? { sendCodecs.first }
    /// Retransmissions may be asked for and sent.
    public var usesRTX: Bool { sendCodecs.first?.rtxPayloadType != nil }
    /// Feedback of transport-wide arrival times is agreed on, and the sequence numbers that it needs.
    public var usesTransportCC: Bool { feedback.contains(.transportCC) && sendExtensions[.transportWideCC] != nil }
}

/// An RTP source that the other side announced.
public struct RemoteSource: Hashable, Sendable {
    public var ssrc: UInt32
    /// The source that carries its retransmissions (`a=ssrc-group:FID`).
    public var rtxSSRC: UInt32?
    public var cname: String?

    public init(ssrc: UInt32, rtxSSRC: UInt32? = nil, cname: String? = nil) {
        self.ssrc = ssrc
        self.rtxSSRC = rtxSSRC
        self.cname = cname
    }
}

extension MediaDescription {
    /// The sources without those that only retransmit.
    var sources: [RemoteSource] {
        var retransmissions: [UInt32: UInt32] = [:]
        for group in ssrcGroups where group.semantics == "FID" && group.ssrcs.count == 2 {
            retransmissions[group.ssrcs[0]] = group.ssrcs[1]
        }
        let secondary = Set(retransmissions.values)
        var result: [RemoteSource] = []
        var known: [UInt32: Int] = [:]
        for attribute in ssrcAttributes where !secondary.contains(attribute.ssrc) {
            let index = known[attribute.ssrc] ?? result.count
            if index == result.count {
                known[attribute.ssrc] = index
                result.append(RemoteSource(ssrc: attribute.ssrc, rtxSSRC: retransmissions[attribute.ssrc]))
            }
            if attribute.name == "cname" { result[index].cname = attribute.value }
        }
        return result
    }
}
