import Playout
import RTP
import Testing
import Wire

@Suite struct AudioPlayoutTests {
    private func scenario(seed: UInt64 = 1) -> (AudioScenario<FakeDecoder>, FakeDecoder) {
        let decoder = FakeDecoder()
        return (AudioScenario(decoder: decoder, seed: seed), decoder)
    }

    @Test func aSteadyStreamIsPlayedWholeAndSoon() {
        var (scenario, decoder) = scenario()
        scenario.run(seconds: 20)
        let statistics = scenario.playout.statistics
        #expect(statistics.concealedSamples == 0)
        #expect(statistics.packetsDiscarded == 0)
        #expect(decoder.decoded == Array(0..<decoder.decoded.count))
        #expect(decoder.decoded.count > 990)
        #expect(scenario.meanDelay(last: 10) < 40, "\(scenario.meanDelay(last: 10))")
        let wait = statistics.jitterBufferDelay / Double(statistics.jitterBufferEmittedCount) * 1000
        #expect(wait > 10 && wait < 45, "\(wait)")
        #expect(statistics.audioLevel > 0.16 && statistics.audioLevel < 0.18)
        #expect(abs(statistics.totalSamplesDuration - 20) < 0.2)
    }

    @Test(arguments: [20.0, 60, 120], 1...2 as ClosedRange<UInt64>)
    func jitterIsWaitedForAndNoLonger(jitter: Double, seed: UInt64) {
        var (scenario, decoder) = scenario(seed: seed)
        scenario.delay = { random, _ in 30 + random.uniform(0...jitter) }
        scenario.run(seconds: 40)
        #expect(scenario.concealedFraction < 0.005, "\(scenario.concealedFraction)")
        #expect(scenario.meanDelay(last: 20) < jitter + 45, "\(scenario.meanDelay(last: 20))")
        #expect(zip(decoder.decoded, decoder.decoded.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>, [false, true])
    func normalJitterIsCovered(seed: UInt64, keepsOrder: Bool) {
        var (scenario, _) = scenario(seed: seed)
        scenario.payload = { FakeDecoder.payload($0, fec: false) }
        var last = 0.0
        scenario.delay = { random, sentAt in
            var delay = max(0, 100 + 30 * random.normal())
            // Most links keep the order; one packet in fifty overtakes here all the same.
            if keepsOrder, random.uniform(0...1) > 0.02 { delay = max(delay, last - sentAt) }
            last = max(last, sentAt + delay)
            return delay
        }
        scenario.run(seconds: 3)
        let before = scenario.playout.statistics
        scenario.run(seconds: 57)
        let statistics = scenario.playout.statistics
        // A normal distribution has no end: where nothing keeps the order, one packet in a thousand may lie beyond everything.
        #expect(statistics.packetsDiscarded - before.packetsDiscarded <= (keepsOrder ? 0 : 2))
        #expect(statistics.concealedSamples - before.concealedSamples < 57 * 48, "\(statistics)")
        let delays = scenario.networkDelays.sorted()
        let limit = delays[delays.count * 99 / 100] + 40
        #expect(scenario.meanLatency(last: 57) < limit, "\(scenario.meanLatency(last: 57)) \(limit)")
    }

    @Test(arguments: [-200.0, 200])
    func tenMinutesOfDriftLeaveNoTrace(drift: Double) {
        var (scenario, _) = scenario()
        scenario.payload = { FakeDecoder.payload($0, fec: false) }
        scenario.drift = drift
        scenario.delay = { random, _ in 30 + random.uniform(0...10) }
        scenario.run(seconds: 60)
        let early = scenario.meanLatency(last: 50)
        let start = scenario.output.count
        scenario.run(seconds: 540)
        #expect(abs(scenario.meanLatency(last: 60) - early) < 10, "\(early) \(scenario.meanLatency(last: 60))")
        #expect(scenario.playout.statistics.concealedSamples == 0)
        #expect(scenario.playout.statistics.packetsDiscarded == 0)
        // Nowhere is it rougher than a seam between two places of the tone may be.
        let roughness = Sound.roughness(Array(scenario.output[start...]))
        #expect(roughness < Sound.roughness(FakeDecoder.tone(from: 0, count: 4800)) * 2, "\(roughness)")
    }

    @Test func theDelayShrinksWhenTheJitterDoes() {
        var (scenario, _) = scenario()
        scenario.delay = { random, sentAt in 30 + random.uniform(0...(sentAt < 30_000 ? 150 : 5)) }
        scenario.run(seconds: 30)
        #expect(scenario.meanDelay(last: 5) > 120)
        scenario.run(seconds: 90)
        #expect(scenario.meanDelay(last: 5) < 60, "\(scenario.meanDelay(last: 5))")
        #expect(scenario.playout.statistics.removedSamplesForAcceleration > 2000)
    }

    @Test(arguments: [0.02, 0.1, 0.2], 1...2 as ClosedRange<UInt64>)
    func copiesReplaceSingleLosses(loss: Double, seed: UInt64) {
        var (scenario, decoder) = scenario(seed: seed)
        scenario.loss = loss
        scenario.delay = { random, _ in 30 + random.uniform(0...10) }
        scenario.run(seconds: 60)
        // What stays is two and more in a row, and what is lost before it is learnt that copies are worth waiting for.
        #expect(scenario.concealedFraction < loss * loss * 1.3 + 0.005, "\(scenario.concealedFraction)")
        #expect(Set(decoder.recovered).isDisjoint(with: decoder.decoded))
        #expect(Set(decoder.recovered).count == decoder.recovered.count)
        let statistics = scenario.playout.statistics
        #expect(statistics.fecPacketsReceived - statistics.fecPacketsDiscarded - decoder.recovered.count <= 5, "\(statistics)")
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>)
    func withoutCopiesExactlyTheLossIsConcealed(seed: UInt64) {
        var (scenario, decoder) = scenario(seed: seed)
        scenario.loss = 0.1
        scenario.payload = { FakeDecoder.payload($0, fec: false) }
        scenario.run(seconds: 60)
        let missing = 1 - Double(decoder.decoded.count) / Double(scenario.sent)
        #expect(abs(scenario.concealedFraction - missing) < 0.01, "\(scenario.concealedFraction) \(missing)")
        #expect(decoder.recovered.isEmpty)
        #expect(scenario.playout.statistics.concealmentEvents > 150)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func nothingIsPlayedTwice(seed: UInt64) {
        var (scenario, decoder) = scenario(seed: seed)
        scenario.loss = 0.05
        scenario.duplication = 0.3
        scenario.delay = { random, _ in random.uniform(0...1) < 0.1 ? 150 : random.uniform(20...70) }
        scenario.run(seconds: 40)
        #expect(zip(decoder.decoded, decoder.decoded.dropFirst()).allSatisfy { $0 < $1 })
        #expect(Set(decoder.decoded).isDisjoint(with: decoder.recovered))
        #expect(scenario.playout.statistics.packetsDuplicated + scenario.playout.statistics.packetsDiscarded > 300)
        #expect(decoder.decoded.count > 1700)
    }

    @Test(arguments: [-300.0, 50, 1000])
    func clockDriftIsMadeUpFor(drift: Double) {
        var (scenario, _) = scenario()
        scenario.drift = drift
        scenario.delay = { random, _ in 30 + random.uniform(0...15) }
        scenario.run(seconds: 100)
        let statistics = scenario.playout.statistics
        #expect(scenario.concealedFraction < 0.002, "\(scenario.concealedFraction)")
        #expect(scenario.meanDelay(last: 30) < 65, "\(scenario.meanDelay(last: 30))")
        let net = statistics.removedSamplesForAcceleration - statistics.insertedSamplesForDeceleration - statistics.concealedSamples
        let expected = drift * 1e-6 * 100 * 48_000
        #expect(abs(Double(net) - expected) < 2400, "\(net) \(expected)")
    }

    @Test func anAnnouncedSilenceIsNoLoss() {
        var (scenario, decoder) = scenario()
        // Of each two seconds one is silent: an announcement, then a packet every 400 ms.
        scenario.payload = { index in
            let place = index % 100
            if place < 50 { return FakeDecoder.payload(index) }
            return place == 50 || place % 20 == 10 ? [0x08] : nil
        }
        scenario.delay = { random, _ in 30 + random.uniform(0...10) }
        scenario.run(seconds: 60)
        #expect(scenario.playout.statistics.concealedSamples == 0)
        #expect(decoder.decoded.count > 1450)
        let statistics = scenario.playout.statistics
        let wait = statistics.jitterBufferDelay / Double(statistics.jitterBufferEmittedCount) * 1000
        #expect(wait < 60, "\(wait)")
        #expect(statistics.packetsDiscarded == 0)
    }

    @Test func anOutageIsPlayedThroughAndThenCaughtUp() {
        var (scenario, _) = scenario()
        // Everything sent in one second of each minute arrives at its end.
        scenario.delay = { _, sentAt in
            let place = sentAt.truncatingRemainder(dividingBy: 60_000)
            return 30 + (place > 10_000 && place < 10_600 ? 10_600 - place : 0)
        }
        scenario.run(seconds: 10)
        let before = scenario.meanDelay(last: 2)
        scenario.run(seconds: 1)
        #expect(scenario.meanDelay(last: 0.2) > before + 300)
        scenario.run(seconds: 8)
        #expect(scenario.meanDelay(last: 1) < before + 40, "\(scenario.meanDelay(last: 1)) \(before)")
        #expect(scenario.playout.statistics.concealedSamples < 48_000)
    }

    @Test func concealmentFadesToSilenceAndSoundReturns() {
        var (scenario, _) = scenario()
        scenario.payload = { $0 > 100 && $0 < 200 ? nil : FakeDecoder.payload($0, fec: false) }
        scenario.run(seconds: 3.8)
        #expect(scenario.output.suffix(480).allSatisfy { $0 == 0 })
        #expect(scenario.playout.statistics.silentConcealedSamples > 48_000)
        #expect(scenario.playout.statistics.concealmentEvents == 1)
        scenario.run(seconds: 1)
        #expect(scenario.output.suffix(4800).contains { $0 > 7000 })
        #expect(scenario.meanDelay(last: 0.2) < 100)
    }
}

@Suite struct AudioPlayoutRestartTests {
    private func packet(_ index: Int, sequence: UInt16, timestamp: UInt32, ssrc: UInt32 = 7) -> RTPPacket {
        RTPPacket(payloadType: 111, sequenceNumber: sequence, timestamp: timestamp, ssrc: ssrc, payload: FakeDecoder.payload(index))
    }

