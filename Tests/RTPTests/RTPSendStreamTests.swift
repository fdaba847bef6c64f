import RTP
import Testing
import Wire

@Suite struct RTPSendStreamTests {
    static let wallClock = WallClock(reference: .zero, unixNanoseconds: 1_700_000_000_000_000_000)
    static let extensions = HeaderExtensionIDs(mid: 4, absoluteSendTime: 2, transportSequenceNumber: 3, audioLevel: 1)

    static func video(retransmission: Bool = true, seed: UInt64 = 1) -> RTPSendStream {
        var random = RandomSource.seeded(seed)
        return RTPSendStream(
            .init(
                format: .vp8, ssrc: 100, payloadType: 96, retransmission: retransmission ? .init(ssrc: 101, payloadType: 97) : nil,
                answersNACK: true, mid: "1", extensions: extensions), wallClock: wallClock, random: &random)
    }

    static func audio(seed: UInt64 = 1) -> RTPSendStream {
        var random = RandomSource.seeded(seed)
        return RTPSendStream(
            .init(format: .opus, ssrc: 200, payloadType: 111, mid: "0", extensions: extensions), wallClock: wallClock, random: &random)
    }

    /// 20 ms.
    static let opusFrame: [UInt8] = [0xf8, 1, 2, 3, 4]

    static func report(on ssrc: UInt32, last: UInt32 = 0, delay: UInt32 = 0, fractionLost: UInt8 = 0) -> RTPSendStream.Input {
        .rtcp(
            .receiverReport(
                ReceiverReport(
                    ssrc: 9,
                    reports: [
                        ReportBlock(
                            ssrc: ssrc, fractionLost: fractionLost, cumulativeLost: 7, jitter: 900, lastSenderReport: last,
                            delaySinceLastSenderReport: delay)
                    ])))
    }

    static func nack(_ numbers: [UInt16]) -> RTPSendStream.Input {
        .rtcp(.nack(GenericNACK(senderSSRC: 9, mediaSSRC: 100, sequenceNumbers: numbers)))
    }

    static func instant(_ milliseconds: Int) -> Instant { .zero + .milliseconds(milliseconds) }

