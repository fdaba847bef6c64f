import Codecs
import Playout
import Testing
import Wire

extension OpusDecoder: AudioDecoding {}

/// The real codec behind the playout.
@Suite struct OpusPlayoutTests {
    private func scenario(_ sound: [Int16], loss: Double = 0, seed: UInt64 = 1) throws -> AudioScenario<OpusDecoder> {
        let encoder = try OpusEncoder()
        try encoder.setPacketLoss(loss)
        let packets = try stride(from: 0, to: sound.count - 959, by: 960).map { try encoder.encode(Array(sound[$0..<($0 + 960)])) }
        var scenario = AudioScenario(decoder: try OpusDecoder(), seed: seed)
        scenario.loss = loss
        scenario.payload = { $0 < packets.count ? packets[$0] : nil }
        return scenario
    }

    @Test func aToneStaysAToneUnderJitterAndDrift() throws {
        let seconds = 20
        let tone = Sound.tone(440, samples: 48_000 * (seconds + 1))
        var scenario = try scenario(tone)
        scenario.drift = 500
        scenario.delay = { random, sentAt in 30 + random.uniform(0...(sentAt > 8000 && sentAt < 12_000 ? 120 : 10)) }
        scenario.run(seconds: Double(seconds))
        let statistics = scenario.playout.statistics
        #expect(statistics.removedSamplesForAcceleration + statistics.insertedSamplesForDeceleration > 960)
        let output = Array(scenario.output[24_000...])
        #expect(abs(Sound.frequency(output) - 440) < 3, "\(Sound.frequency(output))")
        // Where the delay had to grow at once there was concealment; elsewhere nothing is rougher than the tone itself.
        let calm = Array(scenario.output[24_000..<(8 * 48_000)])
        #expect(Sound.roughness(calm) < Sound.roughness(tone) * 2 + 60, "\(Sound.roughness(calm)) \(Sound.roughness(tone))")
    }

    @Test(arguments: [0.02, 0.05, 0.1]) func lossIsMostlyRepairedByTheCopies(loss: Double) throws {
        let seconds = 30
        var scenario = try scenario(Sound.voice(samples: 48_000 * (seconds + 1)), loss: loss)
        scenario.delay = { random, _ in 30 + random.uniform(0...10) }
        scenario.run(seconds: Double(seconds))
        let statistics = scenario.playout.statistics
        // Of 50 packets a second; libopus copies only what it takes for speech, which is two thirds of this sound.
        let used = Double(statistics.fecPacketsReceived - statistics.fecPacketsDiscarded)
        #expect(used >= 0.5 * 50 * Double(seconds) * loss, "\(statistics)")
        #expect(scenario.concealedFraction < loss / 2, "\(scenario.concealedFraction)")
        #expect(Sound.roughness(scenario.output) < 12_000, "\(Sound.roughness(scenario.output))")
    }

    @Test func silenceWithDTXIsNoLoss() throws {
        let encoder = try OpusEncoder(.init(usesDTX: true))
        let voice = Sound.voice(samples: 48_000)
        let packets = try (0..<1000).map { index in
            try encoder.encode(
                index / 50 % 2 == 0 ? Array(voice[(index % 50 * 960)..<(index % 50 * 960 + 960)]) : [Int16](repeating: 0, count: 960))
        }
        var scenario = AudioScenario(decoder: try OpusDecoder())
        scenario.payload = { $0 < packets.count ? packets[$0] : nil }
        scenario.delay = { random, _ in 30 + random.uniform(0...10) }
        scenario.run(seconds: 19)
        #expect(packets.count { $0 == nil } > 200)
        #expect(scenario.playout.statistics.concealedSamples == 0)
        #expect(scenario.playout.statistics.packetsDiscarded == 0)
    }

    @Test func aLongSilenceChangesNothingButWhatIsHeard() throws {
        let encoder = try OpusEncoder(.init(usesDTX: true))
        let voice = Sound.voice(samples: 48_000)
        // A second of voice, a minute of silence, a second of voice.
        let packets = try (0..<3100).map { index in
            try encoder.encode(
                index / 50 % 61 == 0 ? Array(voice[(index % 50 * 960)..<(index % 50 * 960 + 960)]) : [Int16](repeating: 0, count: 960))
        }
        var scenario = AudioScenario(decoder: try OpusDecoder())
        scenario.payload = { $0 < packets.count ? packets[$0] : nil }
        scenario.delay = { random, _ in 30 + random.uniform(0...10) }
        scenario.run(seconds: 61.9)
        let statistics = scenario.playout.statistics
        #expect(packets.count { $0 != nil } < 400)
        #expect(statistics.concealedSamples == 0 && statistics.packetsDiscarded == 0)
        #expect(statistics.totalSamplesReceived > 61 * 48_000)
        // What is told to be played goes on as time does, and the delay stays.
        #expect(scenario.latencies.dropFirst(200).allSatisfy { $0 > 20 && $0 < 120 }, "\(scenario.latencies.max() ?? 0)")
        #expect(scenario.delays.dropFirst(200).allSatisfy { $0 < 90 }, "\(scenario.delays.max() ?? 0)")
    }

    @Test func damagedPacketsAreConcealed() throws {
        let voice = Sound.voice(samples: 48_000 * 6)
        var scenario = try scenario(voice)
        let good = scenario.payload
        var random = RandomSource.seeded(8)
        let damage = (0..<400).map { _ in random.bytes(3) }
        scenario.payload = { index in
            guard var packet = good(index), index % 10 == 0, !packet.isEmpty else { return good(index) }
            for byte in damage[index] { packet[Int(byte) % packet.count] ^= byte }
            return packet
        }
        scenario.run(seconds: 5)
        #expect(scenario.playout.statistics.totalSamplesReceived > 200_000)
        #expect(scenario.playout.statistics.jitterBufferEmittedCount > 150_000)
    }
}
