import ArgumentParser
import Devices

/// `glyphone devices`: what can be named in `--video`, `--audio` and `--play`.
struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices", abstract: "Cameras, microphones and speakers, with the names that the options take.")

    func run() throws {
        for line in CameraReport(CameraSurvey()).lines { print(line) }
        for line in SoundReport.devices() { print(line) }
    }
}