    /// Feeds 20 ms frames from `indices`, starting with these numbers, and plays.
    private func play(
        _ playout: inout AudioPlayout<FakeDecoder>, _ indices: Range<Int>, from start: Double, sequence: UInt16, timestamp: UInt32,
        ssrc: UInt32 = 7
    ) {
        for (place, index) in indices.enumerated() {
            let now = start + Double(place) * 20
            playout.insert(
                packet(
                    index, sequence: sequence &+ UInt16(truncatingIfNeeded: place),
                    timestamp: timestamp &+ UInt32(truncatingIfNeeded: place * 960), ssrc: ssrc),
                at: Instant(nanoseconds: Int64(now * 1e6)))
            for half in 0..<2 { _ = playout.nextFrame(at: Instant(nanoseconds: Int64((now + 10 * Double(half)) * 1e6))) }
        }
    }

    @Test(arguments: [UInt32(7), 8])
    func aSenderThatBeginsAnewIsFollowed(ssrc: UInt32) {
        let decoder = FakeDecoder()
        var playout = AudioPlayout(decoder: decoder)
        play(&playout, 0..<100, from: 0, sequence: 1000, timestamp: 5000)
        play(&playout, 1000..<1100, from: 2000, sequence: 40_000, timestamp: 3_000_000_000, ssrc: ssrc)
        #expect(decoder.decoded.count { $0 >= 1000 } > 90)
        // The last frame decoded is one of the last sent: there is no backlog.
        #expect((decoder.decoded.last ?? 0) >= 1095)
    }

