import ArgumentParser
import Devices
import MediaSources

/// `glyphone devices`: what can be named in `--video`, `--audio` and `--play`.
struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices", abstract: "Cameras, microphones and speakers, with the names that the options take.")

    func run() throws {
        for line in CameraReport(CameraSurvey()).lines { print(line) }
        do throws(MediaError) {
            let devices = try AudioDevices.list()
            show("Microphones (--audio)", "mic", devices.microphones.filter { !$0.isMonitor })
            show("Speakers (--play)", "speaker", devices.speakers)
        } catch {
            print("Microphones and speakers\n  none: \(error.description)")
        }
    }

    private func show(_ title: String, _ prefix: String, _ devices: [AudioDevice]) {
        print(title)
        for device in devices { print("  \(prefix):\(device.name)  \(device.description)\(device.isDefault ? " (default)" : "")") }
        if devices.isEmpty { print("  none") }
    }
}
