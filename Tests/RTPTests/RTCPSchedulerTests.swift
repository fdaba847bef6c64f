import RTP
import Testing
import Wire

@Suite struct RTCPSchedulerTests {
    static func scheduler(reducedSize: Bool = false, interval: Duration = .seconds(1), seed: UInt64 = 1) -> RTCPScheduler {
        RTCPScheduler(
            .init(ssrc: 9, sources: [10, 11], cname: "someone", reducedSize: reducedSize, interval: interval), random: .seeded(seed))
    }

    static func drain(_ scheduler: inout RTCPScheduler) -> [RTCPCompound] {
        var result: [RTCPCompound] = []
        while let output = scheduler.nextOutput() {
            guard case .transmit(let bytes) = output else { continue }
            #expect(bytes.count <= RTCPScheduler.maximumSize)
            result.append(RTCPCompound(parsing: bytes))
        }
        return result
    }

    static let loss = RTCPPacket.pictureLossIndication(.init(senderSSRC: 9, mediaSSRC: 2))

    @Test(arguments: [UInt64](1...5)) func reportsComeAtRandomDistances(seed: UInt64) throws {
        var scheduler = Self.scheduler(seed: seed)
        #expect(scheduler.deadline == nil)
        scheduler.handle(.start, at: .zero)
        var last = Instant.zero
        var distances: [Double] = []
        for _ in 0..<200 {
            let deadline = try #require(scheduler.deadline)
            distances.append((deadline - last).seconds)
            last = deadline
            scheduler.handle(.timeout, at: deadline)
            #expect(scheduler.nextOutput() == .reportsNeeded)
            #expect(scheduler.nextOutput() == nil)
        }
        #expect((0.25...0.75).contains(distances[0]))
        #expect(distances.dropFirst().allSatisfy { (0.5...1.5).contains($0) })
        let mean = distances.reduce(0, +) / 200
        #expect((0.9...1.1).contains(mean))
        #expect(Set(distances).count > 100)
    }

