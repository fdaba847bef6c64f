import Foundation
import MediaSources
import Testing
import VoiceProcessing
import VoiceSimulation

@Suite struct VoiceProcessorTests {
    private static let conversation = try? Speech.conversation()

    /// A canceller that is told the room's delay, as the sound server would measure it.
    ///
    /// - Parameter error: by how much what is told of a block wavers.
    private static func canceller(
        _ room: Room, _ options: VoiceOptions = VoiceOptions(), hasEcho: Bool = true, error: @escaping (Int) -> Duration = { _ in .zero }
    ) throws -> Conversation.Canceller {
        let voice = try #require(VoiceProcessor(options))
        var block = 0
        return { played, heard in
            let now = Duration.milliseconds(10 * block)
            voice.willPlay(played, heardAt: now + .milliseconds(room.delayMilliseconds) + error(block))
            voice.process(&heard, capturedAt: now, hasEcho: hasEcho)
            block += 1
        }
    }

    @Test(.enabled(if: Speech.isAvailable, "espeak-ng is not installed"), arguments: [20, 60, 100, 150, 200], [1.0, 3.0])
    func `an echo is at least 25 dB quieter after three seconds`(delay: Int, loudness: Double) throws {
        let conversation = try #require(Self.conversation).withFarEnd(gain: loudness)
        let room = Room(delayMilliseconds: delay)
        #expect(conversation.echoReduction(in: room, try Self.canceller(room)) > 25)
    }

    @Test(.enabled(if: Speech.isAvailable, "espeak-ng is not installed"), arguments: [20, 100, 200], [1.0, 3.0])
    func `while both talk the near voice keeps its level`(delay: Int, loudness: Double) throws {
        let conversation = try #require(Self.conversation).withFarEnd(gain: loudness)
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
        room.distortion = 2
        #expect(conversation.echoReduction(in: room, try Self.canceller(room)) > 30)
        room.driftPartsPerMillion = 50
        #expect(conversation.echoReduction(in: room, try Self.canceller(room)) > 25)
        room.distortion = 0
        #expect(conversation.echoReduction(in: room, try Self.canceller(room)) > 25)
    }

    @Test(.enabled(if: Speech.isAvailable, "espeak-ng is not installed"))
    func `times that waver by two milliseconds are put up with`() throws {
        let conversation = try #require(Self.conversation)
        let room = Room(delayMilliseconds: 60)
        let canceller = try Self.canceller(room) { .microseconds($0 * 7_919 % 4_001 - 2_000) }
        #expect(conversation.echoReduction(in: room, canceller) > 30)
    }

    /// What is left of an echo, in decibels relative to it, in 200 ms from a block on; both end's times are as told.
    ///
    /// - Parameter delay: of a block, from its being played until it is heard, in milliseconds; nil where it is not played.
    private func reduction(from first: Int, delay: (Int) -> Int?) throws -> Double {
        let far = try #require(Self.conversation).far
        let voice = try #require(VoiceProcessor())
        var heard = [Int16](repeating: 0, count: far.count)
        for block in 0..<(far.count / 480) {
            guard let delay = delay(block) else { continue }
            // A room that does nothing but to halve the sound.
            for index in 0..<480 where block * 480 + index + delay * 48 < heard.count {
                heard[block * 480 + index + delay * 48] = far[block * 480 + index] / 2
            }
        }
        var (before, after) = ([Int16](), [Int16]())
        for block in 0..<min(first + 20, far.count / 480) {
            let samples = block * 480..<(block + 1) * 480
            let now = Duration.milliseconds(10 * block)
            if let delay = delay(block) { voice.willPlay(Array(far[samples]), heardAt: now + .milliseconds(delay)) }
            var sent = Array(heard[samples])
            if block >= first { before += sent }
            voice.process(&sent, capturedAt: now)
            if block >= first { after += sent }
        }
        return LevelMeter.decibels(of: before) - LevelMeter.decibels(of: after)
    }

    @Test(.enabled(if: Speech.isAvailable, "espeak-ng is not installed"), arguments: [-20, 50, 150])
    func `a delay that changes, and is told, is followed at once`(change: Int) throws {
        let reduction = try reduction(from: 1_040) { $0 < 1_000 ? 60 : 60 + change }
        #expect(reduction > 25)
    }

    @Test(.enabled(if: Speech.isAvailable, "espeak-ng is not installed"))
    func `a speaker that pauses is found again`() throws {
        let reduction = try reduction(from: 1_100) { 900..<1_000 ~= $0 ? nil : 60 }
        #expect(reduction > 25)
    }

    @Test(.enabled(if: Speech.isAvailable, "espeak-ng is not installed"))
    func `a speaker that is heard before the times say so is found`() throws {
        // No time at all is told to pass in either device.
        let voice = try #require(VoiceProcessor())
        let conversation = try #require(Self.conversation)
        let room = Room(delayMilliseconds: 25)
        var block = 0
        let reduction = conversation.echoReduction(in: room) { played, heard in
            let now = Duration.milliseconds(10 * block)
            voice.willPlay(played, heardAt: now)
            voice.process(&heard, capturedAt: now)
            block += 1
        }
        #expect(reduction > 25)
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
            voice.process(&samples, capturedAt: .milliseconds(10 * block))
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
            for time in [Duration.zero, .seconds(-1), .seconds(100_000), .nanoseconds(Int64.max), .nanoseconds(Int64.min), .zero] {
                voice.willPlay(samples, heardAt: time)
                voice.process(&samples, capturedAt: time)
                voice.process(&samples, capturedAt: .seconds(50))
                voice.willPlay(samples, heardAt: nil)
                voice.process(&samples, capturedAt: time)
            }
            #expect(samples.count == count)
        }
    }

    @Test func `both ends may come at once`() async throws {
        let voice = try #require(VoiceProcessor())
        await withTaskGroup(of: Void.self) { group in
            group.addTask { (0..<300).forEach { voice.willPlay([Int16](repeating: 1_000, count: 480), heardAt: .milliseconds(10 * $0)) } }
            group.addTask {
                for index in 0..<300 {
                    var samples = [Int16](repeating: 500, count: 480)
                    voice.process(&samples, capturedAt: .milliseconds(10 * index), hasEcho: index % 50 < 25)
                }
            }
        }
    }
}
