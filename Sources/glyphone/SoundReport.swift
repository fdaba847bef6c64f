import Console
import Devices
import Glibc
import MediaSources
import TerminalIO
import VoiceProcessing

/// Microphones and speakers, as `glyphone devices` lists them and `glyphone doctor` tries them.
enum SoundReport {
    /// The devices with the names that the options take, a line each.
    ///
    /// - Parameter failure: why there are none.
    static func devices(_ devices: AudioDevices?, failure: String?) -> [String] {
        guard let devices else { return ["Microphones and speakers", "  none: \(failure ?? "")"] }
        return lines("Microphones (--audio)", "mic", devices.microphones.filter { !$0.isMonitor })
            + lines("Speakers (--play)", "speaker", devices.speakers)
    }

    private static func lines(_ title: String, _ prefix: String, _ devices: [AudioDevice]) -> [String] {
        let names = devices.map { "\(prefix):\($0.name)" }
        let width = (names.map(\.count).max() ?? 0) + 2
        return [title]
            + zip(names, devices).map { name, device in
                "  \(name)\(String(repeating: " ", count: width - name.count))\(device.description)\(device.isDefault ? " (default)" : "")"
            } + (devices.isEmpty ? ["  none; connect one, or use \(prefix == "mic" ? "--audio test" : "--play none")"] : [])
    }

    /// Tries sound: what there is, whether a test sound can be played and recorded, and what to do where it cannot.
    static func findings(_ environment: [String: String]) -> [Finding] {
        var findings: [Finding] = []
        if environment["SSH_CONNECTION"] != nil {
            let note = SoundOverSSH.note(environment)
            findings.append(
                Finding(
                    "over SSH", note == nil ? "sound goes to \(environment["PULSE_SERVER"] ?? "")" : "sound is that of the remote machine",
                    remedy: note == nil ? nil : "on your own machine: ssh -R (see README, Sound over SSH), then set PULSE_SERVER here"))
        }
        let devices: AudioDevices
        do throws(MediaError) { devices = try AudioDevices.list() } catch {
            return findings + [Finding("sound server", "not reached", remedy: error.description)]
        }
        findings.append(Finding("sound server", devices.server))
        let result = SoundTest { meter($0) }
        clearMeter()
        let speaker = devices.speakers.first { $0.isDefault }?.description ?? "none"
        let milliseconds = result.speakerDelay.map { ", \($0.components.attoseconds / 1_000_000_000_000_000) ms" } ?? ""
        let dropouts = result.underflowCount == 0 ? "" : ", ran dry \(result.underflowCount) times"
        findings.append(
            Finding(
                "speaker", result.isPlayed ? "\(speaker): a test sound was played\(milliseconds)\(dropouts)" : "\(speaker): not played",
                remedy: result.isPlayed
                    ? (result.underflowCount > 2 ? "close what keeps the processor busy, or give PulseAudio real-time priority" : nil)
                    : result.notes.first { $0.contains("speaker") } ?? "choose another with --play speaker:NAME"))
        let microphone = devices.microphones.first { $0.isDefault && !$0.isMonitor }?.description ?? "none"
        findings.append(microphoneFinding(result, name: microphone))
        findings.append(
            Finding(
                "echo",
                result.serverCancelsEcho ? "cancelled by the sound server" : VoiceProcessor() == nil ? "not cancelled" : "cancelled here",
                remedy: VoiceProcessor() == nil ? "use headphones" : nil))
        if result.isEchoHeard { findings.append(Finding("", "the microphone hears the speaker, which is what is cancelled")) }
        return findings
    }

    private static func microphoneFinding(_ result: SoundTest, name: String) -> Finding {
        guard result.isRecorded else {
            return Finding(
                "microphone", "\(name): not recorded",
                remedy: result.notes.first { $0.contains("microphone") } ?? "connect one, or choose one with --audio mic:NAME")
        }
        guard let level = result.levelDecibels else {
            return Finding(
                "microphone", "\(name): digital silence",
                remedy: "it is muted, by a switch of its own or in the mixer (pavucontrol, or pactl set-source-mute @DEFAULT_SOURCE@ 0)")
        }
        let remedy =
            level < -50
            ? "speak while this runs; if it stays so, turn it up in the mixer, or choose another with --audio mic:NAME"
            : level > -1 ? "it is too loud: turn it down in the mixer" : nil
        return Finding("microphone", "\(name): \(bar(level)) \(Int(level.rounded())) dB", remedy: remedy)
    }

    private static func bar(_ decibels: Double) -> String { ConsoleView.meter(decibels, columns: 20) }

    private static func meter(_ decibels: Double) {
        guard isatty(STDOUT_FILENO) == 1 else { return }
        print("\r  listening  \(bar(decibels))", terminator: "")
        fflush(nil)
    }

    private static func clearMeter() {
        guard isatty(STDOUT_FILENO) == 1 else { return }
        print("\r\u{1B}[K", terminator: "")
        fflush(nil)
    }
}