    @Test func aReportWithNothingSentIsAReceiverReport() {
        var scheduler = Self.scheduler()
        let block = ReportBlock(ssrc: 5)
        scheduler.handle(.reports(.init(blocks: [block])), at: .zero)
        let name = SourceDescription(chunks: [9, 10, 11].map { .init(ssrc: $0, cname: "someone") })
        #expect(
            Self.drain(&scheduler).map(\.packets) == [
                [.receiverReport(ReceiverReport(ssrc: 9, reports: [block])), .sourceDescription(name)]
            ])
    }

    @Test func theFirstSenderReportCarriesTheBlocks() throws {
        var scheduler = Self.scheduler()
        let senders = [10, 11].map {
            SenderReport(ssrc: $0, ntpTime: NTPTime(rawValue: 1), rtpTimestamp: 2, packetCount: 3, octetCount: 4)
        }
        let blocks = (0..<40).map { ReportBlock(ssrc: $0) }
        scheduler.handle(
            .reports(.init(senders: senders, blocks: blocks, extended: [.receiverReferenceTime(.init(rawValue: 7))])), at: .zero)
        let compounds = Self.drain(&scheduler)
        #expect(compounds.allSatisfy { $0.isValid(reducedSize: false) && $0.error == nil })
        let packets = compounds.flatMap(\.packets)
        guard case .senderReport(let first) = packets.first else {
            Issue.record("starts with \(String(describing: packets.first))")
            return
        }
        #expect(first.reports == Array(blocks.prefix(31)))
        #expect(packets.contains(.senderReport(senders[1])))
        #expect(packets.contains(.receiverReport(ReceiverReport(ssrc: 9, reports: Array(blocks.dropFirst(31))))))
        #expect(packets.contains(.extendedReport(ExtendedReport(ssrc: 9, blocks: [.receiverReferenceTime(.init(rawValue: 7))]))))
    }

    @Test func feedbackGoesAtOnceBehindAnEmptyReport() {
        var scheduler = Self.scheduler()
        scheduler.handle(.feedback(Self.loss), at: .zero)
        let compounds = Self.drain(&scheduler)
        #expect(compounds.count == 1)
        #expect(compounds[0].isValid(reducedSize: false))
        #expect(compounds[0].packets.count == 3)
        #expect(compounds[0].packets.last == Self.loss)
        #expect(Self.drain(&scheduler).isEmpty)
    }

    @Test func feedbackGoesAloneIfReducedSizeWasAgreed() {
        var scheduler = Self.scheduler(reducedSize: true)
        scheduler.handle(.feedback(Self.loss), at: .zero)
        scheduler.handle(.feedback(Self.loss), at: .zero)
        #expect(Self.drain(&scheduler).map(\.packets) == [[Self.loss, Self.loss]])
    }

    @Test(arguments: [false, true]) func muchFeedbackIsSpreadOverDatagrams(reducedSize: Bool) {
        var scheduler = Self.scheduler(reducedSize: reducedSize)
        let nack = RTCPPacket.nack(.init(senderSSRC: 9, mediaSSRC: 2, sequenceNumbers: (0..<100).map { $0 * 20 }))
        for _ in 0..<10 { scheduler.handle(.feedback(nack), at: .zero) }
        let compounds = Self.drain(&scheduler)
        #expect(compounds.allSatisfy { $0.isValid(reducedSize: reducedSize) })
        #expect(compounds.flatMap(\.packets).count { $0 == nack } == 10)
        for _ in 0..<1000 { scheduler.handle(.feedback(Self.loss), at: .zero) }
        #expect(Self.drain(&scheduler).flatMap(\.packets).count { $0 == Self.loss } == 256)
    }

    @Test func closingSaysByeAndEnds() {
        var scheduler = Self.scheduler(reducedSize: true)
        scheduler.handle(.start, at: .zero)
        scheduler.handle(.close, at: .zero)
        let compounds = Self.drain(&scheduler)
        #expect(compounds.count == 1)
        #expect(compounds[0].isValid(reducedSize: false))
        #expect(compounds[0].packets.last == .goodbye(Goodbye(sources: [9, 10, 11])))
        #expect(scheduler.deadline == nil)
        scheduler.handle(.feedback(Self.loss), at: .zero)
        scheduler.handle(.start, at: .zero)
        #expect(Self.drain(&scheduler).isEmpty)
        #expect(scheduler.deadline == nil)
    }
}

@Suite struct ReferenceTimeExchangeTests {
    @Test func anEndThatSendsNothingMeasuresTheRoundTrip() throws {
        let instant = { (milliseconds: Int) in Instant.zero + .milliseconds(milliseconds) }
        var watcher = ReferenceTimeExchange(ssrc: 1, wallClock: WallClock(reference: .zero, unixNanoseconds: 1_700_000_000_000_000_000))
        var sender = ReferenceTimeExchange(ssrc: 2, wallClock: WallClock(reference: .zero, unixNanoseconds: 5_000_000_000))
        let question = ExtendedReport(ssrc: 1, blocks: watcher.takeBlocks(sendsMedia: false, at: instant(0)))
        sender.handle(question, at: instant(40))
        let answer = ExtendedReport(ssrc: 2, blocks: sender.takeBlocks(sendsMedia: true, at: instant(640)))
        watcher.handle(answer, at: instant(690))
        #expect(abs((watcher.roundTripTime ?? .zero).milliseconds - 90) < 0.1)
        #expect(sender.takeBlocks(sendsMedia: true, at: instant(700)).isEmpty)
        #expect(sender.roundTripTime == nil)
    }

    @Test func answersToManyAreBounded() throws {
        var exchange = ReferenceTimeExchange(ssrc: 1, wallClock: WallClock(reference: .zero, unixNanoseconds: 0))
        for ssrc in UInt32(0)..<1000 {
            exchange.handle(ExtendedReport(ssrc: ssrc, blocks: [.receiverReferenceTime(NTPTime(rawValue: 1))]), at: .zero)
        }
        guard case .delaySinceLastReceiverReport(let answers) = exchange.takeBlocks(sendsMedia: true, at: .zero).first else {
            Issue.record("no answer")
            return
        }
        #expect(answers.count == 16)
        #expect(answers.last?.ssrc == 999)
    }
}
