import Calls
import Console
import Devices
import MediaSources
import Synchronization

/// The microphone and the speaker of a console: which there are, which are used.
final class SoundChoices: Sendable {
    private struct State {
        var audio: AudioSourceSpecification
        var playback: PlaybackSpecification
    }

    private let state: Mutex<State>

    init(_ media: MediaConfiguration) {
        state = Mutex(State(audio: media.audio, playback: media.playback))
    }

    /// Where a call's sound comes from.
    var audio: AudioSourceSpecification { state.withLock { $0.audio } }

    /// Uses a device from now on.
    func use(_ kind: DeviceKind, name: String, in client: CallClient) async {
        switch kind {
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

    /// What there is to choose from, and a sentence where that cannot be told. Takes up to a second.
    func list() async -> (choices: [DeviceChoice], failure: String?) {
        do {
            let devices = try await TerminalThread.run { try AudioDevices.list() }
            let (audio, playback) = state.withLock { ($0.audio, $0.playback) }
            let microphones = devices.microphones.filter { !$0.isMonitor || audio == .microphone(name: $0.name) }
            return (
                microphones.map {
                    choice(
                        .microphone, $0, isCurrent: audio == .microphone(name: $0.name) || ($0.isDefault && audio == .microphone(name: nil))
                    )
                }
                    + devices.speakers.map {
                        choice(
                            .speaker, $0,
                            isCurrent: playback == .speaker(name: $0.name) || ($0.isDefault && playback == .speaker(name: nil)))
                    }, nil
            )
        } catch {
            return ([], "\(error)")
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
    var usesDevices: Bool {
        let (audio, playback) = state.withLock { ($0.audio, $0.playback) }
        if case .microphone = audio { return true }
        if case .speaker = playback { return true }
        return false
    }

    private func choice(_ kind: DeviceKind, _ device: AudioDevice, isCurrent: Bool) -> DeviceChoice {
        DeviceChoice(kind: kind, name: device.name, title: device.description, isCurrent: isCurrent)
    }
}
