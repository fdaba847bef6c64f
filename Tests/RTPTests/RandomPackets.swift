import RTP
import Wire

extension RandomSource {
    mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }
    mutating func word() -> UInt32 { UInt32(truncatingIfNeeded: next()) }
    mutating func number() -> UInt16 { UInt16(truncatingIfNeeded: next()) }
    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }

    mutating func list<Element>(upTo limit: Int, _ element: (inout RandomSource) -> Element) -> [Element] {
        var result: [Element] = []
        for _ in 0..<below(limit + 1) { result.append(element(&self)) }
        return result
    }
}

extension RTPPacket {
    static func random(using random: inout RandomSource) -> RTPPacket {
        var packet = RTPPacket(
            payloadType: random.byte() & 0x7f, sequenceNumber: random.number(), timestamp: random.word(), ssrc: random.word(),
            marker: Bool.random(using: &random), contributingSources: random.list(upTo: 15) { $0.word() },
            payload: random.bytes(random.below(200)), paddingLength: Bool.random(using: &random) ? 0 : UInt8(random.below(256)))
        let isTwoByte = Bool.random(using: &random)
        for _ in 0..<random.below(6) {
            let identifier = UInt8(isTwoByte ? 1 + random.below(255) : 1 + random.below(14))
            packet.extensions[identifier] = random.bytes(isTwoByte ? random.below(256) : 1 + random.below(16))
        }
        return packet
    }
}

extension ReportBlock {
    static func random(using random: inout RandomSource) -> ReportBlock {
        ReportBlock(
            ssrc: random.word(), fractionLost: random.byte(), cumulativeLost: Int32.random(in: -(1 << 23)..<(1 << 23), using: &random),
            extendedHighestSequenceNumber: random.word(), jitter: random.word(), lastSenderReport: random.word(),
            delaySinceLastSenderReport: random.word())
    }
}

extension RTCPPacket {
    static let kindCount = 11

    /// A packet of the kind `index`, below ``kindCount``, with contents that survive writing and reading.
    static func random(kind index: Int, using random: inout RandomSource) -> RTCPPacket {
        let sender = random.word()
        let media = random.word()
        switch index {
        case 0:
            return .senderReport(
                SenderReport(
                    ssrc: sender, ntpTime: NTPTime(rawValue: random.next()), rtpTimestamp: random.word(), packetCount: random.word(),
                    octetCount: random.word(), reports: random.list(upTo: 31) { .random(using: &$0) }))
        case 1: return .receiverReport(ReceiverReport(ssrc: sender, reports: random.list(upTo: 31) { .random(using: &$0) }))
        case 2:
            return .sourceDescription(
                SourceDescription(
                    chunks: random.list(upTo: 31) { random in
                        let items = random.list(upTo: 4) { SourceDescription.Item(type: $0.byte() | 1, value: $0.bytes($0.below(256))) }
                        return SourceDescription.Chunk(ssrc: random.word(), items: items)
                    }))
        case 3:
            let reason = String(decoding: random.list(upTo: 200) { 0x20 + $0.byte() % 0x5f }, as: UTF8.self)
            return .goodbye(Goodbye(sources: random.list(upTo: 31) { $0.word() }, reason: reason))
        case 4:
            var numbers: [UInt16] = []
            var number = random.number()
            for _ in 0..<random.below(100) {
                numbers.append(number)
                number &+= UInt16(1 + random.below(40))
            }
            return .nack(GenericNACK(senderSSRC: sender, mediaSSRC: media, sequenceNumbers: numbers))
        case 5: return .pictureLossIndication(PictureLossIndication(senderSSRC: sender, mediaSSRC: media))
        case 6:
            let entries = random.list(upTo: 20) { FullIntraRequest.Entry(ssrc: $0.word(), sequenceNumber: $0.byte()) }
            return .fullIntraRequest(FullIntraRequest(senderSSRC: sender, entries: entries))
        case 7:
            let bitrate = UInt64(random.word() & 0x3ffff) << UInt64(random.below(46))
            return .receiverEstimatedMaximumBitrate(
                ReceiverEstimatedMaximumBitrate(senderSSRC: sender, bitrate: bitrate, sources: random.list(upTo: 255) { $0.word() }))
        case 8: return .transportFeedback(.random(using: &random))
        case 9:
            let blocks: [ExtendedReport.Block] = random.list(upTo: 5) { random in
                switch random.below(3) {
                case 0: .receiverReferenceTime(NTPTime(rawValue: random.next()))
                case 1:
                    .delaySinceLastReceiverReport(
                        random.list(upTo: 5) {
                            .init(ssrc: $0.word(), lastReceiverReport: $0.word(), delaySinceLastReceiverReport: $0.word())
                        })
                default:
                    .unknown(type: 6 + random.byte() % 200, typeSpecific: random.byte(), contents: random.bytes(4 * random.below(20)))
                }
            }
            return .extendedReport(ExtendedReport(ssrc: sender, blocks: blocks))
        default:
            return .unknown(
                UnknownRTCPPacket(
                    count: random.byte() & 0x1f, packetType: 208 + random.byte() % 15, body: random.bytes(4 * random.below(50))))
        }
    }
}

extension TransportFeedback {
    /// Runs and mixtures of lost, prompt and late packets.
    static func random(using random: inout RandomSource) -> TransportFeedback {
        var deltas: [Int32?] = []
        for _ in 0..<random.below(8) {
            let kind = random.below(5)
            for _ in 0..<(1 + random.below(kind < 3 ? 60 : 20)) {
                switch kind == 4 ? random.below(3) : kind == 3 ? random.below(2) : kind {
                case 0: deltas.append(nil)
                case 1: deltas.append(Int32(random.byte()))
                default: deltas.append(Int32(Int16(bitPattern: random.number())))
                }
            }
        }
        return TransportFeedback(
            senderSSRC: random.word(), mediaSSRC: random.word(), baseSequenceNumber: random.number(), referenceTime: random.word(),
            feedbackPacketCount: random.byte(), deltas: deltas)
    }
}
