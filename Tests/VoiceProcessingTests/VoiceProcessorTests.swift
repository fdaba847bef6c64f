import Foundation
import MediaSources
import Testing
import VoiceProcessing
import VoiceSimulation

@Suite struct VoiceProcessorTests {
    private static let conversation = try? Speech.conversation()

    /// A canceller that is told the room's delay, as the sound server would measure it.
    private static func canceller(_ room: Room, _ options: VoiceOptions = VoiceOptions(), hasEcho: Bool = true) throws
        -> Conversation.Canceller
    {
        let voice = try #require(VoiceProcessor(options))
        return { played, heard in
            voice.willPlay(played, delay: .milliseconds(room.delayMilliseconds))
            voice.process(&heard, age: .zero, hasEcho: hasEcho)
        }
    }

    @Test(.enabled(if: Speech.isAvailable, "espeak-ng is not installed"), arguments: [20, 60, 100, 150, 200], [1.0, 3.0])
    func `an echo is at least 25 dB quieter after three seconds`(delay: Int, loudness: Double) throws {
        let conversation = try #require(Self.conversation).withFarEnd(gain: loudness)
        let room = Room(delayMilliseconds: delay)
        #expect(conversation.echoReduction(in: room, try Self.canceller(room)) > 25)
    }

    @Test(.enabled(if: Speech.isAvailable, "espeak-ng is not installed"), arguments: [20, 100, 200])
    func `while both talk the near voice keeps its level`(delay: Int) throws {
        let conversation = try #require(Self.conversation)
        let room = Room(delayMilliseconds: delay)
        let change = conversation.nearVoiceChange(in: room, both: try Self.canceller(room), alone: try Self.canceller(room))
        #expect(abs(change) < 3)
    }

    @Test(.enabled(if: Speech.isAvailable, "espeak-ng is not installed"))
    func `a delay that is told wrong, a drifting clock and a poor speaker are put up with`() throws {
        let conversation = try #require(Self.conversation)
        var room = Room(delayMilliseconds: 100)
        let toldLess = try Self.canceller(Room(delayMilliseconds: 60))
        #expect(conversation.echoReduction(in: room, toldLess) > 25)
        let toldMore = try Self.canceller(Room(delayMilliseconds: 125))
        #expect(conversation.echoReduction(in: room, toldMore) > 25)
        room.driftPartsPerMillion = 50
        room.distortion = 2
        #expect(conversation.echoReduction(in: room, try Self.canceller(room)) > 25)
    }

    @Test(.enabled(if: Speech.isAvailable, "espeak-ng is not installed"))
    func `an echo stays that nobody is to cancel`() throws {
        let conversation = try #require(Self.conversation)
        let room = Room(delayMilliseconds: 60)
        var options = VoiceOptions()
        options.cancelsEcho = false
        options.suppressesNoise = false
        options.controlsGain = false
        #expect(abs(conversation.echoReduction(in: room, try Self.canceller(room, options))) < 3)
        // The sound server has its own canceller: ours must not work on what that has left.
        options.cancelsEcho = true
        #expect(abs(conversation.echoReduction(in: room, try Self.canceller(room, options, hasEcho: false))) < 3)
    }

    /// What comes out of the processing's second half, in decibels relative to what goes in, for a steady sound.
    private func change(of sound: (Int) -> Double, _ options: VoiceOptions) throws -> Double {
        let voice = try #require(VoiceProcessor(options))
        var (before, after) = ([Int16](), [Int16]())
        for block in 0..<400 {
            var samples = (0..<480).map { Int16(sound(block * 480 + $0)) }
            if block >= 200 { before += samples }
            voice.process(&samples, age: .zero)
            if block >= 200 { after += samples }
        }
        return LevelMeter.decibels(of: after) - LevelMeter.decibels(of: before)
    }

    private var nothing: VoiceOptions {
        var options = VoiceOptions()
        (options.cancelsEcho, options.suppressesNoise, options.controlsGain, options.filtersRumble) = (false, false, false, false)
        return options
    }

    @Test func `steady noise is made quieter`() throws {
        var options = nothing
        #expect(!options.isActive)
        var (left, right) = (Noise(seed: 1), Noise(seed: 1))
        #expect(abs(try change(of: { _ in left.next() * 600 }, options)) < 0.5)
        options.suppressesNoise = true
        #expect(try change(of: { _ in right.next() * 600 }, options) < -6)
    }

    @Test func `rumble is taken away, voices are not`() throws {
        func tone(_ frequency: Double) -> (Int) -> Double { { 3_000 * sin(2 * .pi * frequency * Double($0) / 48_000) } }
        var options = nothing
        options.filtersRumble = true
        #expect(try change(of: tone(30), options) < -10)
        #expect(abs(try change(of: tone(400), options)) < 1)
    }

    @Test(.enabled(if: Speech.isAvailable, "espeak-ng is not installed"))
    func `a quiet voice is made louder`() throws {
        var options = nothing
        options.controlsGain = true
        let quiet = try #require(Self.conversation).near.map { Double($0) / 16 }
        #expect(try change(of: { quiet[$0 % quiet.count] }, options) > 3)
    }

    @Test func `pieces of any length are put up with`() throws {
        let voice = try #require(VoiceProcessor())
        for count in [0, 1, 479, 480, 481, 960, 5_000] {
            var samples = [Int16](repeating: 0, count: count)
            voice.willPlay(samples, delay: nil)
            voice.process(&samples, age: .seconds(-1))
            voice.process(&samples, age: .seconds(100_000))
            #expect(samples.count == count)
        }
    }

    @Test func `both ends may come at once`() async throws {
        let voice = try #require(VoiceProcessor())
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for _ in 0..<300 { voice.willPlay([Int16](repeating: 1_000, count: 480), delay: .milliseconds(40)) } }
            group.addTask {
                for index in 0..<300 {
                    var samples = [Int16](repeating: 500, count: 480)
                    voice.process(&samples, age: .milliseconds(20), hasEcho: index % 50 < 25)
                }
            }
        }
    }
}