    @Test func aStrayPacketChangesNothing() {
        let decoder = FakeDecoder()
        var playout = AudioPlayout(decoder: decoder)
        play(&playout, 0..<100, from: 0, sequence: 1000, timestamp: 5000)
        playout.insert(packet(9999, sequence: 30_000, timestamp: 2_000_000_000), at: Instant(nanoseconds: 2_000_000_000))
        playout.insert(packet(9998, sequence: 7, timestamp: 17), at: Instant(nanoseconds: 2_000_000_000))
        play(&playout, 100..<200, from: 2000, sequence: 1100, timestamp: 5000 + 96_000)
        #expect(!decoder.decoded.contains { $0 > 9000 })
        #expect(decoder.decoded.count >= 197)
        #expect(playout.statistics.concealedSamples == 0)
        #expect(playout.statistics.packetsDiscarded == 2)
    }

    @Test func aClockThatStoodStillIsNoDelay() {
        // The sender paused for ten seconds, its timestamps with it.
        let decoder = FakeDecoder()
        var playout = AudioPlayout(decoder: decoder)
        play(&playout, 0..<100, from: 0, sequence: 1000, timestamp: 5000)
        for pull in 0..<1000 { _ = playout.nextFrame(at: Instant(nanoseconds: Int64(2000 + pull * 10) * 1_000_000)) }
        play(&playout, 100..<200, from: 12_000, sequence: 1100, timestamp: 5000 + 96_000)
        #expect((decoder.decoded.last ?? 0) >= 195)
        #expect((playout.currentDelay ?? .seconds(9)) < .milliseconds(100))
    }

