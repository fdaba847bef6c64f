import Playout
import RTP
import Testing
import Wire

@Suite struct VideoFrameBufferTests {
    private func run(_ conditions: VideoScenario.Conditions, seed: UInt64 = 1, seconds: Double = 10) -> VideoScenario {
        var scenario = VideoScenario(conditions, seed: seed)
        scenario.run(milliseconds: seconds * 1000)
        #expect(scenario.problems.first == nil, "\(scenario.problems.prefix(3))")
        return scenario
    }

    @Test func framesComeAtTheMomentTheyAreWhole() {
        let scenario = run(.init())
        #expect(scenario.emitted.count >= scenario.sentFrames - 2)
        #expect(scenario.emitted.allSatisfy { $0.at - Double($0.index) * 33 < 30.1 })
        #expect(scenario.requests.isEmpty)
        #expect(scenario.buffer.statistics.framesReceived == scenario.emitted.count)
        #expect(scenario.buffer.statistics.keyFramesReceived == 1)
    }

    @Test func reorderingWithinAFrameAndBetweenFramesIsBorne() {
        let scenario = run(.init(jitter: 60))
        #expect(scenario.emitted.count >= scenario.sentFrames - 4)
        // The key frame's first packet may come so late that one is asked for.
        #expect(scenario.requests.count <= 1)
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func repairedLossCostsNoFrameAndNoKeyFrame(seed: UInt64) {
        let scenario = run(.init(loss: 0.05), seed: seed, seconds: 20)
        #expect(scenario.emitted.count >= scenario.sentFrames - 6)
        #expect(scenario.requests.isEmpty)
    }

    @Test func unrepairedLossAsksForAKeyFrameOnceTheWindowIsOver() throws {
        var scenario = VideoScenario(.init(), seed: 1)
        scenario.run(milliseconds: 1000)
        scenario.conditions.loss = 1
        scenario.conditions.repaired = 0
        scenario.run(milliseconds: 33)
        scenario.conditions.loss = 0
        let noticed = scenario.now + 30
        scenario.run(milliseconds: 1000)
        let request = try #require(scenario.requests.first)
        // Three round trips of 60 ms after the gap was noticed.
        #expect(request > noticed + 140 && request < noticed + 230, "\(request) \(noticed)")
        #expect(scenario.requests.count == 1)
        let key = try #require(scenario.emitted.last { $0.isKey })
        #expect(key.at < request + 150)
        #expect((scenario.emitted.last?.index ?? 0) >= scenario.sentFrames - 3)
        #expect(scenario.problems.first == nil)
    }

    @Test func requestsAreRepeatedAtMostTwiceASecondUntilAKeyFrameComes() throws {
        var scenario = VideoScenario(.init(answersRequests: false, startsWithKeyFrame: false), seed: 1)
        scenario.run(milliseconds: 5000)
        #expect(scenario.emitted.isEmpty)
        let first = try #require(scenario.requests.first)
        #expect(first < 60)
        #expect((5...10).contains(scenario.requests.count))
        #expect(zip(scenario.requests, scenario.requests.dropFirst()).allSatisfy { (500...1010).contains($1 - $0) })
        scenario.conditions.answersRequests = true
        scenario.run(milliseconds: 1500)
        #expect((scenario.emitted.last?.index ?? 0) >= scenario.sentFrames - 3)
        let count = scenario.requests.count
        scenario.run(milliseconds: 3000)
        #expect(scenario.requests.count == count)
    }

    @Test func aSenderThatStoppedIsNotAsked() {
        var buffer = VideoFrameBuffer()
        let delta = VP8PayloadDescriptor(isStartOfPartition: true).encoded(before: [1, 2, 3])
        buffer.handle(
            .packet(RTPPacket(payloadType: 96, sequenceNumber: 1, timestamp: 0, ssrc: 1, marker: true, payload: delta)), at: .zero)
        var now = Instant.zero
        var requests = 0
        for _ in 0..<100 {
            while let output = buffer.nextOutput() { if output == .keyFrameRequest { requests += 1 } }
            guard let deadline = buffer.deadline else { break }
            #expect(deadline > now)
            now = deadline
            buffer.handle(.timeout, at: now)
        }
        #expect(buffer.deadline == nil)
        #expect((5...8).contains(requests))
    }

    @Test func aDecodeErrorAsksAtOnceAndShowsNothingBeforeTheKeyFrame() throws {
        var scenario = VideoScenario(.init(), seed: 1)
        scenario.run(milliseconds: 1000)
        let last = try #require(scenario.emitted.last)
        scenario.handle(.decodeFailed(rtpTimestamp: 0xffff_0000 &+ UInt32(last.index * 2970)))
        #expect(scenario.requests.count == 1)
        scenario.run(milliseconds: 1000)
        let next = try #require(scenario.emitted.first { $0.index > last.index })
        #expect(next.isKey)
        // A late report about a frame before that key frame changes nothing.
        scenario.handle(.decodeFailed(rtpTimestamp: 0xffff_0000 &+ UInt32(last.index * 2970)))
        scenario.run(milliseconds: 1000)
        #expect(scenario.requests.count == 1)
        #expect((scenario.emitted.last?.index ?? 0) >= scenario.sentFrames - 3)
    }

    @Test(arguments: 0..<50)
    func noFrameIsEverBrokenAndPictureAlwaysReturns(group: Int) {
        for seed in 0..<20 {
            var random = RandomSource.seeded(UInt64(group * 1000 + seed))
            let conditions = VideoScenario.Conditions(
                loss: random.uniform(0...0.4), repaired: random.uniform(0...1), roundTrip: random.uniform(5...300).rounded(),
                jitter: random.uniform(0...80), duplication: random.uniform(0...0.3), packetsPerFrame: 1...Int(random.uniform(1...9)),
                marksFrames: random.uniform(0...1) < 0.8, hasPictureIDs: random.uniform(0...1) < 0.7,
                padding: random.uniform(0...1) < 0.2 ? 2 : 0, paddingLoss: random.uniform(0...0.5),
                layers: [1, 1, 2, 3][Int(random.uniform(0...3.999))], startsWithKeyFrame: random.uniform(0...1) < 0.8)
            var scenario = VideoScenario(conditions, seed: UInt64(group * 1000 + seed), firstSequenceNumber: UInt16(seed * 1201))
            scenario.run(milliseconds: 1500)
            scenario.conditions.loss = 0
            scenario.conditions.paddingLoss = 0
            scenario.run(milliseconds: 3000)
            #expect(scenario.problems.first == nil, "\(group) \(seed) \(scenario.problems.prefix(3))")
            #expect((scenario.emitted.last?.index ?? -1) >= scenario.sentFrames - 18, "\(group) \(seed) \(conditions)")
            for (earlier, later) in zip(scenario.requests, scenario.requests.dropFirst()) {
                #expect(later - earlier >= 499, "\(group) \(seed)")
            }
        }
    }

    @Test func lostPaddingHoldsNothingUp() {
        let scenario = run(.init(padding: 3, paddingLoss: 0.5))
        #expect(scenario.emitted.count >= scenario.sentFrames - 2)
        #expect(scenario.emitted.allSatisfy { $0.at - Double($0.index) * 33 < 30.1 })
        #expect(scenario.requests.isEmpty)
    }

    @Test(arguments: [2, 3], 1...3 as ClosedRange<UInt64>)
    func lossInUpperLayersStopsNothing(layers: Int, seed: UInt64) {
        var scenario = VideoScenario(.init(repaired: 0, packetsPerFrame: 1...1, layers: layers), seed: seed)
        scenario.run(milliseconds: 1000)
        // Lose frames of upper layers only: with two layers every other frame, with three all but each fourth.
        for _ in 0..<60 {
            let isBase = scenario.sentFrames % (layers == 2 ? 2 : 4) == 0
            scenario.conditions.loss = isBase ? 0 : 0.3
            scenario.run(milliseconds: 33)
        }
        #expect(scenario.problems.first == nil, "\(scenario.problems.prefix(3))")
        #expect(scenario.requests.isEmpty)
        let late = scenario.emitted.filter { $0.at > 1200 && !$0.isKey }
        #expect(late.count > 10)
    }

    @Test func withoutMarkersTheNextTimestampEndsAFrame() {
        let scenario = run(.init(marksFrames: false))
        #expect(scenario.emitted.count >= scenario.sentFrames - 3)
        #expect(scenario.requests.isEmpty)
    }
}

@Suite struct VideoFrameBufferBoundsTests {
    private func packet(_ sequence: Int, frame: Int, isKey: Bool = false, ssrc: UInt32 = 1, size: Int = 3) -> RTPPacket {
        let data = [UInt8(isKey ? 0 : 1)] + [UInt8](repeating: 7, count: size)
        return RTPPacket(
            payloadType: 96, sequenceNumber: UInt16(truncatingIfNeeded: sequence), timestamp: UInt32(truncatingIfNeeded: frame * 3000),
            ssrc: ssrc, marker: true, payload: VP8PayloadDescriptor(isStartOfPartition: true).encoded(before: data))
    }

