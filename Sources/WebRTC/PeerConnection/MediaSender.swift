import RTP
import SDP
import Wire

/// The sending half of a transceiver: what was negotiated, and the stream that follows it.
final class MediaSender {
    var stream: RTPSendStream
    /// Whether the other side wants anything now.
    var isActive: Bool

    init?(_ transceiver: Transceiver, wallClock: WallClock, random: inout RandomSource) {
        guard let configuration = RTPSendStream.Configuration(transceiver) else { return nil }
        stream = RTPSendStream(configuration, wallClock: wallClock, random: &random)
        isActive = transceiver.negotiated?.canSend ?? false
    }

    /// Follows a new negotiation; sequence numbers and accounts go on.
    func update(_ transceiver: Transceiver) {
        isActive = transceiver.negotiated?.canSend ?? false
        if let configuration = RTPSendStream.Configuration(transceiver) { stream.configuration = configuration }
    }
}

extension RTPSendStream.Configuration {
    /// `nil` if nothing can be sent: no sender, or no common codec.
    fileprivate init?(_ transceiver: Transceiver) {
        guard let sender = transceiver.sender, let media = transceiver.negotiated, let codec = media.sendCodec else { return nil }
        var retransmission: RTPSendStream.Retransmission?
        if let ssrc = sender.rtxSSRC, let payloadType = codec.rtxPayloadType {
            retransmission = RTPSendStream.Retransmission(ssrc: ssrc, payloadType: payloadType)
        }
        self.init(
            format: transceiver.kind == .video ? .vp8 : .opus, ssrc: sender.ssrc, payloadType: codec.payloadType,
            retransmission: retransmission, redundancyPayloadType: codec.redPayloadType, answersNACK: media.feedback.contains(.nack),
            mid: transceiver.mid,
            extensions: HeaderExtensionIDs(
                mid: media.sendExtensions[.mid], absoluteSendTime: media.sendExtensions[.absSendTime],
                transportSequenceNumber: media.sendExtensions[.transportWideCC], audioLevel: media.sendExtensions[.audioLevel]))
    }
}
