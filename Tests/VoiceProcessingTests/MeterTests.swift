import Foundation
import Testing
import VoiceProcessing
import VoiceSimulation

@Suite struct MeterTests {
    private func sine(_ amplitude: Double, count: Int = 480) -> [Int16] {
        (0..<count).map { Int16(amplitude * 32_767 * sin(2 * .pi * 1_000 * Double($0) / 48_000)) }
    }

    @Test func `a full-scale sine is 0 dB, a tenth of it -20`() {
        #expect(abs(LevelMeter.decibels(of: sine(1))) < 0.1)
        #expect(abs(LevelMeter.decibels(of: sine(0.1)) + 20) < 0.1)
        #expect(LevelMeter.decibels(of: [0, 0]) == -.infinity)
        #expect(LevelMeter.decibels(of: []) == -.infinity)
    }

    @Test func `a meter rises at once and falls slowly`() {
        var meter = LevelMeter()
        #expect(meter.decibels == LevelMeter.floor)
        meter.measure(sine(1))
        #expect(abs(meter.decibels) < 0.1)
        for _ in 0..<50 { meter.measure([Int16](repeating: 0, count: 480)) }
        #expect(abs(meter.decibels + 20) < 1)
        for _ in 0..<200 { meter.measure([Int16](repeating: 0, count: 480)) }
        #expect(meter.decibels == LevelMeter.floor)
    }

    @Test(.enabled(if: Speech.isAvailable, "espeak-ng is not installed"))
    func `speech is told from noise, clicks and silence`() throws {
        func longest(_ sound: [Int16]) -> Bool {
            var detector = SpeechDetector()
            var heard = false
            for start in stride(from: 0, to: sound.count - 960, by: 960) {
                detector.hear(Array(sound[start..<(start + 960)]))
                heard = heard || detector.isSpeech
            }
            return heard
        }
        let near = try Speech.conversation().near
        #expect(longest(Array(near.prefix(4 * 48_000))))
        #expect(longest(near.prefix(4 * 48_000).map { $0 / 4 }))
        var noise = Noise(seed: 5)
        #expect(!longest((0..<200_000).map { _ in Int16(noise.next() * 2_000) }))
        #expect(!longest([Int16](repeating: 0, count: 200_000)))
        #expect(!longest((0..<200_000).map { $0 % 48_000 < 2_400 ? Int16($0 % 100 * 200) : 0 }))
    }
}
