import Devices
import Foundation
import MediaSources
import Testing

@Suite(.enabled(if: PrivatePulse.executable != nil, "PulseAudio's server is not installed"), .serialized)
struct PulseTests {
    private let pulse: PrivatePulse
    private let notes = Collector<String>()

    init() throws {
        pulse = try PrivatePulse()
    }

    private func speaker(_ device: String? = nil) -> SpeakerPlayback {
        let notes = notes
        return SpeakerPlayback(device: device, server: pulse.server) { notes.add($0) }
    }

    private func microphone(_ device: String?, chunkSamples: Int = 480) -> MicrophoneSource {
        let notes = notes
        return MicrophoneSource(device: device, server: pulse.server, chunkSamples: chunkSamples) { notes.add($0) }
    }

    @Test func listing() throws {
        let devices = try AudioDevices.list(server: pulse.server, timeout: .seconds(5))
        #expect(devices.speakers.map(\.name) == ["quiet"])
        #expect(devices.speakers.first?.description == "Quiet")
        #expect(devices.speakers.first?.isDefault == true)
        #expect(devices.microphones.map(\.name) == ["quiet.monitor", "deaf"])
        #expect(devices.microphones.map(\.isMonitor) == [true, false])
    }

    @Test(arguments: [480, 960]) func whatIsPlayedIsCapturedAtItsLevel(chunkSamples: Int) throws {
        let playback = speaker("quiet")
        let tone = Tone()
        playback.start { tone.next() }
        let source = microphone("quiet.monitor", chunkSamples: chunkSamples)
        let chunks = Collector<AudioChunk>()
        source.start { chunks.add($0) }
        let steady = chunks.wait { $0.suffix(9_600 / chunkSamples).flatMap(\.samples).filter { abs(Int($0)) > 3_000 }.count > 4_000 }
        #expect(steady)
        let count = chunks.count
        let captured = chunks.first(count + 24_000 / chunkSamples).dropFirst(count)
        let delay = playback.delay
        source.stop()
        playback.stop()
        #expect(abs(Tone.level(captured.flatMap(\.samples)) + 20) < 1)
        #expect(captured.allSatisfy { $0.samples.count == chunkSamples })
        let expected = Duration.microseconds(chunkSamples * 125 / 6)
        for (previous, next) in zip(captured, captured.dropFirst()) {
            let step = next.timestamp - previous.timestamp
            #expect(step > expected * 0.5 && step < expected * 1.5)
        }
        #expect(delay.map { $0 > .zero && $0 < .milliseconds(500) } == true)
        #expect(notes.all.isEmpty)
        #expect(!playback.isRunning)
    }

    @Test func soundIsPulledInRealTimeFromTheFirstMoment() throws {
        let playback = speaker()
        let tone = Tone()
        let begin = MediaClock.now
        playback.start { tone.next() }
        #expect(MediaClock.now - begin < .milliseconds(500))
        let pulls = tone.pulls.first(150)
        playback.stop()
        let stopped = tone.pulls.count
        #expect(pulls.count == 150)
        // Once 40 ms are in the device, 10 ms are asked for each 10 ms.
        let elapsed = pulls[149] - begin
        #expect(elapsed > .milliseconds(1_300) && elapsed < .milliseconds(2_500))
        #expect(tone.pulls.count == stopped)
    }

    @Test func deathOfTheServerLetsTheCallGoOn() throws {
        let playback = speaker()
        let source = microphone(nil)
        let tone = Tone()
        let chunks = Collector<AudioChunk>()
        playback.start { tone.next() }
        source.start { chunks.add($0) }
        #expect(tone.pulls.wait { _ in playback.isRunning && source.isRunning })
        pulse.kill()
        #expect(notes.first(2).count == 2)
        #expect(notes.all.allSatisfy { $0.contains("gone") })
        let (pulls, captured) = (tone.pulls.count, chunks.count)
        #expect(tone.pulls.first(pulls + 20).count == pulls + 20)
        #expect(chunks.first(captured + 20).count == captured + 20)
        #expect(!playback.isRunning)
        let begin = MediaClock.now
        playback.stop()
        source.stop()
        #expect(MediaClock.now - begin < .seconds(1))
        #expect(notes.count == 2)
    }

    @Test func aServerThatHangsHoldsUpNothing() throws {
        let playback = speaker()
        let source = microphone(nil)
        let tone = Tone()
        let chunks = Collector<AudioChunk>()
        playback.start { tone.next() }
        source.start { chunks.add($0) }
        #expect(tone.pulls.wait { _ in playback.isRunning && source.isRunning })
        pulse.freeze()
        let begin = MediaClock.now
        let (pulls, captured) = (tone.pulls.count, chunks.count)
        #expect(tone.pulls.first(pulls + 100).count == pulls + 100)
        #expect(chunks.first(captured + 100).count == captured + 100)
        // What the standstill cost is made up for at once.
        let elapsed = MediaClock.now - begin
        #expect(elapsed > .milliseconds(700) && elapsed < .milliseconds(1_500))
        pulse.thaw()
        #expect(chunks.wait { $0.count > captured + 200 })
        playback.stop()
        source.stop()
        #expect(notes.all.isEmpty)
    }

