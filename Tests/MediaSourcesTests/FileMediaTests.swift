import Codecs
import Foundation
import MediaSources
import Testing

@Suite struct FileMediaTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    /// A clip whose pictures are numbered by stamps.
    private func clip(frames: Int, width: Int = 96, height: Int = 72, rate: Int = 30) throws -> String {
        let path = scratch.path("clip.y4m")
        let writer = try Y4MWriter(path: path, framesPerSecond: rate)
        for counter in 0..<frames {
            let picture = try I420Buffer(width: width, height: height)
            picture.fill(y: 120)
            TestStamp(milliseconds: 1, counter: UInt16(counter)).write(to: picture)
            try writer.append(picture)
        }
        writer.close()
        return path
    }

    private func sound(_ samples: [Int16]) throws -> String {
        let writer = try WAVWriter(path: scratch.path("sound.wav"))
        try writer.append(samples)
        writer.close()
        return scratch.path("sound.wav")
    }

    @Test func picturesLoopWithoutAGap() throws {
        let media = try FileMedia(path: try clip(frames: 7), audio: false)
        let source = try #require(media.videoSource)
        #expect(media.audioSource == nil)
        #expect(abs(source.framesPerSecond - 30) < 0.01)
        let collector = Collector<VideoFrame>()
        source.start { collector.add($0) }
        let frames = collector.first(20)
        source.stop()
        let stopped = collector.count
        try #require(frames.count == 20)
        let counters = frames.map { TestStamp(reading: $0.buffer)?.counter }
        var expected = try #require(counters[0])
        var time = frames[0].timestamp
        // A machine that is busy passes over pictures, by whole ones.
        for (counter, frame) in zip(counters, frames).dropFirst() {
            let steps = Int(((frame.timestamp - time) / .microseconds(33_333)).rounded())
            #expect(abs((frame.timestamp - time) / .microseconds(33_333) - Double(steps)) < 0.05)
            #expect(steps >= 1)
            expected = UInt16((Int(expected) + steps) % 7)
            time = frame.timestamp
            #expect(counter == expected)
        }
        #expect(collector.count == stopped)
    }

    @Test func soundLoopsSampleBySample() throws {
        // 0.25 s, in no whole number of chunks.
        let samples = (0..<12_017).map { Int16($0 + 1) }
        let media = try FileMedia(path: try sound(samples), video: false, chunkSamples: 480)
        let source = try #require(media.audioSource)
        #expect(media.videoSource == nil)
        #expect(media.notes.isEmpty)
        let collector = Collector<AudioChunk>()
        source.start { collector.add($0) }
        let chunks = collector.first(80)
        source.stop()
        let heard = chunks.flatMap(\.samples)
        let start = try #require(heard.firstIndex { $0 != 0 })
        #expect(start < 9_600)
        let offset = Int(heard[start]) - 1
        for (index, sample) in heard[start...].enumerated() { #expect(sample == samples[(offset + index) % samples.count]) }
    }

    @Test func otherFormsOfSoundBecomeOurs() throws {
        // 24 kHz stereo with the same tone on both sides.
        let tone = (0..<24_000).map { Int16(8_000 * sin(2 * Double.pi * 600 * Double($0) / 24_000)) }
        func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        let data = tone.flatMap { little(Int($0), 2) + little(Int($0), 2) }
        let format = little(16, 4) + little(1, 2) + little(2, 2) + little(24_000, 4) + little(96_000, 4) + little(4, 2) + little(16, 2)
        let header = Array("RIFF".utf8) + little(data.count + 36, 4) + Array("WAVEfmt ".utf8) + format
        let path = try scratch.write(header + Array("data".utf8) + little(data.count, 4) + data, to: "stereo.wav")
        let source = try #require(try FileMedia(path: path, video: false).audioSource)
        let collector = Collector<AudioChunk>()
        source.start { collector.add($0) }
        let heard = collector.first(30).dropFirst(15).flatMap(\.samples)
        source.stop()
        let peak = heard.map { abs(Int($0)) }.max() ?? 0
        #expect(abs(peak - 8_000) < 200)
        let crossings = zip(heard, heard.dropFirst()).filter { $0 < 0 && $1 >= 0 }.count
        #expect(abs(Double(crossings) / Double(heard.count) * 48_000 - 600) < 10)
    }

    @Test func pictureAndSoundStayInStep() throws {
        // Every fifth picture is white, and its 40 ms have a tone.
        let burst = (0..<1_920).map { Int16($0 % 48 < 24 ? 9_000 : -9_000) }
        let silence = [Int16](repeating: 0, count: 1_920)
        let pictures = (0..<15).map { UInt8($0 % 5 == 0 ? 220 : 40) }
        let bytes = AVIFile().bytes(pictures: pictures, samples: pictures.map { $0 > 100 ? burst : silence })
        let media = try FileMedia(path: try scratch.write(bytes, to: "both.avi"))
        #expect(media.notes.isEmpty)
        // A machine that stands still makes the clocks go on later: then once more.
        let played = (0..<10).lazy.map { _ in Self.play(media) }.first { pictures, sound in
            Self.isSteady(pictures.map(\.timestamp), interval: 40_000_000) && Self.isSteady(sound.map(\.timestamp), interval: 20_000_000)
        }
        let (seen, sound) = try #require(played, "the machine never ran for a second")
        let flashes = seen.filter { $0.buffer.withPlanes { y, _, _ in y.row(10)[10] > 100 } }.map(\.timestamp)
        #expect(flashes.count >= 4)
        var beeps: [Duration] = []
        var wasLoud = true
        for chunk in sound {
            for (index, sample) in chunk.samples.enumerated() {
                // Between bursts there is much silence; within one there are no two zeros.
                let isLoud = sample != 0
                if isLoud, !wasLoud { beeps.append(chunk.timestamp + .microseconds(index * 125 / 6)) }
                wasLoud = isLoud
            }
        }
        #expect(beeps.count >= 4)
        for flash in flashes {
            guard let first = sound.first?.timestamp, let last = sound.last?.timestamp, flash > first, flash < last else { continue }
            #expect(beeps.contains { abs(($0 - flash) / .milliseconds(1)) < 3 }, "\(flash), \(beeps)")
        }
    }

    /// Whether times follow one another by multiples of an interval, in nanoseconds, or as good as that.
    private static func isSteady(_ times: [Duration], interval: Int64) -> Bool {
        zip(times, times.dropFirst()).allSatisfy { (($1 - $0).wholeNanoseconds + 1_000) % interval < 2_000 }
    }

    /// A second of pictures and of the sound meanwhile.
    private static func play(_ media: FileMedia) -> (pictures: [VideoFrame], sound: [AudioChunk]) {
        let frames = Collector<VideoFrame>()
        let chunks = Collector<AudioChunk>()
        // What is read before the sound is wanted has none: each picture that is seen is to have its own.
        media.audioSource?.start { chunks.add($0) }
        media.videoSource?.start { frames.add($0) }
        defer {
            media.videoSource?.stop()
            media.audioSource?.stop()
        }
        let sound = chunks.first(70)
        return (frames.first(30), sound)
    }

    @Test func aSourceCanStartAgain() throws {
        let media = try FileMedia(path: try clip(frames: 30), audio: false)
        let source = try #require(media.videoSource)
        for _ in 0..<3 {
            let collector = Collector<VideoFrame>()
            source.start { collector.add($0) }
            let frames = collector.first(2)
            source.stop()
            try #require(frames.count == 2)
            #expect(TestStamp(reading: frames[0].buffer).map { $0.counter < 15 } == true)
        }
    }

    @Test func largePicturesAreFittedAndFastOnesThinnedOut() throws {
        let media = try FileMedia(path: try clip(frames: 30, width: 1280, height: 720, rate: 60), audio: false)
        let source = try #require(media.videoSource)
        #expect(abs(source.framesPerSecond - 30) < 0.01)
        let collector = Collector<VideoFrame>()
        source.start { collector.add($0) }
        let frames = collector.first(6)
        source.stop()
        #expect(frames.allSatisfy { $0.width == 640 && $0.height == 360 })
        #expect(frames.allSatisfy { TestStamp(reading: $0.buffer).map { $0.counter % 2 == 0 } == true })
    }

    @Test func silenceStandsInForMissingSound() throws {
        let media = try FileMedia(path: try clip(frames: 3))
        #expect(media.notes.count == 1)
        let collector = Collector<AudioChunk>()
        media.audioSource?.start { collector.add($0) }
        let chunks = collector.first(3)
        media.audioSource?.stop()
        #expect(chunks.count == 3)
        #expect(chunks.allSatisfy { $0.samples.count == 960 && $0.samples.allSatisfy { $0 == 0 } })
    }
}

