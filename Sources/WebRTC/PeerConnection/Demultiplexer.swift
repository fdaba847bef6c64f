import RTP
import SDP

/// Tells which transceiver an RTP packet belongs to: by its MID, else its SSRC, else its payload type (RFC 9143 section 9.2).
struct Demultiplexer {
    /// What a packet was found to be.
    struct Destination: Hashable {
        var transceiver: Int
        var payload: NegotiatedMedia.ReceivedPayload
        /// The identifier of the transport-wide sequence number, where the other side wants to be told of its packets' arrival.
        var transportSequenceID: UInt8?
    }

    /// Sources latched to transceivers: two for each, and some more for a sender that changes them.
    private static let maximumSources = 64

    private struct Section {
        var mid: String?
        var midID: UInt8?
        var transportSequenceID: UInt8?
        var media: NegotiatedMedia

        init(mid: String?, media: NegotiatedMedia) {
            self.mid = mid
            self.media = media
            let identifier = { kind in media.receiveExtensions.first { $0.value == kind }?.key }
            midID = identifier(.mid)
            if media.usesTransportCC { transportSequenceID = identifier(.transportWideCC) }
        }
    }

    private var sections: [Int: Section] = [:]
    private var transceiverOfSource: [UInt32: Int] = [:]

    mutating func update(_ transceiver: Int, mid: String?, media: NegotiatedMedia) {
        sections[transceiver] = Section(mid: mid, media: media)
        for source in media.remoteSources {
            latch(source.ssrc, to: transceiver)
            if let rtx = source.rtxSSRC { latch(rtx, to: transceiver) }
        }
    }

    mutating func remove(transceiver: Int) {
        sections[transceiver] = nil
        transceiverOfSource = transceiverOfSource.filter { $0.value != transceiver }
    }

    /// Where `packet` belongs; its source is remembered, so that later packets need no MID.
    mutating func destination(of packet: RTPPacket) -> Destination? {
        guard let transceiver = transceiver(of: packet), let section = sections[transceiver] else { return nil }
        guard section.media.canReceive, let payload = section.media.receivePayloads[packet.payloadType] else { return nil }
        latch(packet.ssrc, to: transceiver)
        return Destination(transceiver: transceiver, payload: payload, transportSequenceID: section.transportSequenceID)
    }

    func transceiver(ofSource ssrc: UInt32) -> Int? {
        transceiverOfSource[ssrc]
    }

    private func transceiver(of packet: RTPPacket) -> Int? {
        for (id, section) in sections {
            guard let mid = section.mid, let midID = section.midID else { continue }
            if packet.mid(id: midID) == mid { return id }
        }
        if let known = transceiverOfSource[packet.ssrc] { return known }
        let candidates = sections.filter { $0.value.media.receivePayloads[packet.payloadType] != nil }
        return candidates.count == 1 ? candidates.first?.key : nil
    }

    private mutating func latch(_ ssrc: UInt32, to transceiver: Int) {
        guard transceiverOfSource[ssrc] != nil || transceiverOfSource.count < Self.maximumSources else { return }
        transceiverOfSource[ssrc] = transceiver
    }
}
