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

/// How findings are printed: a part for each subject, a line for each finding, its remedy below.
enum DoctorReport {
    static func show(_ title: String, _ findings: [Finding]) {
        print(title)
        let width = (findings.map(\.label.count).max() ?? 0) + 2
        for finding in findings {
            print("  " + finding.label + String(repeating: " ", count: width - finding.label.count) + finding.value)
            if let remedy = finding.remedy { print(String(repeating: " ", count: width + 2) + "-> " + remedy) }
        }
    }
}
