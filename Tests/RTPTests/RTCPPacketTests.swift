import RTP
import Testing
import Wire

@Suite struct RTCPPacketTests {
    @Test(arguments: 0..<RTCPPacket.kindCount) func whatIsWrittenIsRead(kind: Int) {
        var random = RandomSource.seeded(UInt64(kind) + 1)
        for _ in 0..<200 {
            let packet = RTCPPacket.random(kind: kind, using: &random)
            let bytes = packet.encoded()
            #expect(bytes.count % 4 == 0)
            let compound = RTCPCompound(parsing: bytes)
            #expect(compound.error == nil)
            #expect(compound.packets == [packet])
        }
    }

    @Test func compoundsKeepTheirOrder() {
        var random = RandomSource.seeded(99)
        for _ in 0..<100 {
            let packets = random.list(upTo: 10) { RTCPPacket.random(kind: $0.below(RTCPPacket.kindCount), using: &$0) }
            let compound = RTCPCompound(parsing: RTCPPacket.encode(packets))
            #expect(compound.packets == packets)
            #expect(compound.error == nil)
        }
    }

    @Test func senderReportLiesAsTheRFCDraws() throws {
        let bytes: [UInt8] = [
            0x81, 0xc8, 0x00, 0x0c, 0x90, 0x2f, 0x9e, 0x2e, 0xda, 0x8b, 0xd1, 0xfc, 0xdd, 0xdd, 0xa0, 0x5a, 0xaa, 0xf4, 0xed, 0xd5,
            0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02, 0xbc, 0x5e, 0x9a, 0x40, 0x00, 0xff, 0xff, 0xff, 0x00, 0x00, 0x46, 0xe1,
            0x00, 0x00, 0x01, 0x11, 0x09, 0xf3, 0x64, 0x32, 0x00, 0x02, 0x4a, 0x79,
        ]
        let expected = SenderReport(
            ssrc: 0x902f_9e2e, ntpTime: NTPTime(rawValue: 0xda8b_d1fc_dddd_a05a), rtpTimestamp: 0xaaf4_edd5, packetCount: 1, octetCount: 2,
            reports: [
                ReportBlock(
                    ssrc: 0xbc5e_9a40, fractionLost: 0, cumulativeLost: -1, extendedHighestSequenceNumber: 0x46e1, jitter: 273,
                    lastSenderReport: 0x9f3_6432, delaySinceLastSenderReport: 150137)
            ])
        #expect(RTCPCompound(parsing: bytes).packets == [.senderReport(expected)])
        #expect(RTCPPacket.senderReport(expected).encoded() == bytes)
    }

    @Test func nackListsAndMasksAreTheSame() throws {
        let pair: [UInt8] = [0x81, 0xcd, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xfe, 0x80, 0x01]
        let expected = GenericNACK(senderSSRC: 1, mediaSSRC: 2, sequenceNumbers: [65534, 65535, 14])
        #expect(RTCPCompound(parsing: pair).packets == [.nack(expected)])
        #expect(RTCPPacket.nack(expected).encoded() == pair)
    }

    @Test func anEndlessListOfMissingPacketsIsCutOff() {
        let nack = GenericNACK(senderSSRC: 1, mediaSSRC: 2, sequenceNumbers: (0..<3000).map { UInt16($0 * 20) & 0xffff })
        #expect(RTCPPacket.nack(nack).encoded().count <= 12 + 800)
    }

    /// Sent by Chrome while it watched 6 Mbit/s.
    @Test func estimatedBitrateOfABrowser() {
        let bytes: [UInt8] = [143, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 82, 69, 77, 66, 1, 26, 32, 223, 72, 116, 237, 22]
        let expected = ReceiverEstimatedMaximumBitrate(senderSSRC: 1, bitrate: 8_927_168, sources: [1_215_622_422])
        #expect(RTCPCompound(parsing: bytes).packets == [.receiverEstimatedMaximumBitrate(expected)])
        #expect(RTCPPacket.receiverEstimatedMaximumBitrate(expected).encoded() == bytes)
    }