    private func frames(_ buffer: inout VideoFrameBuffer) -> [AssembledFrame] {
        var frames: [AssembledFrame] = []
        while let output = buffer.nextOutput() { if case .frame(let frame) = output { frames.append(frame) } }
        return frames
    }

    @Test func aLongGapIsGivenUp() {
        var buffer = VideoFrameBuffer()
        buffer.handle(.packet(packet(0, frame: 0, isKey: true)), at: .zero)
        #expect(frames(&buffer).count == 1)
        for number in 2..<4000 {
            buffer.handle(.packet(packet(number, frame: number)), at: Instant(nanoseconds: Int64(number) * 1_000_000))
        }
        #expect(frames(&buffer).isEmpty)
        buffer.handle(.packet(packet(4000, frame: 4000, isKey: true)), at: Instant(nanoseconds: 5_000_000_000))
        buffer.handle(.packet(packet(4001, frame: 4001)), at: Instant(nanoseconds: 5_000_000_000))
        #expect(frames(&buffer).map(\.isKeyFrame) == [true, false])
    }

    @Test func hugePacketsAreBounded() {
        var buffer = VideoFrameBuffer()
        for number in 0..<500 {
            buffer.handle(.packet(packet(number, frame: number, size: 60_000)), at: Instant(nanoseconds: Int64(number)))
        }
        #expect(frames(&buffer).isEmpty)
        #expect(buffer.isWaitingForKeyFrame)
        buffer.handle(.packet(packet(500, frame: 500, isKey: true)), at: Instant(nanoseconds: 600))
        #expect(frames(&buffer).count == 1)
    }

