import Codecs
import Devices
import MediaSources
import Testing

@Suite struct CameraTests {
    @Test func absentCamera() {
        let error = #expect(throws: MediaError.self) { try CameraDevice(path: "/dev/video-none") }
        #expect(error?.description.hasPrefix("there is no camera \"/dev/video-none\"") == true)
    }

    @Test(arguments: ["/dev/null", "/dev/zero", "/etc/hostname"]) func whatIsNoCamera(path: String) {
        let error = #expect(throws: MediaError.self) { try CameraDevice(path: path) }
        #expect(error?.description.contains("camera") == true)
    }

    @Test func listingNeverFails() {
        #expect(CameraDevice.list().allSatisfy { $0.path.hasPrefix("/dev/video") })
    }

    @Test(.enabled(if: CameraDevice.list().isEmpty, "this machine has a camera")) func callsGoOnWithoutACamera() throws {
        let notes = Collector<String>()
        let mutes = Collector<Bool>()
        let frames = Collector<Duration>()
        let inputs = try MediaInputs(
            video: .camera(path: nil), audio: .test, onNote: { notes.add($0) }, onVideoMuted: { mutes.add($0) })
        #expect(inputs.audio != nil)
        // Nothing is looked for before it is wanted; then it is waited for.
        #expect(notes.all.isEmpty)
        inputs.video?.start { frames.add($0.timestamp) }
        #expect(notes.first(1) == ["this machine has no camera: connect one, or choose test, a file or none for video"])
        #expect(mutes.first(1) == [true])
        inputs.video?.stop()
        #expect(frames.all.isEmpty)
    }

    @Test func inputsFollowTheirSpecifications() throws {
        let none = try MediaInputs(video: .none, audio: .none)
        #expect(none.video == nil)
        #expect(none.audio == nil)
        let test = try MediaInputs(video: .test(TestVideoFormat()), audio: .microphone(name: "x"), chunkSamples: 480)
        #expect(test.video is TestVideoSource)
        #expect(test.audio is MicrophoneSource)
        #expect(test.audio?.chunkSamples == 480)
        #expect(throws: MediaError.self) { try MediaInputs(video: .file(path: "/nowhere"), audio: .none) }
        #expect(throws: MediaError.self) { try MediaInputs(video: .none, audio: .file(path: "/nowhere")) }
    }
}
