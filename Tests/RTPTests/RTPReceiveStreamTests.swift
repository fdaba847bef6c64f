import RTP
import Testing
import Wire

@Suite struct RTPReceiveStreamTests {
    static func video(minimumSequential: Int = 1) -> RTPReceiveStream {
        RTPReceiveStream(
            .init(
                ssrc: 100, retransmissionSSRC: 101, clockRate: 90_000, retransmissionPayloadTypes: [97: 96], sendsNACK: true,
                minimumSequential: minimumSequential), localSSRC: 9)
    }

    static func packet(_ number: Int, timestamp: UInt32 = 0) -> RTPPacket {
        RTPPacket(
            payloadType: 96, sequenceNumber: UInt16(truncatingIfNeeded: number), timestamp: timestamp, ssrc: 100, payload: [1, 2, 3, 4])
    }

    static func retransmission(of number: Int, sequenceNumber: Int, payloadType: UInt8 = 97) -> RTPPacket {
        let original = packet(number)
        let prefix = [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
        return RTPPacket(
            payloadType: payloadType, sequenceNumber: UInt16(truncatingIfNeeded: sequenceNumber), timestamp: original.timestamp, ssrc: 101,
            payload: prefix + original.payload)
    }

    static func instant(_ milliseconds: Int) -> Instant { .zero + .milliseconds(milliseconds) }

    /// What came out: the sequence numbers of packets, and of requests.
    struct Outputs {
        var packets: [UInt16] = []
        var nacks: [[UInt16]] = []
    }

    static func drain(_ stream: inout RTPReceiveStream) -> Outputs {
        var result = Outputs()
        while let output = stream.nextOutput() {
            switch output {
            case .packet(let packet, _): result.packets.append(packet.sequenceNumber)
            case .feedback(.nack(let nack)): result.nacks.append(nack.sequenceNumbers)
            case .feedback: break
            }
        }
        return result
    }

    static func report(_ stream: inout RTPReceiveStream, at now: Instant) throws -> ReportBlock {
        let block = stream.takeReportBlock(at: now)
        return try #require(block)
    }

    @discardableResult
    static func feed(_ stream: inout RTPReceiveStream, _ numbers: [Int], at milliseconds: Int = 0) -> Outputs {
        for number in numbers { stream.handle(.packet(packet(number)), at: instant(milliseconds)) }
        return drain(&stream)
    }

    // MARK: Appendix A.1

    @Test func aSourceIsOnProbationUntilTwoPacketsInSequence() {
        var stream = Self.video(minimumSequential: 2)
        #expect(Self.feed(&stream, [10, 500, 502, 503, 504]).packets == [503, 504])
        #expect(stream.statistics.packetsDiscarded == 3)
        var behindSRTP = Self.video()
        #expect(Self.feed(&behindSRTP, [10, 11]).packets == [10, 11])
    }

    @Test func sequenceNumbersWrapIntoCycles() throws {
        var stream = Self.video()
        Self.feed(&stream, Array(65000...65535) + Array(65536...66000))
        let block = try Self.report(&stream, at: .zero)
        #expect(block.extendedHighestSequenceNumber == 66000)
        #expect(block.cumulativeLost == 0)
        Self.feed(&stream, Array(66001...(3 * 65536 + 5)))
        #expect(try Self.report(&stream, at: .zero).extendedHighestSequenceNumber == 3 * 65536 + 5)
    }

    @Test func aLeapIsHeededOnlyWithASecondPacketBehindIt() throws {
        var stream = Self.video()
        #expect(Self.feed(&stream, [100, 101, 30_000, 102, 40_000, 50_000, 103]).packets == [100, 101, 102, 103])
        #expect(stream.statistics.packetsLost == 0)
        #expect(Self.feed(&stream, [60_000, 60_001, 60_002]).packets == [60_001, 60_002])
        #expect(try Self.report(&stream, at: .zero).extendedHighestSequenceNumber == 60_002)
        #expect(try Self.report(&stream, at: .zero).cumulativeLost == 0)
    }

    // MARK: Appendix A.3

    @Test func lossIsReportedInTotalAndSinceTheLastReport() throws {
        var stream = Self.video()
        Self.feed(&stream, Array(1...100).filter { $0 % 4 != 0 })
        var block = try Self.report(&stream, at: .zero)
        #expect(block.cumulativeLost == 24)
        #expect(block.fractionLost == UInt8(24 * 256 / 99))
        Self.feed(&stream, Array(100...200))
        block = try Self.report(&stream, at: .zero)
        #expect(block.cumulativeLost == 24)
        #expect(block.fractionLost == 0)
        // Nothing new: no division by nothing.
        #expect(try Self.report(&stream, at: .zero).fractionLost == 0)
    }

    @Test func duplicatesMakeTheLossNegativeAndTheFractionZero() throws {
        var stream = Self.video()
        #expect(Self.feed(&stream, [1, 2, 2, 3, 3, 1]).packets == [1, 2, 3])
        let block = try Self.report(&stream, at: .zero)
        #expect(block.cumulativeLost == -3)
        #expect(block.fractionLost == 0)
        #expect(stream.statistics.packetsLost == -3)
        #expect(stream.statistics.packetsDuplicated == 3)
        #expect(stream.statistics.packetsDiscarded == 0)
    }

    @Test func aPacketFromBeforeTheFirstIsTaken() {
        var stream = Self.video()
        #expect(Self.feed(&stream, [0, 65535, 1]).packets == [0, 65535, 1])
        #expect(Self.feed(&stream, [65535, 0]).packets == [])
    }

    // MARK: Appendix A.8

    @Test(arguments: [UInt64](1...20)) func jitterIsThatOfTheRFC(seed: UInt64) {
        var random = RandomSource.seeded(seed)
        var stream = Self.video()
        var reference = 0.0
        var lastTransit: Double?
        for index in 0..<500 {
            let arrival = index * 20 + random.below(60)
            let timestamp = UInt32(truncatingIfNeeded: index * 1800 &+ 4_294_900_000)
            stream.handle(.packet(Self.packet(index, timestamp: timestamp)), at: Self.instant(arrival))
            let transit = Double(arrival) * 90 - Double(index) * 1800
            if let lastTransit { reference += (abs(transit - lastTransit) - reference) / 16 }
            lastTransit = transit
        }
        #expect(abs(stream.statistics.jitter - reference / 90_000) < 0.0001)
        #expect(stream.statistics.jitter > 0.005)
    }

    @Test func packetsOfOnePictureAreNoJitter() {
        var stream = Self.video()
        for index in 0..<300 {
            let arrival = index / 3 * 33 + index % 3 * 5
            stream.handle(.packet(Self.packet(index, timestamp: UInt32(index / 3 * 2970))), at: Self.instant(arrival))
        }
        #expect(stream.statistics.jitter == 0)
        // A leap of the sender's clock is none of the network's either.
        stream.handle(.packet(Self.packet(300, timestamp: 2_000_000_000)), at: Self.instant(3300))
        #expect(stream.statistics.jitter == 0)
    }

    // MARK: Sender reports

    @Test func reportBlocksTellOfTheLastSenderReport() throws {
        var stream = Self.video()
        Self.feed(&stream, [1, 2])
        #expect(try Self.report(&stream, at: .zero).lastSenderReport == 0)
        let time = NTPTime(rawValue: 0x1234_5678_9abc_def0)
        let report = SenderReport(ssrc: 100, ntpTime: time, rtpTimestamp: 90_000, packetCount: 5, octetCount: 500)
        stream.handle(.rtcp(.senderReport(report)), at: Self.instant(1000))
        let block = try Self.report(&stream, at: Self.instant(1500))
        #expect(block.lastSenderReport == 0x5678_9abc)
        #expect(block.delaySinceLastSenderReport == 32768)
        #expect(stream.remoteOutbound?.packetsSent == 5)
        #expect(stream.lastSenderReport?.arrival == Self.instant(1000))
        #expect(stream.takeReportBlock(at: Self.instant(9000)) == nil)
    }

    @Test func captureTimesFollowFromSenderReports() {
        var stream = Self.video()
        #expect(stream.captureTime(ofTimestamp: 0) == nil)
        let time = NTPTime(unixNanoseconds: 1_700_000_000_500_000_000)
        let report = SenderReport(ssrc: 100, ntpTime: time, rtpTimestamp: 0xffff_ffff, packetCount: 5, octetCount: 500)
        stream.handle(.rtcp(.senderReport(report)), at: .zero)
        let later = stream.captureTime(ofTimestamp: 89_999 + 45_000)
        #expect(abs((later?.unixNanoseconds ?? 0) - 1_700_000_002_000_000_000) < 10)
        let earlier = stream.captureTime(ofTimestamp: 0xffff_ffff - 67_500)
        #expect(abs((earlier?.unixNanoseconds ?? 0) - 1_699_999_999_750_000_000) < 10)
    }

    @Test func byeIsNotedUntilTheSourceSendsAgain() {
        var stream = Self.video()
        stream.handle(.rtcp(.goodbye(Goodbye(sources: [5, 100]))), at: .zero)
        #expect(stream.hasLeft)
        Self.feed(&stream, [1])
        #expect(!stream.hasLeft)
    }

    @Test func keyFramesAreAskedForByEitherMessage() {
        var stream = Self.video()
        stream.handle(.requestKeyFrame(.pictureLossIndication), at: .zero)
        stream.handle(.requestKeyFrame(.fullIntraRequest), at: .zero)
        stream.handle(.requestKeyFrame(.fullIntraRequest), at: .zero)
        #expect(stream.nextOutput() == .feedback(.pictureLossIndication(.init(senderSSRC: 9, mediaSSRC: 100))))
        #expect(stream.nextOutput() == .feedback(.fullIntraRequest(.init(senderSSRC: 9, entries: [.init(ssrc: 100, sequenceNumber: 0)]))))
        #expect(stream.nextOutput() == .feedback(.fullIntraRequest(.init(senderSSRC: 9, entries: [.init(ssrc: 100, sequenceNumber: 1)]))))
        #expect(stream.statistics.pliCount == 1)
        #expect(stream.statistics.firCount == 2)
    }

    @Test func statisticsCountHeadersAndPayloadsApart() {
        var stream = Self.video()
        var padded = Self.packet(1)
        padded.paddingLength = 5
        stream.handle(.packet(padded), at: Self.instant(3))
        stream.handle(.packet(Self.retransmission(of: 0, sequenceNumber: 7)), at: Self.instant(4))
        #expect(stream.statistics.packetsReceived == 2)
        #expect(stream.statistics.bytesReceived == 4 + 6)
        #expect(stream.statistics.headerBytesReceived == 12 + 5 + 12)
        #expect(stream.statistics.retransmittedPacketsReceived == 1)
        #expect(stream.statistics.retransmittedBytesReceived == 6)
        #expect(stream.statistics.lastPacketReceivedTimestamp == Self.instant(4))
    }
}
