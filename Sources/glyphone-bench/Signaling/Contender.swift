import Foundation
import Glibc

/// A server that is measured: a process of its own, alone on one core.
final class Contender: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let name: String
    let url: String
    private let process = Process()

    /// The core of the server, and that of the load.
    static let cores = (server: 0, load: 1)

    /// Starts `command`, which prints its `ws://` URL as its first line.
    init(_ name: String, _ command: [String]) throws {
        self.name = name
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/taskset")
        process.arguments = ["-c", "\(Self.cores.server)"] + command
        process.standardOutput = output
        try process.run()
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n"), let byte = try output.fileHandleForReading.read(upToCount: 1)?.first { line.append(byte) }
        url = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard url.hasPrefix("ws://") else { throw Failure(description: "\(command[0]) did not start") }
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// User and system time of the process so far, in seconds.
    var processorTime: Double {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(process.processIdentifier, &clock) == 0, clock_gettime(clock, &time) == 0 else { return .nan }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Resident memory now, in bytes.
    var residentBytes: Double {
        let status = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) } ?? .nan) * 1_024
    }

    /// Puts this process, all its threads, on the core that is left for the load.
    static func takeLoadCore() throws {
        let taskset = Process()
        taskset.executableURL = URL(fileURLWithPath: "/usr/bin/taskset")
        taskset.arguments = ["-a", "-c", "-p", "\(cores.load)", "\(ProcessInfo.processInfo.processIdentifier)"]
        taskset.standardOutput = FileHandle.nullDevice
        try taskset.run()
        taskset.waitUntilExit()
    }
}

/// The peer that the server is measured beside: `gohub/main.go`, built from Debian's packages.
enum GoHub {
    /// - Returns: the program; `nil`, after a sentence about it, where it cannot be built.
    static func build() throws -> String? {
        let library = "/usr/share/gocode/src/github.com/gorilla/websocket"
        guard let source = Bundle.module.path(forResource: "main", ofType: "go", inDirectory: "gohub"),
            FileManager.default.isExecutableFile(atPath: "/usr/bin/go"), FileManager.default.fileExists(atPath: library)
        else {
            print("No Go hub to compare with: Assets/setup bench installs golang-go and golang-github-gorilla-websocket-dev.")
            return nil
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("glyphone-bench-gohub").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let go = Process()
        go.executableURL = URL(fileURLWithPath: "/usr/bin/go")
        go.arguments = ["build", "-o", folder + "/gohub", source]
        go.environment = ["GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": folder + "/cache", "PATH": "/usr/bin:/bin"]
        try go.run()
        go.waitUntilExit()
        guard go.terminationStatus == 0 else { throw Contender.Failure(description: "the Go hub cannot be built") }
        return folder + "/gohub"
    }
}
