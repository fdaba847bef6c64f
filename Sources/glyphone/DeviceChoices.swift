import Calls
import Console
import Devices
import MediaSources
import Synchronization

/// Camera, microphone and speaker of a console: which there are, which are used.
final class DeviceChoices: Sendable {
    private struct State {
        var video: VideoSourceSpecification
        var audio: AudioSourceSpecification
        var playback: PlaybackSpecification
    }

    private let state: Mutex<State>

    init(_ media: MediaConfiguration) {
        state = Mutex(State(video: media.video, audio: media.audio, playback: media.playback))
    }

    /// Where a call's pictures come from.
    var video: VideoSourceSpecification { state.withLock { $0.video } }

    /// Where a call's sound comes from.
    var audio: AudioSourceSpecification { state.withLock { $0.audio } }

    /// Uses a device from now on.
    func use(_ kind: DeviceKind, name: String, in client: CallClient) async {
        switch kind {
        case .camera:
            let video = video(named: name)
            state.withLock { $0.video = video }
            await client.setVideo(video)
        case .microphone:
            let audio = AudioSourceSpecification.microphone(name: name)
            state.withLock { $0.audio = audio }
            await client.setAudio(audio)
        case .speaker:
            let playback = PlaybackSpecification.speaker(name: name)
            state.withLock { $0.playback = playback }
            await client.setPlayback(playback)
        }
    }

    /// What `--video` makes of a name, in the size and rate that were asked for until now.
    private func video(named name: String) -> VideoSourceSpecification {
        guard name.hasPrefix("/") else { return .test(TestVideoFormat()) }
        guard case .camera(let path, let format)? = try? VideoSourceSpecification(parsing: "camera:\(name)") else {
            return .camera(path: name)
        }
        if format == CaptureFormat(), case .camera(_, let before) = video { return .camera(path: path, format: before) }
        return .camera(path: path, format: format)
    }

    /// What there is to choose from, and a sentence where that cannot be told. Takes up to a second.
    func list() async -> (choices: [DeviceChoice], failure: String?) {
        let (video, audio, playback) = state.withLock { ($0.video, $0.audio, $0.playback) }
        let cameras = await (try? TerminalThread.run { CameraDevice.list() }) ?? []
        let pictures = cameras.enumerated().map { index, camera in
            var isCurrent = false
            if case .camera(let path, _) = video { isCurrent = path.map { [camera.path, camera.stablePath].contains($0) } ?? (index == 0) }
            return DeviceChoice(kind: .camera, name: camera.path, title: "\(camera.name)  \(camera.path)", isCurrent: isCurrent)
        }
        do {
            let devices = try await TerminalThread.run { try AudioDevices.list() }
            let microphones = devices.microphones.filter { !$0.isMonitor || audio == .microphone(name: $0.name) }.map {
                choice(.microphone, $0, isCurrent: audio == .microphone(name: $0.name) || ($0.isDefault && audio == .microphone(name: nil)))
            }
            let speakers = devices.speakers.map {
                choice(.speaker, $0, isCurrent: playback == .speaker(name: $0.name) || ($0.isDefault && playback == .speaker(name: nil)))
            }
            return (pictures + microphones + speakers, nil)
        } catch {
            return (pictures, "\(error)")
        }
    }

    /// The lines of the screen before a call.
    func rows(_ choices: [DeviceChoice]) -> [DeviceRow] {
        let (audio, playback) = state.withLock { ($0.audio, $0.playback) }
        func title(_ kind: DeviceKind, otherwise: String) -> String {
            choices.first { $0.kind == kind && $0.isCurrent }?.title ?? otherwise
        }
        return [
            DeviceRow(label: "Mic", text: title(.microphone, otherwise: audio == .microphone(name: nil) ? "none" : "\(audio)")),
            DeviceRow(label: "Speaker", text: title(.speaker, otherwise: playback == .speaker(name: nil) ? "none" : "\(playback)")),
        ]
    }

    /// Whether sound is recorded or played here at all.
    var usesSound: Bool {
        let (audio, playback) = state.withLock { ($0.audio, $0.playback) }
        if case .microphone = audio { return true }
        if case .speaker = playback { return true }
        return false
    }

    private func choice(_ kind: DeviceKind, _ device: AudioDevice, isCurrent: Bool) -> DeviceChoice {
        DeviceChoice(kind: kind, name: device.name, title: device.description, isCurrent: isCurrent)
    }
}
