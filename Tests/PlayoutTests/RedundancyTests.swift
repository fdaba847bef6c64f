import Codecs
import Playout
import RTP
import Testing
import Wire

/// What repeated packets (RFC 2198) save of the sound, with the real codec: as much of a steady tone as of a voice.
@Suite struct RedundancyTests {
    enum Kind: CaseIterable {
        case tone, voice

        fileprivate static let seconds = 60

        /// One minute of packets.
        fileprivate var packets: [[UInt8]] { self == .tone ? Self.tones : Self.voices }

        private static let tones = encoded(Sound.tone(440, samples: 48_000 * (seconds + 1)))
        private static let voices = encoded(Sound.voice(samples: 48_000 * (seconds + 1)))

        private static func encoded(_ sound: [Int16]) -> [[UInt8]] {
            guard let encoder = try? OpusEncoder() else { return [] }
            return stride(from: 0, to: sound.count - 959, by: 960).compactMap {
                try? encoder.encode(Array(sound[$0..<($0 + 960)]))
            }
        }
    }

    private func scenario(_ kind: Kind, redundancy: [Int], seed: UInt64) throws -> AudioScenario<OpusDecoder> {
        var scenario = AudioScenario(decoder: try OpusDecoder(), seed: seed)
        let packets = kind.packets
        scenario.payload = { $0 < packets.count ? packets[$0] : nil }
        scenario.redundancy = redundancy
        scenario.delay = { random, _ in 25 + random.uniform(0...5) }
        return scenario
    }

    @Test(arguments: Kind.allCases, [UInt64](1...2)) func twoPercentLossIsRepaired(kind: Kind, seed: UInt64) throws {
        var scenario = try scenario(kind, redundancy: [1], seed: seed)
        scenario.loss = 0.02
        scenario.run(seconds: Double(Kind.seconds))
        #expect(scenario.concealedFraction < 0.005, "\(scenario.concealedFraction)")
        // One packet more has to be waited for, and no more than that.
        #expect(scenario.meanDelay(last: 30) < 50, "\(scenario.meanDelay(last: 30))")
    }

    @Test(arguments: Kind.allCases, [UInt64](1...2)) func tenPercentLossIsRepaired(kind: Kind, seed: UInt64) throws {
        var scenario = try scenario(kind, redundancy: [1, 3], seed: seed)
        scenario.loss = 0.1
        scenario.run(seconds: Double(Kind.seconds))
        #expect(scenario.concealedFraction < 0.01, "\(scenario.concealedFraction)")
    }

    @Test(arguments: Kind.allCases, [UInt64](1...2)) func burstsAreMostlyReachedOver(kind: Kind, seed: UInt64) throws {
        var scenario = try scenario(kind, redundancy: [1, 3], seed: seed)
        scenario.bursts = .init(loss: 0.05, length: 4)
        scenario.run(seconds: Double(Kind.seconds))
        #expect(scenario.concealedFraction < 0.04, "\(scenario.concealedFraction)")
        #expect(scenario.meanDelay(last: 30) < 100, "\(scenario.meanDelay(last: 30))")
    }

    @Test func withoutLossCopiesChangeNothing() {
        var without = AudioScenario(decoder: FakeDecoder())
        without.payload = { FakeDecoder.payload($0, fec: false) }
        without.delay = { random, _ in 30 + random.uniform(0...20) }
        var with = without
        with.playout = AudioPlayout(decoder: FakeDecoder())
        with.redundancy = [1, 3]
        without.run(seconds: 20)
        with.run(seconds: 20)
        #expect(with.output == without.output)
        let statistics = with.playout.statistics
        #expect(statistics.fecPacketsReceived > 1900 && statistics.fecPacketsDiscarded == statistics.fecPacketsReceived)
        #expect(statistics.packetsDuplicated == 0 && statistics.packetsDiscarded == 0)
    }

    @Test func aPacketThatComesAfterItsCopyWasPlayedIsNoLoss() {
        var scenario = AudioScenario(decoder: FakeDecoder())
        scenario.payload = { FakeDecoder.payload($0, fec: false) }
        scenario.redundancy = [1]
        scenario.run(seconds: 10)
        // One packet is overtaken by the next ten.
        var isHeldBack = true
        scenario.delay = { _, _ in
            defer { isHeldBack = false }
            return isHeldBack ? 230 : 30
        }
        scenario.run(seconds: 2)
        let statistics = scenario.playout.statistics
        #expect(statistics.packetsDuplicated == 1)
        #expect(statistics.packetsDiscarded == 0 && statistics.concealedSamples == 0)
    }

    @Test func everyCopyIsPlayedWhereItsPacketIsMissing() {
        let decoder = FakeDecoder()
        var scenario = AudioScenario(decoder: decoder)
        scenario.payload = { FakeDecoder.payload($0, fec: false) }
        scenario.redundancy = [1]
        // Every fifth packet is lost, after a while in which it is learnt that copies are worth waiting for.
        scenario.loss = 0.2
        scenario.run(seconds: 10)
        let start = decoder.decoded.last ?? 0
        scenario.loss = 0
        scenario.losesPacket = { $0 % 5 == 0 }
        scenario.run(seconds: 10)
        let played = decoder.decoded.filter { $0 > start }
        #expect(played == Array((start + 1)...(start + played.count)))
        #expect(played.count > 480)
    }

    @Test func copiesOfAnotherStreamAreNotTaken() {
        var scenario = AudioScenario(decoder: FakeDecoder())
        scenario.run(seconds: 1)
        var playout = scenario.playout
        let before = playout.statistics
        playout.insertCopy(
            .init(payloadType: 111, sequenceNumber: 7, timestamp: 960, ssrc: 99, payload: FakeDecoder.payload(3)), at: .zero)
        #expect(playout.statistics == before)
    }
}
