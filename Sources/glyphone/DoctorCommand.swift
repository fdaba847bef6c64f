import ArgumentParser
import Console
import Devices
import Foundation

/// `glyphone doctor`: what this terminal, this machine's devices and this network can do, with a remedy where they cannot.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "What this terminal, this machine's devices and this network can do, with a remedy where they cannot.",
        discussion: """
            The network is looked at as a call would: with the servers that the options, the environment and the configuration \
            file name, and those that the signaling server hands out. Nobody is called.
            """)

    @OptionGroup var options: CallOptions

    func run() async throws {
        let settings = try await options.resolved()
        let terminal = TerminalExamination(environment: ProcessInfo.processInfo.environment)
        DoctorReport.show("Terminal", terminal.findings)
        if let capabilities = terminal.capabilities {
            print("Test card")
            for line in TestCard.lines(for: capabilities) { print(line) }
        }
        DoctorReport.show("Cameras", CameraReport(CameraSurvey()).findings)
        DoctorReport.show("Sound", SoundReport.findings(ProcessInfo.processInfo.environment))
        DoctorReport.show("Network", try await NetworkDoctor.findings(settings))
    }
}

/// How findings are printed: a part for each subject, a line for each finding, its remedy below. Devices and servers name
/// themselves: nothing of that is obeyed by the terminal.
enum DoctorReport {
    static func show(_ title: String, _ findings: [Finding]) {
        print(title)
        let labels = findings.map { DisplayText.printable($0.label) }
        let width = (labels.map(\.count).max() ?? 0) + 2
        for (label, finding) in zip(labels, findings) {
            print("  " + label + String(repeating: " ", count: width - label.count) + DisplayText.printable(finding.value, limit: 4_096))
            if let remedy = finding.remedy {
                print(String(repeating: " ", count: width + 2) + "-> " + DisplayText.printable(remedy, limit: 4_096))
            }
        }
    }
}
