import TestProcesses
import Testing

extension ProcessTests {
    /// Real NATs, the kernel's, and a real relay.
    @Suite(
        .enabled(if: NATNetwork.isPossible, Comment(rawValue: NATNetwork.whyNot)),
        .enabled(if: Coturn.isInstalled, Comment(rawValue: Coturn.whyNot)), .serialized)
    struct NATTests {
        /// alice, in a call with bob, both behind NATs of their own, and the time it took to connect.
        private func call(_ group: ProcessGroup, duration: Int) async throws -> (alice: Subprocess, bob: Subprocess, took: Double) {
            let coturn = try await group.coturn(at: NATNetwork.server, prefix: NATNetwork.internet)
            let (_, url) = try await group.server(
                [
                    "--host", NATNetwork.server, "--port", "0", "--stun", "stun:\(coturn.address):\(coturn.port)",
                    "--turn", coturn.udp, "--turn-user", "user", "--turn-password", "pass",
                ], prefix: NATNetwork.internet)
            let bob = try await group.answeringBot("bob", at: url, prefix: NATNetwork.host("b"))
            let alice = try group.bot("alice", at: url, ["--call", "bob", "--duration", "\(duration)"], prefix: NATNetwork.host("a"))
            try await alice.connected()
            let connected = try alice.output.now.events().first { $0.event == "call" && $0.state == "connected" }
            return (alice, bob, try #require(connected?.ms))
        }

        @Test func `Behind two symmetric NATs a call goes through the relay, and outlives a new address`() async throws {
            try await NATNetwork.with {
                try await withProcesses { group in
                    let (alice, bob, took) = try await call(group, duration: 14)
                    print("connected through the relay after \(took) ms")
                    #expect(took < 2_000)
                    let before = try await alice.statistics(within: .seconds(10), for: "a picture") {
                        ($0.inbound?.video?.framesDecoded ?? 0) > 0
                    }
                    #expect(before.transport.map { [$0.localCandidateType, $0.remoteCandidateType].contains("relay") } == true)

                    try NATNetwork.changeAddress(of: "a", to: 3)
                    let (time, frames) = (before.t ?? 0, before.inbound?.video?.framesDecoded ?? 0)
                    // Statistics come once a second: media is back within three seconds where, after five, a second's frames have come.
                    let after = try await alice.statistics(within: .seconds(12), for: "pictures at the new address") {
                        ($0.t ?? 0) >= time + 5.5
                    }
                    #expect((after.inbound?.video?.framesDecoded ?? 0) >= frames + 40, "\(frames) at \(time) s, then \(after)")
                    let events = try await alice.endOfCall(within: .seconds(30))
                    #expect(events.count { $0.event == "call" && $0.state == "ended" } == 1)
                    _ = try await bob.endOfCall(within: .seconds(10))
                }
            }
        }

        @Test func `An address that is away for a moment costs a call no more than that`() async throws {
            try await NATNetwork.with {
                try await withProcesses { group in
                    let (alice, bob, _) = try await call(group, duration: 12)
                    let before = try await alice.statistics(within: .seconds(10), for: "a picture") {
                        ($0.inbound?.video?.framesDecoded ?? 0) > 0
                    }
                    try NATNetwork.changeAddress(of: "a", to: 2)
                    let (time, frames) = (before.t ?? 0, before.inbound?.video?.framesDecoded ?? 0)
                    let after = try await alice.statistics(within: .seconds(12), for: "pictures at the same address") {
                        ($0.t ?? 0) >= time + 5.5
                    }
                    #expect((after.inbound?.video?.framesDecoded ?? 0) >= frames + 40, "\(frames) at \(time) s, then \(after)")
                    _ = try await alice.endOfCall(within: .seconds(30))
                    _ = try await bob.endOfCall(within: .seconds(10))
                }
            }
        }
    }
}