    @Test(arguments: [UInt32(1), 2])
    func aSenderThatBeginsAnewIsFollowed(ssrc: UInt32) {
        var buffer = VideoFrameBuffer()
        for number in 0..<100 {
            buffer.handle(.packet(packet(30_000 + number, frame: number, isKey: number == 0)), at: Instant(nanoseconds: Int64(number)))
        }
        #expect(frames(&buffer).count == 100)
        for number in 0..<10 {
            buffer.handle(
                .packet(packet(5 + number, frame: 9000 + number, isKey: number == 2, ssrc: ssrc)),
                at: Instant(nanoseconds: 1000 + Int64(number)))
        }
        #expect(frames(&buffer).count == 8)
    }

    @Test func aStrayPacketFromLongAgoChangesNothing() {
        var buffer = VideoFrameBuffer()
        for number in 0..<100 {
            buffer.handle(.packet(packet(30_000 + number, frame: number, isKey: number == 0)), at: Instant(nanoseconds: Int64(number)))
            if number == 50 { buffer.handle(.packet(packet(100, frame: 7)), at: Instant(nanoseconds: 50)) }
        }
        #expect(frames(&buffer).count == 100)
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func garbageNeverTraps(seed: UInt64) {
        var random = RandomSource.seeded(seed)
        var buffer = VideoFrameBuffer()
        var now = Instant.zero
        for step in 0..<3000 {
            now += .nanoseconds(Int64(random.next() % 20_000_000) + 1)
            let wild = random.next() % 10 == 0
            var payload = random.bytes(Int(random.next() % 20))
            if random.next() % 2 == 0 { payload = [0x10, UInt8(random.next() & 1), 0] }
            let packet = RTPPacket(
                payloadType: 96, sequenceNumber: UInt16(truncatingIfNeeded: wild ? Int(random.next() >> 1) : step),
                timestamp: UInt32(truncatingIfNeeded: wild ? Int(random.next() >> 1) : step / 3 * 3000),
                ssrc: random.next() % 200 == 0 ? 2 : 1, marker: random.next() % 3 == 0, payload: payload)
            switch random.next() % 30 {
            case 0: buffer.handle(.decodeFailed(rtpTimestamp: UInt32(truncatingIfNeeded: random.next())), at: now)
            case 1: buffer.handle(.roundTripTime(.nanoseconds(Int64(truncatingIfNeeded: random.next()))), at: now)
            case 2: buffer.handle(.timeout, at: now)
            default: buffer.handle(.packet(packet), at: now)
            }
            while buffer.nextOutput() != nil {}
            if let deadline = buffer.deadline { #expect(deadline > now) }
        }
    }
}
