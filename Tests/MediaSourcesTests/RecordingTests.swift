import Codecs
import MediaSources
import Testing

@Suite struct RecordingTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func little(_ bytes: [UInt8], _ offset: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }

    @Test func wavHoldsWhatWasAppended() throws {
        let writer = try WAVWriter(path: scratch.path("a.wav"))
        try writer.append([1, -1, .max, .min])
        try writer.append([])
        try writer.append([258])
        writer.close()
        writer.close()
        try writer.append([7])
        let bytes = try bytes(ofFile: scratch.path("a.wav"))
        #expect(bytes.count == 54)
        #expect(little(bytes, 4) == 46)
        #expect(little(bytes, 24) == 48_000)
        #expect(little(bytes, 40) == 10)
        #expect(bytes[44...] == [1, 0, 255, 255, 255, 127, 0, 128, 2, 1])
    }

    @Test func killedWavCanBePlayed() throws {
        let writer = try WAVWriter(path: scratch.path("a.wav"))
        for _ in 0..<75 { try writer.append([Int16](repeating: 5, count: 960)) }
        // Not closed: the header knows of the first whole second.
        let bytes = try bytes(ofFile: scratch.path("a.wav"))
        #expect(bytes.count == 44 + 75 * 1_920)
        #expect(little(bytes, 40) == 96_000)
        writer.updateHeader()
        #expect(little(try MediaSourcesTests.bytes(ofFile: scratch.path("a.wav")), 40) == 75 * 1_920)
    }

    @Test func placesThatCannotBeWrittenAreNamed() throws {
        for path in ["/nowhere/at/all/a.wav", "", "a\0b", "/"] {
            let error = #expect(throws: MediaError.self) { try WAVWriter(path: path) }
            #expect(error?.description.contains("\n") == false)
            #expect(throws: MediaError.self) { try Y4MWriter(path: path) }
        }
    }

    @Test func fullDiskIsSaidOnce() throws {
        let writer = try Y4MWriter(path: "/dev/full")
        let picture = try I420Buffer(width: 16, height: 16)
        #expect(throws: MediaError.self) { try writer.append(picture) }
        try writer.append(picture)
    }

    @Test func y4mHoldsPicturesOfTheFirstSize() throws {
        let writer = try Y4MWriter(path: scratch.path("a.y4m"), framesPerSecond: 25)
        for (size, luma) in [((33, 17), UInt8(40)), ((66, 34), 200)] {
            let picture = try I420Buffer(width: size.0, height: size.1)
            picture.fill(y: luma, u: 100, v: 150)
            try writer.append(picture)
        }
        // Not closed, as if killed.
        let bytes = try bytes(ofFile: scratch.path("a.y4m"))
        let header = "YUV4MPEG2 W33 H17 F25:1 Ip A1:1 C420jpeg\n"
        let frame = 6 + 33 * 17 + 2 * 17 * 9
        #expect(String(decoding: bytes.prefix(header.utf8.count), as: UTF8.self) == header)
        #expect(bytes.count == header.utf8.count + 2 * frame)
        let second = bytes[(header.utf8.count + frame)...]
        #expect(String(decoding: second.prefix(6), as: UTF8.self) == "FRAME\n")
        #expect(second.dropFirst(6).prefix(33 * 17).allSatisfy { abs(Int($0) - 200) <= 1 })
        #expect(abs(Int(second.last ?? 0) - 150) <= 1)
    }
}