    @Test func aFrameBecomesPacketsOfOneTimestamp() throws {
        var stream = Self.video()
        let first = stream.packetize([UInt8](repeating: 1, count: 3000), capturedAt: Self.instant(5))
        let second = stream.packetize([1], capturedAt: Self.instant(38))
        #expect(first.count == 3)
        #expect(first.map(\.marker) == [false, false, true])
        #expect(second.map(\.marker) == [true])
        let packets = first + second
        for (packet, next) in zip(packets, packets.dropFirst()) { #expect(next.sequenceNumber == packet.sequenceNumber &+ 1) }
        #expect(Set(first.map(\.timestamp)).count == 1)
        #expect(second[0].timestamp &- first[0].timestamp == 33 * 90)
        #expect(first[0].sequenceNumber < 0x8000)
        #expect(stream.packetize([], capturedAt: Self.instant(40)).isEmpty)
    }

    @Test func packetsAndTheirRetransmissionsFitTheDatagram() throws {
        var stream = Self.video()
        let packets = stream.packetize([UInt8](repeating: 1, count: 50_000), capturedAt: .zero)
        for packet in packets { #expect(stream.encode(packet, transportSequenceNumber: 1, sentAt: .zero).count <= 1200 - 16) }
        stream.handle(Self.nack(packets.map(\.sequenceNumber)), at: Self.instant(10))
        var sizes: [Int] = []
        while let output = stream.nextOutput() {
            guard case .retransmit(let packet) = output else { continue }
            sizes.append(stream.encode(packet, transportSequenceNumber: 1, sentAt: Self.instant(10)).count)
        }
        #expect(sizes.count == packets.count)
        #expect(sizes.allSatisfy { $0 <= 1200 - 16 })
        #expect((sizes.max() ?? 0) > 1150)
    }

    @Test func timestampsOfPicturesNeverRepeatOrGoBack() {
        var stream = Self.video()
        var last: UInt32?
        for milliseconds in [0, 33, 33, 20, 66, 66] {
            let timestamp = stream.packetize([1], capturedAt: Self.instant(milliseconds))[0].timestamp
            if let last { #expect(Int32(bitPattern: timestamp &- last) > 0) }
            last = timestamp
        }
    }

    @Test func timestampsOfAudioCountSamplesNotCaptures() {
        var stream = Self.audio()
        let first = stream.packetize(Self.opusFrame, capturedAt: Self.instant(0))[0]
        let late = stream.packetize(Self.opusFrame, capturedAt: Self.instant(90))[0]
        let early = stream.packetize(Self.opusFrame, capturedAt: Self.instant(91))[0]
        #expect(late.timestamp &- first.timestamp == 960)
        #expect(early.timestamp &- late.timestamp == 960)
        #expect([first, late, early].map(\.marker) == [true, false, false])
        // Muted for two seconds.
        let resumed = stream.packetize(Self.opusFrame, capturedAt: Self.instant(2111))[0]
        #expect(resumed.timestamp &- early.timestamp == 48 * 2020)
    }

    @Test func silenceThatIsNotSentTakesItsTime() {
        var stream = Self.audio()
        let first = stream.packetize(Self.opusFrame, capturedAt: Self.instant(0))[0]
        for _ in 0..<19 { stream.skip(sampleCount: 960) }
        let second = stream.packetize(Self.opusFrame, capturedAt: Self.instant(400))[0]
        #expect(second.timestamp &- first.timestamp == 48 * 400)
        #expect(second.sequenceNumber == first.sequenceNumber &+ 1)
        #expect(second.marker)
    }

    @Test func extensionsAreFilledInWhenThePacketLeaves() throws {
        var stream = Self.audio()
        let packet = stream.packetize(Self.opusFrame, capturedAt: .zero, audioLevel: AudioLevel(level: 30, voiceActivity: true))[0]
        let sent = try RTPPacket(parsing: stream.encode(packet, transportSequenceNumber: 777, sentAt: Self.instant(1500)))
        #expect(sent.transportSequenceNumber(id: 3) == 777)
        #expect(sent.absoluteSendTime(id: 2) == AbsoluteSendTime(rawValue: 0x60000))
        #expect(sent.audioLevel(id: 1) == AudioLevel(level: 30, voiceActivity: true))
        #expect(sent.mid(id: 4) == "0")
        #expect(sent.payload == Self.opusFrame)
    }

    @Test func theMIDIsSentUntilAReceiverHasReported() {
        var stream = Self.video()
        let first = stream.packetize([1], capturedAt: .zero)[0]
        #expect(first.mid(id: 4) == "1")
        _ = stream.encode(first, sentAt: .zero)
        stream.handle(Self.report(on: 555), at: Self.instant(10))
        #expect(stream.packetize([1], capturedAt: Self.instant(20))[0].mid(id: 4) == "1")
        stream.handle(Self.report(on: 100), at: Self.instant(30))
        #expect(stream.packetize([1], capturedAt: Self.instant(40))[0].mid(id: 4) == nil)
    }

    @Test func aMissingPacketIsSentAgainInTheRetransmissionStream() throws {
        var stream = Self.video()
        let packets = stream.packetize([UInt8](repeating: 1, count: 3000), capturedAt: .zero)
        for packet in packets { _ = stream.encode(packet, transportSequenceNumber: 1, sentAt: .zero) }
        let lost = packets[1]
        stream.handle(Self.nack([lost.sequenceNumber, lost.sequenceNumber &+ 500]), at: Self.instant(50))
        guard case .retransmit(let copy) = stream.nextOutput() else {
            Issue.record("nothing was sent again")
            return
        }
        #expect(stream.nextOutput() == nil)
        #expect(copy.ssrc == 101)
        #expect(copy.payloadType == 97)
        #expect(copy.timestamp == lost.timestamp)
        #expect(copy.payload == [UInt8(lost.sequenceNumber >> 8), UInt8(lost.sequenceNumber & 0xff)] + lost.payload)
        let bytes = stream.encode(copy, transportSequenceNumber: 9, sentAt: Self.instant(50))
        #expect(try RTPPacket(parsing: bytes).transportSequenceNumber(id: 3) == 9)
        #expect(stream.statistics.retransmittedPacketsSent == 1)
        #expect(stream.statistics.retransmittedBytesSent == copy.payload.count)
        #expect(stream.statistics.packetsSent == 4)
        #expect(stream.statistics.nackCount == 1)
    }

    @Test func aPacketIsNotSentAgainWhileItsCopyIsUnderWay() {
        var stream = Self.video()
        let packet = stream.packetize([1], capturedAt: .zero)[0]
        _ = stream.encode(packet, sentAt: .zero)
        let last = Self.wallClock.ntp(at: Self.instant(100)).compact
        stream.handle(Self.report(on: 100, last: last), at: Self.instant(300))
        var sent: [Int] = []
        for milliseconds in stride(from: 300, to: 1000, by: 50) {
            stream.handle(Self.nack([packet.sequenceNumber]), at: Self.instant(milliseconds))
            while stream.nextOutput() != nil { sent.append(milliseconds) }
        }
        // Once the first copy must have got lost as well, two at a time.
        #expect(sent == [300, 450, 450, 600, 600, 750, 750, 900, 900])
    }

    @Test func theHistoryForgetsByAgeAndCount() {
        var stream = Self.video()
        var packets: [RTPPacket] = []
        for index in 0..<2000 {
            let packet = stream.packetize([1], capturedAt: Self.instant(index))[0]
            _ = stream.encode(packet, sentAt: Self.instant(index / 10))
            packets.append(packet)
        }
        stream.handle(Self.nack([packets[900].sequenceNumber]), at: Self.instant(200))
        #expect(stream.nextOutput() == nil)
        stream.handle(Self.nack([packets[1100].sequenceNumber]), at: Self.instant(200))
        #expect(stream.nextOutput() != nil)
        stream.handle(Self.nack([packets[1101].sequenceNumber]), at: Self.instant(2200))
        #expect(stream.nextOutput() == nil)
    }

    @Test func withoutARetransmissionStreamThePacketItselfIsRepeated() {
        var stream = Self.video(retransmission: false)
        let packet = stream.packetize([1], capturedAt: .zero)[0]
        _ = stream.encode(packet, sentAt: .zero)
        stream.handle(Self.nack([packet.sequenceNumber]), at: Self.instant(50))
        #expect(stream.nextOutput() == .retransmit(packet))
        _ = stream.encode(packet, sentAt: Self.instant(50))
        #expect(stream.statistics.retransmittedPacketsSent == 1)
    }

    @Test func roundTripAndLossComeFromReportBlocks() throws {
        var stream = Self.video()
        _ = stream.encode(stream.packetize([1], capturedAt: .zero)[0], sentAt: .zero)
        let report = try #require(stream.senderReport(at: Self.instant(1000)))
        // Kept 250 ms, 80 ms on the way.
        stream.handle(
            Self.report(on: 100, last: report.ntpTime.compact, delay: 65536 / 4, fractionLost: 64), at: Self.instant(1330))
        let remote = try #require(stream.remoteInbound)
        #expect(abs((remote.roundTripTime ?? 0) - 0.080) < 0.0001)
        #expect(remote.fractionLost == 0.25)
        #expect(remote.packetsLost == 7)
        #expect(remote.jitter == 0.01)
        #expect(remote.roundTripTimeMeasurements == 1)
        // A report that came before it could have been sent.
        stream.handle(Self.report(on: 100, last: report.ntpTime.compact, delay: 65536 * 3), at: Self.instant(1400))
        #expect(stream.remoteInbound?.roundTripTimeMeasurements == 1)
    }

    @Test func theSenderReportMapsCaptureTimes() throws {
        var stream = Self.video()
        #expect(stream.senderReport(at: .zero) == nil)
        let packets = stream.packetize([UInt8](repeating: 1, count: 3000), capturedAt: Self.instant(1000))
        #expect(stream.senderReport(at: .zero) == nil)
        for packet in packets { _ = stream.encode(packet, sentAt: Self.instant(1400)) }
        let report = try #require(stream.senderReport(at: Self.instant(1500)))
        #expect(report.rtpTimestamp &- packets[0].timestamp == 500 * 90)
        #expect(report.ntpTime == Self.wallClock.ntp(at: Self.instant(1500)))
        #expect(report.packetCount == 3)
        #expect(Int(report.octetCount) == packets.map(\.payload.count).reduce(0, +))
    }

    @Test func aFullIntraRequestIsObeyedOncePerNumber() {
        var stream = Self.video()
        let request = { (number: UInt8) in
            RTPSendStream.Input.rtcp(
                .fullIntraRequest(
                    .init(senderSSRC: 9, entries: [.init(ssrc: 100, sequenceNumber: number), .init(ssrc: 5, sequenceNumber: 99)])))
        }
        stream.handle(request(4), at: Self.instant(0))
        #expect(stream.nextOutput() == .keyFrameRequested)
        for milliseconds in stride(from: 1000, to: 3000, by: 500) { stream.handle(request(4), at: Self.instant(milliseconds)) }
        #expect(stream.nextOutput() == nil)
        stream.handle(request(5), at: Self.instant(3000))
        #expect(stream.nextOutput() == .keyFrameRequested)
        #expect(stream.statistics.firCount == 2)
    }

    @Test func keyFramesAreForcedAtMostEvery300Milliseconds() throws {
        var stream = Self.video()
        _ = stream.encode(stream.packetize([1], capturedAt: .zero)[0], sentAt: .zero)
        let last = Self.wallClock.ntp(at: .zero).compact
        stream.handle(Self.report(on: 100, last: last), at: Self.instant(50))
        let loss = RTPSendStream.Input.rtcp(.pictureLossIndication(.init(senderSSRC: 9, mediaSSRC: 100)))
        stream.handle(loss, at: Self.instant(1000))
        #expect(stream.nextOutput() == .keyFrameRequested)
        // Sent before the key frame can have come.
        stream.handle(loss, at: Self.instant(1020))
        #expect(stream.nextOutput() == nil)
        #expect(stream.deadline == nil)
        // The key frame itself was lost.
        stream.handle(loss, at: Self.instant(1100))
        #expect(stream.nextOutput() == nil)
        #expect(stream.deadline == Self.instant(1300))
        stream.handle(.timeout, at: Self.instant(1300))
        #expect(stream.nextOutput() == .keyFrameRequested)
        #expect(stream.deadline == nil)
        #expect(stream.statistics.pliCount == 3)
    }

    @Test(arguments: [1, 8, 14, 24 * 40]) func timestampsStayRightOverLongPauses(hours: Int) {
        var stream = Self.video()
        let first = stream.packetize([1], capturedAt: .zero)[0]
        let late = stream.packetize([1], capturedAt: .zero + .seconds(hours * 3600))[0]
        #expect(late.timestamp &- first.timestamp == UInt32(truncatingIfNeeded: hours * 3600 * 90_000))
    }
}
