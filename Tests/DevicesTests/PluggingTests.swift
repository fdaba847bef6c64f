import Devices
import Foundation
import MediaSources
import Testing

/// What people do to sound devices in the middle of a call.
@Suite(.enabled(if: PrivatePulse.executable != nil, "PulseAudio's server is not installed"), .serialized)
struct PluggingTests {
    private let pulse: PrivatePulse
    private let notes = Collector<String>()
    private let tone = Tone()

    init() throws {
        pulse = try PrivatePulse()
    }

    /// Plays the tone to a speaker, nil for the server's choice.
    private func play(to device: String?) -> SpeakerPlayback {
        let (notes, tone) = (notes, tone)
        let playback = SpeakerPlayback(device: device, server: pulse.server) { notes.add($0) }
        playback.start { tone.next() }
        return playback
    }

    /// Whether the tone comes out of a speaker within the 2 s that are promised.
    private func hears(_ speaker: String) -> Bool {
        let chunks = Collector<AudioChunk>()
        let ear = MicrophoneSource(device: "\(speaker).monitor", server: pulse.server, chunkSamples: 480)
        let begin = MediaClock.now
        ear.start { chunks.add($0) }
        defer { ear.stop() }
        return chunks.wait { $0.count >= 10 && Tone.isHeard(in: $0.suffix(10).flatMap(\.samples)) } && MediaClock.now - begin < .seconds(2)
    }

    @Test func `the server treats the stream as a call`() throws {
        let playback = play(to: nil)
        defer { playback.stop() }
        #expect(hears("quiet"))
        let inputs = try pulse.control("list", "sink-inputs")
        for property in [
            "media.role = \"phone\"", "media.name = \"Call\"", "application.name = \"Glyphone\"", "application.icon_name = \"call-start\"",
            "media.icon_name = \"call-start\"",
        ] {
            #expect(inputs.contains(property), "\(property)")
        }
    }

    @Test func `sound is back within two seconds of the server's`() throws {
        let playback = play(to: "quiet")
        let microphone = MicrophoneSource(server: pulse.server) { [notes] in notes.add($0) }
        microphone.start { _ in }
        #expect(hears("quiet"))
        pulse.kill()
        #expect(notes.first(2).allSatisfy { $0.contains("is gone") })
        try pulse.start()
        #expect(hears("quiet"))
        #expect(notes.wait { $0.contains("the speaker is back: Quiet") && $0.contains("the microphone is back: Deaf") })
        #expect(playback.isRunning && microphone.isRunning)
        microphone.stop()
        playback.stop()
        #expect(notes.count == 4)
    }

    @Test func `a server that is started during the call is found`() throws {
        pulse.kill()
        let playback = play(to: nil)
        defer { playback.stop() }
        #expect(notes.first(1).first?.hasPrefix("no sound server") == true)
        try pulse.start()
        #expect(hears("quiet"))
        #expect(notes.first(2).last == "the speaker is back: Quiet")
    }

    @Test func `sound goes where a person moves it`() throws {
        _ = try pulse.plug("other")
        let playback = play(to: "quiet")
        defer { playback.stop() }
        #expect(hears("quiet"))
        let stream = try pulse.control("list", "short", "sink-inputs").prefix { $0 != "\t" }
        try pulse.control("move-sink-input", String(stream), "other")
        #expect(hears("other"))
        #expect(notes.first(1) == ["the speaker is now Other"])
        // It stays there, whatever else is plugged in.
        _ = try pulse.plug("third")
        #expect(hears("other"))
        #expect(notes.count == 1)
    }

    @Test func `sound follows the default`() throws {
        _ = try pulse.plug("other")
        let playback = play(to: nil)
        defer { playback.stop() }
        #expect(hears("quiet"))
        try pulse.control("set-default-sink", "other")
        #expect(hears("other"))
    }

    @Test func `sound goes elsewhere while the named speaker is unplugged`() throws {
        let headset = try pulse.plug("headset")
        let playback = play(to: "headset")
        defer { playback.stop() }
        #expect(hears("headset"))
        try pulse.unplug(headset)
        #expect(hears("quiet"))
        _ = try pulse.plug("headset")
        #expect(hears("headset"))
        #expect(notes.first(2) == ["the speaker is now Quiet", "the speaker is now Headset"])
    }

    @Test func `a speaker that is plugged in late is used from then on`() throws {
        let playback = play(to: "headset")
        defer { playback.stop() }
        #expect(hears("quiet"))
        _ = try pulse.plug("headset")
        #expect(hears("headset"))
        #expect(notes.all.first?.contains("there is no speaker \"headset\"") == true)
    }

    @Test func `the call goes on without any speaker, and with the next`() throws {
        let playback = play(to: nil)
        defer { playback.stop() }
        #expect(hears("quiet"))
        try pulse.unplugQuiet()
        #expect(notes.first(1).first?.contains("speaker") == true)
        let pulls = tone.pulls.count
        #expect(tone.pulls.first(pulls + 50).count == pulls + 50)
        _ = try pulse.plug("other")
        #expect(hears("other"))
        #expect(notes.first(2).last == "the speaker is back: Other")
    }