    @Test func anEstimatedBitrateBeyond64BitsIsTheGreatest() {
        let bytes: [UInt8] = [143, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 82, 69, 77, 66, 0, 0xff, 0xff, 0xff]
        guard case .receiverEstimatedMaximumBitrate(let estimate) = RTCPCompound(parsing: bytes).packets.first else {
            Issue.record("not read as REMB")
            return
        }
        #expect(estimate.bitrate == .max)
        #expect(!RTCPPacket.receiverEstimatedMaximumBitrate(estimate).encoded().isEmpty)
    }

    @Test func otherApplicationLayerFeedbackIsKeptRaw() {
        let bytes: [UInt8] = [143, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4]
        let expected = UnknownRTCPPacket(count: 15, packetType: 206, body: Array(bytes[4...]))
        #expect(RTCPCompound(parsing: bytes).packets == [.unknown(expected)])
        #expect(RTCPPacket.unknown(expected).encoded() == bytes)
    }

    @Test func sourceDescriptionTellsTheCanonicalName() {
        let bytes: [UInt8] = [0x81, 0xca, 0, 3, 0, 0, 0, 9, 1, 4, 0x6e, 0x61, 0x6d, 0x65, 0, 0]
        let description = SourceDescription(chunks: [.init(ssrc: 9, cname: "name")])
        #expect(RTCPCompound(parsing: bytes).packets == [.sourceDescription(description)])
        #expect(RTCPPacket.sourceDescription(description).encoded() == bytes)
        #expect(description.chunks.first?.cname == "name")
    }

    @Test func theFirstMalformedPacketEndsTheReading() {
        let report = RTCPPacket.receiverReport(ReceiverReport(ssrc: 1)).encoded()
        let good = RTCPCompound(parsing: report + [0x80, 0xc9])
        #expect(good.packets.count == 1)
        #expect(good.error == .truncated)
        #expect(RTCPCompound(parsing: report + [0x80, 0xc9, 0, 9]).error == .truncated)
        #expect(RTCPCompound(parsing: report + [0x40, 0xc9, 0, 0] + report).error == .version(1))
        // Counts a block that is not there.
        #expect(RTCPCompound(parsing: [0x81, 0xc9, 0, 1, 0, 0, 0, 1] + report).error == .truncated)
        #expect(RTCPCompound(parsing: [0xa0, 0xc9, 0, 1, 0, 0, 0, 5]).error == .padding)
        #expect(RTCPCompound(parsing: []).packets.isEmpty)
    }

    @Test func paddingIsLeftOut() {
        let bytes: [UInt8] = [0xa0, 0xc9, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4]
        #expect(RTCPCompound(parsing: bytes).packets == [.receiverReport(ReceiverReport(ssrc: 1))])
    }

    @Test func aCompoundStartsWithAReportUnlessReducedSize() {
        let picture = RTCPPacket.pictureLossIndication(PictureLossIndication(senderSSRC: 1, mediaSSRC: 2))
        let report = RTCPPacket.receiverReport(ReceiverReport(ssrc: 1))
        let full = RTCPCompound(parsing: RTCPPacket.encode([report, picture]))
        let reduced = RTCPCompound(parsing: RTCPPacket.encode([picture]))
        #expect(full.isValid(reducedSize: false))
        #expect(!reduced.isValid(reducedSize: false))
        #expect(reduced.isValid(reducedSize: true))
        #expect(!RTCPCompound(parsing: []).isValid(reducedSize: true))
    }

    @Test func listsTooLongToCountAreCutOff() {
        let blocks = (0..<40).map { ReportBlock(ssrc: $0) }
        guard
            case .receiverReport(let report) = RTCPCompound(
                parsing: RTCPPacket.receiverReport(ReceiverReport(ssrc: 1, reports: blocks)).encoded()
            ).packets.first
        else {
            Issue.record("not read as RR")
            return
        }
        #expect(report.reports == Array(blocks.prefix(31)))
    }
}
