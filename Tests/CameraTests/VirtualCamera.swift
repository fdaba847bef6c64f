import Foundation
import TestProcesses

/// What programs found that ran beside the cameras of a virtual machine.
struct Findings: Sendable {
    /// A line of camera-trial's.
    struct Line: Sendable {
        var name: String
        var values: [String: String]

        func number(_ key: String) -> Int { values[key].flatMap { Int(Double($0) ?? -1) } ?? -1 }
        /// Spaces are written as `_`.
        func text(_ key: String) -> String { (values[key] ?? "").replacing("_", with: " ") }
    }

    /// Everything that was printed.
    var transcript: [String]
    var lines: [Line]

    init(_ transcript: [String]) {
        self.transcript = transcript
        lines = transcript.filter { $0.hasPrefix("@") }.map { line in
            let words = line.dropFirst().split(separator: " ")
            let pairs = words.dropFirst().map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
            return Line(name: String(words.first ?? ""), values: Dictionary(pairs.map { ($0[0], $0.count > 1 ? $0[1] : "") }) { $1 })
        }
    }

    func all(_ name: String) -> [Line] { lines.filter { $0.name == name } }
    func first(_ name: String) -> Line? { lines.first { $0.name == name } }
}

enum VirtualCamera {
    /// Why there is no virtual machine here; nil where there can be one.
    static let obstacle: String? = {
        let tools = ["qemu-system-x86_64", "busybox", "cpio", "modinfo", "dpkg-deb", "apt-get"]
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders: [String] = path.split(separator: ":").map { String($0) } + ["/sbin", "/usr/sbin"]
        let missing = tools.filter { tool in !folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)") } }
        return missing.isEmpty ? nil : "needs \(missing.joined(separator: ", ")): Assets/setup test installs what is missing"
    }()

    /// Boots a machine and runs shell commands in it, in which `$trial` and `$glyphone` are the programs.
    ///
    /// - Returns: nil where the kernel cannot be fetched.
    static func run(_ commands: String, within limit: Duration) async throws -> Findings? {
        let script = Bundle.module.resourcePath.map { $0 + "/virtual-camera" } ?? ""
        let programs = "trial=\(Programs.cameraTrial); glyphone=\(Programs.glyphone); "
        let environment = ["XDG_CACHE_HOME": ProcessInfo.processInfo.environment["XDG_CACHE_HOME"] ?? NSHomeDirectory() + "/.cache"]
        let seconds = Int(limit.components.seconds)
        return try await withProcesses { processes in
            let machine = try processes.start(
                ["bash", script, "\(seconds)", "/bin/sh", "-c", programs + commands], environment: environment)
            let outcome = try await machine.end(within: limit + .seconds(60))
            let (output, errors) = try await machine.everything()
            if outcome == .status(125) {
                print("no virtual machine: \(errors)")
                return nil
            }
            guard outcome == .status(0) else { throw Subprocess.Failure(description: "\(outcome): \(output) \(errors)") }
            return Findings(output.lines)
        }
    }
}