    @Test func `what a speaker plays is no microphone unless it is named`() throws {
        try pulse.control("set-default-source", "quiet.monitor")
        let playback = play(to: nil)
        defer { playback.stop() }
        let chunks = Collector<AudioChunk>()
        let microphone = MicrophoneSource(server: pulse.server, chunkSamples: 480) { [notes] in notes.add($0) }
        microphone.start { chunks.add($0) }
        defer { microphone.stop() }
        #expect(notes.first(1).first?.hasPrefix("this machine has no microphone") == true)
        #expect(hears("quiet"))
        #expect(chunks.first(100).allSatisfy { $0.samples.allSatisfy { $0 == 0 } })
        try pulse.control("set-default-source", "deaf")
        #expect(notes.first(2).last == "the microphone is back: Deaf")
        #expect(microphone.isRunning)
    }

    @Test func `the server's own echo canceller is noticed`() throws {
        let microphone = MicrophoneSource(server: pulse.server) { [notes] in notes.add($0) }
        microphone.start { _ in }
        defer { microphone.stop() }
        try pulse.control(
            "load-module", "module-echo-cancel", "source_master=deaf", "sink_master=quiet", "source_name=clean", "use_master_format=1")
        try pulse.control("set-default-source", "clean")
        #expect(notes.first(1).first?.hasPrefix("the microphone is now") == true)
        #expect(microphone.cancelsEcho)
        try pulse.control("set-default-source", "deaf")
        #expect(notes.first(2).last == "the microphone is now Deaf")
        #expect(!microphone.cancelsEcho)
    }

    @Test func `what is played comes out without a break`() throws {
        // GLYPHONE_SOUND_SECONDS=60 for the promise itself: no underrun in a minute.
        let seconds = ProcessInfo.processInfo.environment["GLYPHONE_SOUND_SECONDS"].flatMap { Int($0) } ?? 3
        let playback = play(to: "quiet")
        let chunks = Collector<AudioChunk>()
        let ear = MicrophoneSource(device: "quiet.monitor", server: pulse.server, chunkSamples: 480)
        ear.start { chunks.add($0) }
        #expect(chunks.wait { $0.count >= 10 && Tone.isHeard(in: $0.suffix(10).flatMap(\.samples)) })
        let begin = (chunks.count, playback.underflowCount)
        for second in 1...seconds { #expect(chunks.first(begin.0 + second * 100).count == begin.0 + second * 100) }
        let heard = chunks.all.dropFirst(begin.0).flatMap(\.samples)
        let underflows = playback.underflowCount - begin.1
        ear.stop()
        playback.stop()
        #expect(abs(Tone.level(heard) + 20) < 1)
        // On a machine that is never in time sound breaks, but no more often than is told, and ever less as the buffer grows.
        #expect(Tone.breaks(in: heard) <= underflows * 2)
        #expect(underflows <= (seconds < 60 ? 7 : 0))
    }

    @Test(arguments: [UInt64(1), 2, 3]) func `a day of plugging`(seed: UInt64) throws {
        var random = Seeded(state: seed)
        let playback = play(to: "headset")
        let chunks = Collector<AudioChunk>()
        let microphone = MicrophoneSource(device: "headset.monitor", server: pulse.server) { [notes] in notes.add($0) }
        microphone.start { chunks.add($0) }
        #expect(chunks.first(10).count >= 10)
        let before = Self.open
        var plugged: [String: String] = [:]
        for _ in 0..<20 {
            let name = ["headset", "monitor", "dock"].randomElement(using: &random) ?? "dock"
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                pulse.kill()
                plugged = [:]
                try pulse.start()
            case 1: if plugged[name] != nil { try pulse.control("set-default-sink", name) }
            case 2:
                let stream = try pulse.control("list", "short", "sink-inputs").prefix { $0 != "\t" }
                if !stream.isEmpty { try pulse.control("move-sink-input", String(stream), "quiet") }
            default:
                if let module = plugged.removeValue(forKey: name) { try pulse.unplug(module) } else { plugged[name] = try pulse.plug(name) }
            }
            // Sound is taken and given at every moment.
            let (pulls, captured) = (tone.pulls.count, chunks.count)
            #expect(tone.pulls.first(pulls + 5).count >= pulls + 5)
            #expect(chunks.first(captured + 2).count >= captured + 2)
        }
        if plugged["headset"] == nil { _ = try pulse.plug("headset") }
        try pulse.control("move-sink-input", String(try pulse.control("list", "short", "sink-inputs").prefix { $0 != "\t" }), "headset")
        #expect(hears("headset"))
        // Nothing was left behind: the server knows the two streams, and no more.
        let clients = try pulse.control("list", "clients").components(separatedBy: "application.name = \"Glyphone\"").count - 1
        #expect(clients == 2)
        let after = Self.open
        #expect(after.threads <= before.threads && after.kilobytes - before.kilobytes < 4_096, "\(before) \(after)")
        microphone.stop()
        playback.stop()
    }

    /// What this process has open.
    private static var open: (threads: Int, kilobytes: Int) {
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ").dropFirst().first.flatMap {
            Int($0)
        }
        return (ownThreads(), (pages ?? 0) * 4)
    }

    /// Those of ours, by their names: others are the test library's, whose number changes.
    private static func ownThreads() -> Int {
        let folder = "/proc/self/task"
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).count { task in
            let name = (try? String(contentsOfFile: "\(folder)/\(task)/comm", encoding: .utf8)) ?? ""
            return ["threaded-ml", "playback clock", "capture clock", "sound closing"].contains { name.hasPrefix($0) }
        }
    }
}

/// SplitMix64.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