    @Test func aServerThatNeverAnswersIsSaidOnce() throws {
        pulse.freeze()
        let playback = speaker()
        let tone = Tone()
        let begin = MediaClock.now
        playback.start { tone.next() }
        #expect(MediaClock.now - begin < .milliseconds(500))
        #expect(notes.first(1).first?.contains("does not answer") == true)
        #expect(tone.pulls.count >= 140)
        // It comes after all.
        pulse.thaw()
        #expect(tone.pulls.wait { _ in playback.isRunning })
        playback.stop()
        #expect(notes.count == 1)
    }

    @Test func listingHasAnEnd() throws {
        pulse.freeze()
        let error = #expect(throws: MediaError.self) { try AudioDevices.list(server: pulse.server, timeout: .milliseconds(200)) }
        #expect(error?.description.contains("does not answer") == true)
    }

    @Test func unknownDevicesAreNamed() throws {
        let playback = speaker("no such\nspeaker")
        let tone = Tone()
        playback.start { tone.next() }
        let note = notes.first(1).first
        #expect(note?.hasPrefix("there is no speaker \"no such?speaker\"") == true)
        #expect(notes.first(2).last == "Quiet is used as the speaker until that is there")
        #expect(tone.pulls.first(20).count == 20)
        playback.stop()
    }

    @Test func stoppingFromWithinAndStartingAgain() throws {
        let playback = speaker()
        let ended = Collector<Bool>()
        for _ in 0..<3 {
            let count = ended.count
            playback.start {
                if playback.isRunning, ended.count == count {
                    playback.stop()
                    ended.add(true)
                }
                return []
            }
            #expect(ended.first(count + 1).count == count + 1)
        }
    }

    @Test func stoppingAtAnyMoment() throws {
        for step in 0..<20 {
            let playback = speaker()
            let source = microphone(nil)
            let tone = Tone()
            playback.start { tone.next() }
            source.start { _ in }
            _ = tone.pulls.first(step / 3)
            playback.stop()
            source.stop()
            let stopped = tone.pulls.count
            #expect(tone.pulls.count == stopped)
        }
        #expect(notes.all.isEmpty)
    }
}

@Suite struct NoPulseTests {
    private static let nowhere = "unix:/nowhere/at/all"

    @Test func playbackAndCaptureGoOnWithoutAServer() {
        let notes = Collector<String>()
        let pulls = Collector<Duration>()
        let chunks = Collector<AudioChunk>()
        let playback = SpeakerPlayback(server: Self.nowhere) { notes.add($0) }
        let source = MicrophoneSource(server: Self.nowhere) { notes.add($0) }
        let begin = MediaClock.now
        playback.start {
            pulls.add(MediaClock.now)
            return []
        }
        source.start { chunks.add($0) }
        #expect(MediaClock.now - begin < .seconds(1))
        let times = pulls.first(30)
        #expect(times.count == 30)
        #expect((times.last ?? begin) - begin >= .milliseconds(290))
        #expect(chunks.first(10).allSatisfy { $0.samples == [Int16](repeating: 0, count: 960) })
        #expect(notes.first(2).count == 2)
        playback.stop()
        source.stop()
        #expect(notes.all.contains { $0.contains("no sound server") && $0.contains("speaker") })
        #expect(notes.all.contains { $0.contains("microphone") })
        #expect(playback.delay == nil)
        #expect(playback.underflowCount == 0)
    }

    @Test func listingSaysThatThereIsNone() {
        let error = #expect(throws: MediaError.self) { try AudioDevices.list(server: Self.nowhere) }
        #expect(error?.description.contains("no sound server") == true)
    }

    @Test func filePlaybackKeepsWhatWouldBeHeard() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).wav").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let playback = try openPlayback(.file(path: path))
        let pulls = Collector<Int>()
        playback.start {
            pulls.add(pulls.count)
            return pulls.count == 1 ? [Int16](repeating: 9, count: 480) : [1]
        }
        _ = pulls.first(10)
        playback.stop()
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(bytes.count == 44 + pulls.count * 960)
        #expect(bytes[44..<44 + 960].enumerated().allSatisfy { $1 == ($0 % 2 == 0 ? 9 : 0) })
        #expect(bytes[1_004] == 1 && bytes[1_006..<1_964].allSatisfy { $0 == 0 })
        #expect(Int(bytes[40]) + Int(bytes[41]) << 8 == pulls.count * 960)
        #expect(throws: MediaError.self) { try openPlayback(.file(path: "/nowhere/a.wav")) }
    }

    @Test func nullPlaybackPulls() throws {
        let playback = try openPlayback(.none)
        let pulls = Collector<Bool>()
        playback.start {
            pulls.add(true)
            return []
        }
        #expect(pulls.first(5).count == 5)
        playback.stop()
    }
}
