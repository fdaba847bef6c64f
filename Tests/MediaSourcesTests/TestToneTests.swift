import Foundation
import MediaSources
import Testing

@Suite struct TestToneTests {
    private let tone = TestTone()
    private static let second: Int64 = 1_750_000_000 * 48_000

    /// The peak amplitude of one frequency, as a fraction of full scale (Goertzel).
    private func amplitude(_ samples: [Int16], _ frequency: Double) -> Double {
        let coefficient = 2 * cos(2 * Double.pi * frequency / 48_000)
        var (previous, beforeThat) = (0.0, 0.0)
        for sample in samples { (previous, beforeThat) = (Double(sample) / 32_767 + coefficient * previous - beforeThat, previous) }
        let power = previous * previous + beforeThat * beforeThat - coefficient * previous * beforeThat
        return 2 * power.squareRoot() / Double(samples.count)
    }

    private func decibels(_ amplitude: Double) -> Double {
        20 * log10(amplitude)
    }

    @Test func toneHasItsFrequencyAndLevel() {
        let samples = tone.samples(from: Self.second + 4_800, count: 12_000)
        #expect(abs(decibels(amplitude(samples, 440)) + 20) < 0.05)
        for frequency in [220.0, 400, 480, 880, 1_320, 2_000] { #expect(decibels(amplitude(samples, frequency)) < -70) }
        let peak = samples.map { abs(Int($0)) }.max() ?? 0
        #expect(abs(decibels(Double(peak) / 32_767) + 20) < 0.05)
    }

    @Test func clickStandsAtTheFullSecond() {
        let samples = tone.samples(from: Self.second - 480, count: 1_200)
        let quiet = 32_767 / 9
        let loud = samples.indices.filter { abs(Int(samples[$0])) > quiet }
        #expect((480...482).contains(loud.first ?? 0))
        #expect((717...720).contains(loud.last ?? 0))
        let peak = samples.map { abs(Int($0)) }.max() ?? 0
        #expect(abs(decibels(Double(peak) / 32_767) + 3) < 0.05)
    }

    @Test func oneClickASecond() {
        let samples = tone.samples(from: Self.second + 1_000, count: 48_000 * 3)
        let loud = samples.indices.filter { abs(Int(samples[$0])) > 10_000 }
        let starts = loud.enumerated().filter { $0.offset == 0 || $0.element - loud[$0.offset - 1] > 1_000 }.map(\.element)
        #expect(starts.count == 3)
        #expect(zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 == 48_000 })
    }

    @Test(arguments: [480, 960, 7]) func chunksAreOneSound(count: Int) {
        let whole = tone.samples(from: Self.second - 1_000, count: 48_000)
        var pieces: [Int16] = []
        while pieces.count < whole.count { pieces += tone.samples(from: Self.second - 1_000 + Int64(pieces.count), count: count) }
        #expect(Array(pieces.prefix(whole.count)) == whole)
    }

    @Test func anyTimeIsPossible() {
        #expect(tone.samples(from: -1, count: 3).count == 3)
        #expect(tone.samples(from: .min, count: 3).count == 3)
        #expect(tone.samples(from: .max, count: 960).count == 960)
        #expect(tone.samples(from: 0, count: -1).isEmpty)
        #expect(TestTone.sample(atUnixNanoseconds: 1_750_000_000_000_000_000) == Self.second)
        #expect(TestTone.sample(atUnixNanoseconds: 1_750_000_000_500_000_000) == Self.second + 24_000)
    }

    @Test(arguments: [480, 960]) func sourceRunsInRealTime(chunkSamples: Int) throws {
        let source = TestAudioSource(chunkSamples: chunkSamples)
        let collector = Collector<AudioChunk>()
        let begin = MediaClock.now
        let unixBegin = MediaClock.unixNanoseconds
        source.start { collector.add($0) }
        let chunks = collector.first(25)
        source.stop()
        let elapsed = MediaClock.now - begin
        let stopped = collector.count
        try #require(chunks.count == 25)
        #expect(elapsed >= .microseconds(25 * chunkSamples * 125 / 6))
        #expect(chunks.allSatisfy { $0.samples.count == chunkSamples })
        for (previous, next) in zip(chunks, chunks.dropFirst()) {
            let step = (next.timestamp - previous.timestamp) - .microseconds(chunkSamples * 125 / 6)
            #expect(step > .microseconds(-2) && step < .microseconds(2))
        }
        // What was played is the tone of that time, to the millisecond.
        let first = chunks[0]
        let offset = (first.timestamp - begin).components
        let unix = unixBegin + offset.seconds * 1_000_000_000 + offset.attoseconds / 1_000_000_000
        let place = TestTone.sample(atUnixNanoseconds: unix)
        #expect((-96...96).contains { tone.samples(from: place + $0, count: chunkSamples) == first.samples })
        #expect(collector.count == stopped)
    }

    @Test func sourceStopsFromWithinAndStartsAgain() {
        let source = TestAudioSource(chunkSamples: 480)
        let collector = Collector<Int>()
        source.start { chunk in
            source.stop()
            collector.add(chunk.samples.count)
        }
        #expect(collector.first(1).count == 1)
        source.start { collector.add($0.samples.count) }
        #expect(collector.first(4).count == 4)
        source.stop()
    }
}
