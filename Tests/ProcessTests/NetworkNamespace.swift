import Foundation
import Glibc
import TestProcesses

/// A network of the test's own.
enum NetworkNamespace {
    static let isPossible: Bool = {
        guard geteuid() == 0 else { return false }
        let name = "glyphone-probe-\(getpid())"
        return (try? ip("netns", "add", name)) == true && (try? ip("netns", "del", name)) == true
    }()

    /// Runs `body` with what to put before a command so that it runs where there is no IPv4 address.
    static func withIPv6Only(_ body: ([String]) async throws -> Void) async throws {
        let name = "glyphone-\(getpid())"
        guard try ip("netns", "add", name) else { throw Subprocess.Failure(description: "no network namespace can be made") }
        defer { _ = try? ip("netns", "del", name) }
        _ = try ip("-n", name, "link", "set", "lo", "up")
        guard try ip("-n", name, "-4", "addr", "del", "127.0.0.1/8", "dev", "lo") else {
            throw Subprocess.Failure(description: "the IPv4 address of the network namespace stays")
        }
        try await body(["ip", "netns", "exec", name])
    }

    /// Whether `ip` with these arguments succeeds.
    private static func ip(_ arguments: String...) throws -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["ip"] + arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