@Suite struct BadFileTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func sentence(_ path: String, video: Bool = true) -> String? {
        let error = #expect(throws: MediaError.self) { try FileMedia(path: path, video: video) }
        #expect(error?.description.contains("\n") == false)
        return error?.description
    }

    @Test func missingFile() {
        #expect(sentence("/nowhere/clip.mp4")?.contains("there is no file") == true)
        #expect(sentence("a\0b") != nil)
        #expect(sentence("") != nil)
    }

    @Test func directoriesAndDevices() {
        #expect(sentence("/tmp")?.contains("not a regular file") == true)
        #expect(sentence("/dev/zero")?.contains("not a regular file") == true)
    }

    @Test func textIsNoMedia() throws {
        let path = try scratch.write(Array("Dear reader,\nthis is a letter.\n".utf8), to: "letter.txt")
        #expect(sentence(path) != nil)
        #expect(sentence(path, video: false) != nil)
        #expect(sentence(try scratch.write([], to: "empty.mp4")) != nil)
    }

    @Test func soundIsNoPicture() throws {
        let writer = try WAVWriter(path: scratch.path("a.wav"))
        try writer.append([Int16](repeating: 100, count: 4_800))
        writer.close()
        #expect(sentence(scratch.path("a.wav"))?.contains("sound but no picture") == true)
    }

    @Test func playlistsOfTheNetworkAreNotOpened() throws {
        let list = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"
        #expect(sentence(try scratch.write(Array(list.utf8), to: "list.m3u8")) != nil)
    }

    /// A file damaged anywhere is refused with a sentence or played as far as it goes; it never ends the program.
    @Test(arguments: 0..<60) func damage(seed: Int) throws {
        let silence = [Int16](repeating: 3, count: 1_920)
        var bytes = AVIFile().bytes(pictures: [40, 50, 60, 70], samples: [silence, silence, silence, silence])
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        func next() -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state >> 33)
        }
        if seed.isMultiple(of: 3) { bytes.removeLast(next() % bytes.count) }
        for _ in 0..<seed % 20 where !bytes.isEmpty { bytes[next() % min(bytes.count, 400)] = UInt8(truncatingIfNeeded: next()) }
        let path = try scratch.write(bytes, to: "damaged.avi")
        do {
            let media = try FileMedia(path: path)
            let collector = Collector<Int>()
            media.audioSource?.start { collector.add($0.samples.count) }
            media.videoSource?.start { _ in }
            #expect(collector.first(3).count == 3)
            media.videoSource?.stop()
            media.audioSource?.stop()
        } catch {
            #expect(!error.description.isEmpty)
        }
    }
}
