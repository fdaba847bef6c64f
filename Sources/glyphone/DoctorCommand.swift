import ArgumentParser
import Console
import Foundation

/// `glyphone doctor`: what this terminal can do, with a remedy where it cannot.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "What this terminal can show, and what to set so that it shows more.")

    func run() throws {
        let terminal = TerminalExamination(environment: ProcessInfo.processInfo.environment)
        DoctorReport.show("Terminal", terminal.findings)
        if let capabilities = terminal.capabilities {
            print("Test card")
            for line in TestCard.lines(for: capabilities) { print(line) }
        }
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
