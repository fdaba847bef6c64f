import Foundation
import Glibc

/// Where the built programs are, and what they run in.
package enum Programs {
    package static let glyphone = folder + "/glyphone"
    package static let relay = folder + "/glyphone-relay"
    package static let cameraTrial = folder + "/camera-trial"

    /// SwiftPM puts the test bundle beside the programs of the package.
    private static let folder: String = {
        var candidates = [CommandLine.arguments[0]]
        if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { candidates.insert(path, at: 0) }
        if let index = CommandLine.arguments.firstIndex(of: "--test-bundle-path"), index + 1 < CommandLine.arguments.count {
            candidates.insert(CommandLine.arguments[index + 1], at: 0)
        }
        let folders = candidates.map { URL(filePath: $0).deletingLastPathComponent().path }
        return folders.first { FileManager.default.isExecutableFile(atPath: $0 + "/glyphone") }
            ?? folders.first { FileManager.default.isExecutableFile(atPath: $0 + "/camera-trial") } ?? folders[0]
    }()

    /// A home of the tests' own, without the settings of whoever runs them.
    package static let home: String = {
        let path = NSTemporaryDirectory() + "/glyphone-process-tests-\(getpid())"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }()

    package static let environment: [String: String] = [
        "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": home, "XDG_STATE_HOME": home, "LANG": "C.UTF-8", "USER": "tester", "TZ": "UTC",
    ]

    /// A path for a file that no other test uses.
    package static func newPath(_ name: String) -> String {
        "\(home)/\(UUID().uuidString)-\(name)"
    }
}

extension ProcessGroup {
    /// A signaling server, and the URL it printed.
    package func server(_ options: [String] = ["--port", "0"], prefix: [String] = []) async throws -> (process: Subprocess, url: String) {
        let process = try start(prefix + [Programs.glyphone, "server"] + options)
        return (process, try await process.line(with: "ws://", within: .seconds(15)))
    }

    package func bot(_ name: String, at url: String, _ options: [String], prefix: [String] = []) throws -> Subprocess {
        try start(prefix + [Programs.glyphone, "bot", "--server", url, "--name", name, "--json"] + options)
    }

    /// A bot that answers one call; returns once it can be called.
    package func answeringBot(_ name: String, at url: String, _ options: [String] = [], prefix: [String] = []) async throws -> Subprocess {
        let bot = try bot(name, at: url, ["--auto-answer", "--once"] + options, prefix: prefix)
        _ = try await bot.line(with: #""event":"joined""#, within: .seconds(15))
        return bot
    }
}
