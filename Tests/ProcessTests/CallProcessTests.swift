import Foundation
import Glibc
import TestProcesses
import Testing

extension ProcessTests {
    /// Calls between two processes, through a server that is a third.
    @Suite struct CallProcessTests {
        /// How often the plain call is made: GLYPHONE_CALL_REPEATS, or 2.
        static let repeats = 1...max(1, Int(ProcessInfo.processInfo.environment["GLYPHONE_CALL_REPEATS"] ?? "") ?? 2)

        @Test(arguments: repeats) func `Two bots see and hear each other, and hang up`(_: Int) async throws {
            try await withProcesses { group in
                let (_, url) = try await group.server()
                try await call(group, url, url, leastShare: 0.98)
            }
        }

        @Test(.enabled(if: NetworkNamespace.isPossible, "needs root, ip (iproute2) and the right to make network namespaces"))
        func `A call works over IPv6 alone`() async throws {
            try await NetworkNamespace.withIPv6Only { prefix in
                try await withProcesses { group in
                    let (_, url) = try await group.server(["--host", "::1", "--port", "0"], prefix: prefix)
                    #expect(url.contains("[::1]"))
                    try await call(group, url, url, leastShare: 0.98, prefix: prefix)
                }
            }
        }

        @Test func `A call behind a link that loses 5 percent loses few frames`() async throws {
            try await withProcesses { group in
                let (_, url) = try await group.server()
                let relay = try group.start([Programs.relay, "--server", url, "--loss", "0.05", "--seed", "1"])
                let line = try await relay.line(with: "listening ", within: .seconds(15))
                let behind = String(line.dropFirst("listening ".count))
                try await call(group, url, behind, leastShare: 0.95)
            }
        }

        /// A whole call of six seconds, with what arrived checked at both ends.
        private func call(
            _ group: ProcessGroup, _ calleeURL: String, _ callerURL: String, leastShare: Double,
            prefix: [String] = []
        ) async throws {
            let bob = try await group.answeringBot("bob", at: calleeURL, prefix: prefix)
            let alice = try group.bot("alice", at: callerURL, ["--call", "bob", "--duration", "6"], prefix: prefix)
            let said = try await (alice.endOfCall(within: .seconds(40)), bob.endOfCall(within: .seconds(10)))
            for (from, to, way) in [(said.0, said.1, "caller to callee"), (said.1, said.0, "callee to caller")] {
                let delivery = try Delivery(from: from, to: to)
                print("\(way): \(delivery)")
                #expect(delivery.share >= leastShare, "\(way): \(delivery)")
                // Room for a machine that is busy with other things, and for a link that loses one packet in twenty.
                #expect(delivery.concealed <= 0.1, "\(way): \(delivery)")
                let level = try #require(delivery.medianLevel, "\(way): no sound")
                #expect(abs(level - Delivery.testLevel) <= 1, "\(way): \(delivery)")
                // People notice more (ITU-R BT.1359).
                let lag = try #require(delivery.medianSoundLag, "\(way): neither clicks nor stamps")
                #expect(lag > -45 && lag < 125, "\(way): \(delivery)")
                #expect(to.contains { $0.event == "first-frame" })
            }
        }

        @Test func `A call outlives its server and resumes at the next`() async throws {
            let state = Programs.newPath("state")
            try await withProcesses { group in
                let (server, url) = try await group.server(["--port", "0", "--state", state])
                let port = try #require(url.split(separator: ":").last?.prefix { $0.isNumber })
                let bob = try await group.answeringBot("bob", at: url)
                let alice = try group.bot("alice", at: url, ["--call", "bob", "--duration", "20"])
                try await alice.connected()
                try await bob.connected()
                try await killInCall(server, [alice, bob])

                _ = try await group.server(["--port", String(port), "--state", state])
                for bot in [alice, bob] {
                    _ = try await bot.line(with: "The server is back", within: .seconds(20), on: \.errors)
                }
                let ended = [alice, bob].map { bot in bot.output.now.lines.contains { $0.contains("ended") } }
                #expect(ended == [false, false], "the call ended before the server was back")
                _ = try await alice.endOfCall(within: .seconds(30))
                _ = try await bob.endOfCall(within: .seconds(10))
            }
        }

        @Test func `A hang-up arrives without a server`() async throws {
            try await withProcesses { group in
                let (server, url) = try await group.server()
                let bob = try await group.answeringBot("bob", at: url)
                let alice = try group.bot("alice", at: url, ["--call", "bob", "--duration", "10"])
                try await alice.connected()
                try await bob.connected()
                try await killInCall(server, [alice, bob])
                _ = try await alice.endOfCall(within: .seconds(30))
                _ = try await bob.endOfCall(within: .seconds(10))
            }
        }

        /// Kills the server and waits until media has gone on for two more counts at each end.
        private func killInCall(_ server: Subprocess, _ bots: [Subprocess]) async throws {
            for bot in bots {
                _ = try await bot.statistics(within: .seconds(20), for: "a picture") { ($0.inbound?.video?.framesDecoded ?? 0) > 0 }
            }
            server.send(signal: SIGKILL)
            _ = try await server.end(within: .seconds(10))
            let before = bots.map { $0.output.now.statistics.last }
            for (bot, last) in zip(bots, before) {
                let (time, frames) = (last?.t ?? 0, last?.inbound?.video?.framesDecoded ?? 0)
                _ = try await bot.statistics(within: .seconds(20), for: "30 more frames after the server was killed") {
                    ($0.t ?? 0) > time + 1 && ($0.inbound?.video?.framesDecoded ?? 0) >= frames + 30
                }
            }
        }
    }
}
