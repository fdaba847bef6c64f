import Playout
import Testing
import Wire

@Suite struct TimeStretcherTests {
    /// Stretches the whole of a sound, 60 ms at a time.
    private func stretched(_ sound: [Int16], _ direction: TimeStretcher.Direction) -> (sound: [Int16], changes: Int) {
        var rest = sound
        var output: [Int16] = []
        var changes = 0
        while rest.count > 2880 {
            if TimeStretcher.stretch(&rest, after: output, direction, minimumSimilarity: 0.5) > 0 { changes += 1 }
            output += rest[..<2880]
            rest.removeFirst(2880)
        }
        return (output + rest, changes)
    }

    @Test(arguments: [100.0, 220, 440, 1000, 3333], [TimeStretcher.Direction.shorten, .lengthen])
    func theLengthChangesAndThePitchDoesNot(frequency: Double, direction: TimeStretcher.Direction) {
        let tone = Sound.tone(frequency, samples: 96_000)
        let (sound, changes) = stretched(tone, direction)
        #expect(changes > 20)
        switch direction {
        case .shorten: #expect(sound.count < tone.count - changes * 119)
        case .lengthen: #expect(sound.count > tone.count + changes * 119)
        }
        #expect(abs(Sound.frequency(sound) / frequency - 1) < 0.01, "\(Sound.frequency(sound))")
        #expect(Sound.roughness(sound) <= Sound.roughness(tone) * 5 / 4 + 20)
    }

    @Test(arguments: [TimeStretcher.Direction.shorten, .lengthen])
    func aVoiceStaysSmooth(direction: TimeStretcher.Direction) {
        let voice = Sound.voice(samples: 96_000)
        let (sound, changes) = stretched(voice, direction)
        #expect(changes > 25)
        #expect(Sound.roughness(sound) < Sound.roughness(voice) * 3 / 2)
        #expect(abs(Sound.frequency(sound) / Sound.frequency(voice) - 1) < 0.06)
    }

    @Test func theSeamIsExact() {
        // One period of this tone is a whole number of samples, so both directions give the tone itself.
        let tone = (0..<2400).map { Int16(8000 * sine(Double($0 % 240) / 240)) }
        for direction in [TimeStretcher.Direction.shorten, .lengthen] {
            var sound = tone
            let changed = TimeStretcher.stretch(&sound, after: tone, direction, minimumSimilarity: 0.9)
            #expect(changed > 0 && changed % 240 == 0)
            #expect(sound.count == tone.count + (direction == .lengthen ? changed : -changed))
            #expect(zip(sound, tone).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
        }
    }

    @Test func whatResemblesNothingIsLeftAlone() {
        var random = RandomSource.seeded(3)
        let noise = (0..<2400).map { _ in Int16(truncatingIfNeeded: Int(random.next() % 16_000) - 8000) }
        for direction in [TimeStretcher.Direction.shorten, .lengthen] {
            var sound = Array(noise[1200...])
            #expect(TimeStretcher.stretch(&sound, after: noise[..<1200], direction, minimumSimilarity: 0.9) == 0)
            #expect(sound == Array(noise[1200...]))
        }
    }

    @Test func silenceIsStretchedMost() {
        var sound = [Int16](repeating: 3, count: 2000)
        #expect(TimeStretcher.stretch(&sound, after: [], .shorten, minimumSimilarity: 0.9) == TimeStretcher.lags.upperBound)
        #expect(sound == [Int16](repeating: 3, count: 2000 - TimeStretcher.lags.upperBound))
    }

    @Test func tooLittleSoundIsLeftAlone() {
        for count in [0, 1, TimeStretcher.overlap - 1, TimeStretcher.overlap + 119] {
            var sound = [Int16](repeating: 0, count: count)
            #expect(TimeStretcher.stretch(&sound, after: [], .shorten, minimumSimilarity: 0) == 0)
            #expect(TimeStretcher.stretch(&sound, after: [Int16](repeating: 0, count: 119), .lengthen, minimumSimilarity: 0) == 0)
            #expect(sound.count == count)
        }
    }

    @Test func littleSoundLimitsThePiece() {
        let tone = Sound.tone(440, samples: 4000)
        var short = Array(tone[2000..<2800])
        let removed = TimeStretcher.stretch(&short, after: tone[..<2000], .shorten, minimumSimilarity: 0.9)
        #expect((120...320).contains(removed))
        #expect(short.count == 800 - removed)
        // To repeat a piece, what was played is enough.
        var current = Array(tone[2000..<2480])
        let added = TimeStretcher.stretch(&current, after: tone[..<2000], .lengthen, minimumSimilarity: 0.9)
        #expect((120...720).contains(added))
        #expect(current.count == 480 + added)
        #expect(Sound.roughness(Array(tone[1500..<2000]) + current) < 60)
    }

    @Test func fullScaleDoesNotOverflow() {
        let square = (0..<2400).map { $0 / 200 % 2 == 0 ? Int16.max : .min }
        for direction in [TimeStretcher.Direction.shorten, .lengthen] {
            var sound = square
            #expect(TimeStretcher.stretch(&sound, after: square, direction, minimumSimilarity: 0.5) > 0)
        }
    }
}
