import ArgumentParser
import Devices
import Foundation
import MediaSources

/// `glyphone devices`: what can be named in `--video`, `--audio` and `--play`.
struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices", abstract: "Cameras, microphones and speakers, with the names that the options take.",
        discussion: """
            With --json each device is one JSON object on a line of its own: kind (videoinput, audioinput, audiooutput), deviceId, \
            label, option, isDefault, and of a camera stablePath and formats, or error where it cannot be used.
            """)

    @Flag(help: "Print one JSON object a line, and nothing else.")
    var json = false

    func run() throws {
        let survey = CameraSurvey()
        let sound: AudioDevices
        do throws(MediaError) { sound = try AudioDevices.list() } catch {
            return tell(survey, nil, failure: error.description)
        }
        tell(survey, sound, failure: nil)
    }

    private func tell(_ survey: CameraSurvey, _ sound: AudioDevices?, failure: String?) {
        if json {
            for device in DeviceListing.all(survey, sound) { Standard.output(device.json + Data("\n".utf8)) }
            if let failure { Standard.error("devices: \(failure)") }
        } else {
            for line in CameraReport(survey).lines + SoundReport.devices(sound, failure: failure) { Standard.output(Standard.text(line)) }
        }
    }
}
