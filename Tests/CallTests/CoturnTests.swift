import Calls
import Foundation
import ICE
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import STUN
import TestProcesses
import Testing
import Transport

/// What the network part of the doctor, which is what a call does, finds with a real TURN server.
@Suite(.enabled(if: Coturn.isInstalled, Comment(rawValue: Coturn.whyNot))) struct CoturnTests {
    private static let credentials = TURNCredentials(username: "user", password: "pass")

    private func examine(
        _ urls: [String], _ credentials: TURNCredentials? = Self.credentials, isTrusting: Bool = true
    ) async throws -> NetworkExamination {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let servers = try urls.map { ICEServer(url: try ICEServerURL(parsing: $0), credentials: credentials) }
        var tls = TLSConfiguration.makeClientConfiguration()
        if isTrusting { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(TestCertificate.certificate.utf8))) }
        let trust = tls
        let result = try await loop.flatSubmit {
            do {
                return try NetworkExamination.run(
                    servers: servers, usesLoopback: true, on: loop, tls: trust,
                    logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
            } catch {
                return loop.makeFailedFuture(error)
            }
        }.get()
        try await group.shutdownGracefully()
        return result
    }

    private func certificate() throws -> [String] {
        let (certificate, key) = (Programs.newPath("certificate.pem"), Programs.newPath("key.pem"))
        try TestCertificate.certificate.write(toFile: certificate, atomically: true, encoding: .utf8)
        try TestCertificate.key.write(toFile: key, atomically: true, encoding: .utf8)
        return ["--lt-cred-mech", "--user", "user:pass", "--cert", certificate, "--pkey", key]
    }

    @Test func `It relays over UDP, TCP and TLS, and answers as a STUN server`() async throws {
        try await withProcesses { group in
            let coturn = try await group.coturn(try certificate())
            let result = try await examine(["stun:127.0.0.1:\(coturn.port)", coturn.udp, coturn.tcp, coturn.tls])
            #expect(result.relays.map(\.isAllocated) == [true, true, true], "\(result.relays)")
            #expect(result.relays.allSatisfy { $0.failure == nil })
            #expect(result.findings.contains { $0.label.hasPrefix("stun:") && $0.value.contains("sees 127.0.0.1") })
        }
    }

    @Test func `A certificate that nobody vouches for is not trusted`() async throws {
        try await withProcesses { group in
            let coturn = try await group.coturn(try certificate())
            let result = try await examine([coturn.tls], isTrusting: false)
            guard case .untrusted = result.relays.first?.failure else {
                Issue.record("\(result.relays)")
                return
            }
        }
    }

    @Test func `A wrong password, and none, are told apart`() async throws {
        try await withProcesses { group in
            let coturn = try await group.coturn()
            for url in [coturn.udp, coturn.tcp] {
                let wrong = try await examine([url], TURNCredentials(username: "user", password: "wrong"))
                #expect(wrong.relays.map(\.failure) == [.wrongCredentials])
                let none = try await examine([url], nil)
                #expect(none.relays.map(\.failure) == [.noCredentials])
            }
        }
    }

    @Test func `A port where nobody is, and one where something else is, are said so`() async throws {
        try await withProcesses { group in
            let coturn = try await group.coturn()
            coturn.process.send(signal: 9)
            _ = try await coturn.process.end(within: .seconds(5))
            let result = try await examine([coturn.udp, coturn.tcp])
            #expect(result.relays.first?.failure == .noAnswer)
            #expect(result.relays.last?.failure == .unreachable("nothing listens at that port"))
            #expect(result.findings.last?.value.contains("relay: no") == true)
        }
    }
}
