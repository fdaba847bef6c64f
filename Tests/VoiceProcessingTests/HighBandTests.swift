import Foundation
import MediaSources
import Testing
import VoiceProcessing
import VoiceSimulation

/// What lies above the band that is processed.
@Suite struct HighBandTests {
    private static let block = AudioFormat.blockSamples

    /// What a sound becomes, whose low band somebody processes and gives back later.
    private func joined(_ samples: [Int16], delay: Int, _ process: (Int16) -> Int16) throws -> [Int16] {
        let down = try #require(Resampler(from: AudioFormat.sampleRate, to: LowBand.rate))
        let band = try #require(HighBand(delay: delay))
        var low = [Int16](repeating: 0, count: LowBand.blockSamples)
        var waiting = [Int16](repeating: 0, count: delay)
        var sent: [Int16] = []
        for start in stride(from: 0, to: samples.count, by: Self.block) {
            var block = Array(samples[start..<(start + Self.block)])
            block.withUnsafeBufferPointer { block in low.withUnsafeMutableBufferPointer { down.process(block, into: $0) } }
            waiting += low.map(process)
            let processed = Array(waiting.prefix(low.count))
            waiting.removeFirst(low.count)
            block.withUnsafeMutableBufferPointer { block in
                low.withUnsafeBufferPointer { low in processed.withUnsafeBufferPointer { band.join(block, low: low, processed: $0) } }
            }
            sent += block
        }
        return sent
    }

    private func noise(blocks: Int) -> [Int16] {
        var noise = Noise(seed: 5)
        return (0..<(blocks * Self.block)).map { _ in Int16(noise.next() * 9_000) }
    }

    @Test(arguments: [0, 96, 112, 208])
    func `what processing leaves as it is comes out exactly as it was, later`(delay: Int) throws {
        let samples = noise(blocks: 50)
        let sent = try joined(samples, delay: delay) { $0 }
        let later = LowBand.resamplingDelay + LowBand.factor * delay
        // The first block's gain has yet to be found.
        #expect(sent.dropFirst(later + 4 * Self.block).elementsEqual(samples.dropFirst(4 * Self.block).dropLast(later)))
    }

    @Test(arguments: [0, 208])
    func `what is made quieter below is made as much quieter above`(delay: Int) throws {
        let low = noise(blocks: 50)
        let samples = low.enumerated().map { Int16(Double($1) / 3 + 5_000 * sin(2 * .pi * 13_000 * Double($0) / 48_000)) }
        let sent = try joined(samples, delay: delay) { $0 / 4 }
        let change = tone(sent.suffix(20 * Self.block), 13_000) - tone(samples.suffix(20 * Self.block), 13_000)
        #expect(abs(change + 12) < 0.5, "\(change)")
    }

    /// In decibels relative to full scale.
    private func tone(_ samples: ArraySlice<Int16>, _ frequency: Double) -> Double {
        var (real, imaginary) = (0.0, 0.0)
        for (index, sample) in samples.enumerated() {
            let phase = 2 * .pi * frequency * Double(index) / 48_000
            real += Double(sample) * cos(phase)
            imaginary += Double(sample) * sin(phase)
        }
        return 20 * log10((real * real + imaginary * imaginary).squareRoot() * 2 / Double(samples.count) / 32_768 + 1e-9)
    }

    @Test(.enabled(if: Speech.isAvailable, "espeak-ng is not installed"))
    func `a voice's consonants keep their balance with its vowels`() throws {
        let voice = try #require(VoiceProcessor())
        let near = try Speech.conversation().near
        var sent: [Int16] = []
        for start in stride(from: 0, to: near.count, by: Self.block) {
            var block = Array(near[start..<(start + Self.block)])
            voice.process(&block, capturedAt: .milliseconds(10 * start / Self.block))
            sent += block
        }
        let (before, after) = (balance(near), balance(sent))
        #expect(abs(after - before) < 2, "\(before) dB before, \(after) after")
    }

    /// How loud a sound is above some 8 kHz, in decibels relative to all of it, from the fourth second on.
    private func balance(_ samples: [Int16]) -> Double {
        let down = Resampler(from: AudioFormat.sampleRate, to: LowBand.rate)
        let up = Resampler(from: LowBand.rate, to: AudioFormat.sampleRate)
        var low = [Int16](repeating: 0, count: samples.count / LowBand.factor)
        var again = [Int16](repeating: 0, count: samples.count)
        samples.withUnsafeBufferPointer { samples in low.withUnsafeMutableBufferPointer { down?.process(samples, into: $0) } }
        low.withUnsafeBufferPointer { low in again.withUnsafeMutableBufferPointer { up?.process(low, into: $0) } }
        let high = zip(again.dropFirst(LowBand.resamplingDelay), samples).map { Int16(clamping: Int($1) - Int($0)) }
        return LevelMeter.decibels(of: Array(high.dropFirst(3 * 48_000))) - LevelMeter.decibels(of: Array(samples.dropFirst(3 * 48_000)))
    }
}
