import Foundation
import Glibc

/// A real TURN server, coturn from Debian, started by a test with a configuration of its own.
package struct Coturn: Sendable {
    /// Whether it is installed (package coturn).
    package static let isInstalled = ["/usr/bin/turnserver", "/usr/sbin/turnserver"].contains {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    package static let whyNot: String = "needs coturn (package coturn)"

    package let process: Subprocess
    package let address: String
    package let port: Int
    package let tlsPort: Int

    package var udp: String { "turn:\(address):\(port)" }
    package var tcp: String { "turn:\(address):\(port)?transport=tcp" }
    /// Its certificate is for 127.0.0.1, if it is given one.
    package var tls: String { "turns:\(address):\(tlsPort)" }
}

extension ProcessGroup {
    /// Starts coturn; returns once it answers. Without other options it knows the user `user` with the password `pass`.
    package func coturn(
        _ options: [String] = ["--lt-cred-mech", "--user", "user:pass"], at address: String = "127.0.0.1", prefix: [String] = []
    ) async throws -> Coturn {
        let (port, tlsPort) = (try Self.freePort(), try Self.freePort())
        let command =
            [
                "turnserver", "-n", "--no-cli", "--no-dtls", "--listening-ip", address, "--relay-ip", address,
                "--listening-port", "\(port)", "--tls-listening-port", "\(tlsPort)", "--realm", "example.org", "--fingerprint",
                "--allow-loopback-peers", "--log-file", "stdout", "--simple-log", "--userdb", Programs.newPath("turn.db"),
                "--pidfile", Programs.newPath("turn.pid"),
            ] + options
        let process = try start(prefix + command)
        _ = try await process.line(with: "Total General servers", within: .seconds(20))
        return Coturn(process: process, address: address, port: port, tlsPort: tlsPort)
    }

    /// A port that the kernel finds free: coturn can't choose one.
    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard descriptor >= 0, result else { throw Subprocess.Failure(description: "no port is free: errno \(errno)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
