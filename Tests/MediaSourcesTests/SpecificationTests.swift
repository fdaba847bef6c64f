import MediaSources
import Testing

@Suite struct SpecificationTests {
    @Test(
        arguments: [
            ("camera", .camera(path: nil)),
            ("camera:/dev/video2", .camera(path: "/dev/video2")),
            (
                "camera:1280x720@25",
                .camera(path: nil, format: CaptureFormat(width: 1280, height: 720, framesPerSecond: 25) ?? CaptureFormat())
            ),
            (
                "camera:/dev/video2@320x240@5",
                .camera(path: "/dev/video2", format: CaptureFormat(width: 320, height: 240, framesPerSecond: 5) ?? CaptureFormat())
            ),
            ("camera:/dev/a@b@1280x720@30", .camera(path: "/dev/a@b", format: CaptureFormat(width: 1280, height: 720) ?? CaptureFormat())),
            ("camera:/dev/a@b", .camera(path: "/dev/a@b")),
            ("camera:/dev/video0@640x480@999", .camera(path: "/dev/video0@640x480@999")),
            ("none", .none),
            ("clip.mp4", .file(path: "clip.mp4")),
            ("./test", .file(path: "./test")),
            ("./camera:1", .file(path: "./camera:1")),
            ("C:thing.mkv", .file(path: "C:thing.mkv")),
        ] as [(String, VideoSourceSpecification)])
    func video(text: String, expected: VideoSourceSpecification) throws {
        #expect(try VideoSourceSpecification(parsing: text) == expected)
        #expect(expected.description == text)
    }

    @Test(arguments: [
        ("test", 640, 480, 30), ("test:1280x720@25", 1280, 720, 25), ("test:320x240", 320, 240, 30), ("test:96x72@1", 96, 72, 1),
        ("test:1920x1200@60", 1920, 1200, 60),
    ])
    func testPicture(text: String, width: Int, height: Int, rate: Int) throws {
        let format = try TestVideoFormat(width: width, height: height, framesPerSecond: rate)
        #expect(try VideoSourceSpecification(parsing: text) == .test(format))
        let printed = VideoSourceSpecification.test(format).description
        #expect(try VideoSourceSpecification(parsing: printed) == .test(format))
    }

    @Test(arguments: [
        "", "camera:", "camera:video2", "camera:/", "camera:1280x", "camera:1280x720@", "camera:0x0", "camera:640x480@0", "mic", "mic:x",
        "test:", "test:640", "test:640x", "test:x480", "test:640x480@",
        "test:640x480@0", "test:640x480@61", "test:641x480", "test:640x481", "test:94x72", "test:96x70", "test:1922x480", "test:640x1202",
        "test:-640x480", "test:640x480@-1", "test:640x480@2.5", "test:999999999999999999999x2", "test:640x480@30@30", "test:６４０x480",
    ])
    func badVideo(text: String) {
        let error = #expect(throws: MediaError.self) { try VideoSourceSpecification(parsing: text) }
        #expect(error?.description.contains("\n") == false)
        #expect(error?.description.isEmpty == false)
    }

    @Test(
        arguments: [
            ("mic", .microphone(name: nil)),
            ("mic:alsa_input.usb-Yeti:2", .microphone(name: "alsa_input.usb-Yeti:2")),
            ("test", .test),
            ("none", .none),
            ("song.ogg", .file(path: "song.ogg")),
        ] as [(String, AudioSourceSpecification)])
    func audio(text: String, expected: AudioSourceSpecification) throws {
        #expect(try AudioSourceSpecification(parsing: text) == expected)
        #expect(expected.description == text)
    }

    @Test(arguments: ["", "mic:", "test:440", "camera", "camera:/dev/video0", "speaker"])
    func badAudio(text: String) {
        #expect(throws: MediaError.self) { try AudioSourceSpecification(parsing: text) }
    }

    @Test(
        arguments: [
            ("speaker", .speaker(name: nil)),
            ("speaker:hdmi", .speaker(name: "hdmi")),
            ("out.wav", .file(path: "out.wav")),
            ("Out.WAV", .file(path: "Out.WAV")),
            ("none", .none),
        ] as [(String, PlaybackSpecification)])
    func playback(text: String, expected: PlaybackSpecification) throws {
        #expect(try PlaybackSpecification(parsing: text) == expected)
        #expect(expected.description == text)
    }

    @Test(arguments: ["", "speaker:", ".wav", "out.mp3", "test", "mic", "a\0.wav"])
    func badPlayback(text: String) {
        #expect(throws: MediaError.self) { try PlaybackSpecification(parsing: text) }
    }

    @Test func sentencesStayOnOneLine() {
        let error = #expect(throws: MediaError.self) { try PlaybackSpecification(parsing: "a\nb\u{1B}[31m\u{2028}") }
        #expect(error?.description.unicodeScalars.contains { $0.value < 32 || $0.value == 0x2028 } == false)
    }
}