    @Test func beforeTheFirstPacketThereIsSilence() {
        var playout = AudioPlayout(decoder: FakeDecoder())
        for pull in 0..<50 {
            #expect(playout.nextFrame(at: Instant(nanoseconds: Int64(pull) * 10_000_000)) == [Int16](repeating: 0, count: 480))
        }
        #expect(playout.statistics == AudioPlayoutStatistics())
        #expect(playout.currentDelay == nil)
        #expect(playout.playedTimestamp == nil)
    }

    @Test func soundIsHeldBackOnRequest() {
        var scenario = AudioScenario(decoder: FakeDecoder())
        scenario.run(seconds: 5)
        let before = scenario.meanDelay(last: 1)
        scenario.playout.minimumDelay = .milliseconds(200)
        scenario.run(seconds: 10)
        #expect(abs(scenario.meanDelay(last: 1) - 200) < 30, "\(before) \(scenario.meanDelay(last: 1))")
        #expect(scenario.playout.statistics.concealedSamples == 0)
        scenario.playout.minimumDelay = .zero
        scenario.run(seconds: 10)
        #expect(abs(scenario.meanDelay(last: 1) - before) < 30)
        #expect(scenario.playout.statistics.concealedSamples == 0)
    }

    @Test func aDeviceThatAsksInBurstsIsServed() {
        let decoder = FakeDecoder()
        var playout = AudioPlayout(decoder: decoder)
        for frame in 0..<1000 {
            let now = Double(frame) * 20
            playout.insert(
                packet(frame, sequence: UInt16(frame), timestamp: UInt32(frame * 960)), at: Instant(nanoseconds: Int64(now * 1e6)))
            // Forty milliseconds at once.
            if frame % 2 == 1 { for _ in 0..<4 { _ = playout.nextFrame(at: Instant(nanoseconds: Int64((now + 5) * 1e6))) } }
        }
        #expect(playout.statistics.concealedSamples <= 4800, "\(playout.statistics.concealedSamples)")
        #expect(playout.statistics.packetsDiscarded == 0)
        #expect(decoder.decoded.count > 990)
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func garbageNeverTraps(seed: UInt64) {
        var random = RandomSource.seeded(seed)
        var playout = AudioPlayout(decoder: FakeDecoder())
        var now: Int64 = 0
        for step in 0..<2000 {
            now += Int64(random.next() % 30_000_000)
            if random.next() % 50 == 0 { now += Int64(random.next() % 10_000_000_000) }
            let payload: [UInt8] =
                switch random.next() % 4 {
                case 0: random.bytes(Int(random.next() % 12))
                case 1: [8]
                default: FakeDecoder.payload(step)
                }
            let wild = random.next() % 8 == 0
            playout.insert(
                RTPPacket(
                    payloadType: 1, sequenceNumber: wild ? UInt16(truncatingIfNeeded: random.next()) : UInt16(truncatingIfNeeded: step),
                    timestamp: wild ? UInt32(truncatingIfNeeded: random.next()) : UInt32(truncatingIfNeeded: step * 960),
                    ssrc: random.next() % 100 == 0 ? 9 : 7, payload: payload),
                at: Instant(nanoseconds: now))
            for _ in 0..<(random.next() % 4) { #expect(playout.nextFrame(at: Instant(nanoseconds: now)).count == 480) }
        }
        #expect(playout.targetDelay <= .seconds(1))
    }
}
