import ICE
import STUN
import Testing
import Wire

@Suite struct ConsentTests {
    let a = address("10.0.0.1", 1000)
    let b = address("10.0.0.2", 2000)

    private func connected(seed: UInt64 = 1) -> (Network, Peer, Peer) {
        let network = Network(seed: seed)
        let left = network.addPeer(.controlling, [a])
        let right = network.addPeer(.controlled, [b])
        left.gather()
        right.gather()
        connect(left, right)
        network.run(for: .seconds(1))
        return (network, left, right)
    }

    @Test("Consent is checked every 4 to 6 s, each time with another transaction")
    func interval() throws {
        let (network, left, _) = connected()
        let before = network.sent.count
        network.run(for: .seconds(600))
        let checks = network.sent[before...].filter { $0.from == a && $0.bytes[0] == 0 && $0.bytes[1] == 1 }
        #expect((100...150).contains(checks.count))
        for (check, next) in zip(checks, checks.dropFirst()) {
            #expect((Duration.seconds(4)...(.seconds(6) + .milliseconds(2))).contains(next.at - check.at))
            #expect(check.bytes != next.bytes)
        }
        let pair = try #require(left.agent.statistics.selectedPair)
        #expect(pair.consentRequestsSent == checks.count)
        #expect(pair.currentRoundTripTime == .milliseconds(2))
        #expect(left.states.count == 3, "new to checking to connected to completed, and stays")
    }

    @Test(
        "A cut path is disconnected after 5 to 8 s, failed 30 s after the last answer, and nothing is sent any more",
        arguments: 0..<10 as Range<UInt64>)
    func expiry(seed: UInt64) throws {
        let (network, left, right) = connected(seed: seed)
        network.drops = { _ in true }
        let cut = network.now
        network.run(for: .seconds(40))
        for peer in [left, right] {
            let disconnected = try #require(peer.time(of: .disconnected))
            let failed = try #require(peer.time(of: .failed))
            #expect((Duration.seconds(4)...(.seconds(8))).contains(disconnected - cut))
            #expect((Duration.seconds(24)...(.seconds(30))).contains(failed - cut))
            #expect(peer.agent.sendPath == nil)
            #expect(peer.agent.deadline == nil)
        }
        let count = network.sent.count
        network.drops = { _ in false }
        network.run(for: .seconds(60))
        #expect(network.sent.count == count)
        #expect(left.state == .failed)
    }

    @Test("While disconnected the path is still sent on, and a returning network is noticed within 1.1 s")
    func recovery() throws {
        let (network, left, right) = connected()
        network.drops = { _ in true }
        network.run(for: .seconds(15))
        #expect(left.state == .disconnected)
        #expect(left.agent.sendPath?.remote == b)
        network.drops = { _ in false }
        #expect(network.run(for: .milliseconds(1100)) { left.isConnected && right.isConnected })
        #expect(left.agent.sendPath?.remote == b)
        network.run(for: .seconds(60))
        #expect(left.isConnected && right.isConnected)
    }

    @Test("A cut of 3 s is not even disconnected", arguments: 0..<10 as Range<UInt64>)
    func shortCut(seed: UInt64) {
        let (network, left, right) = connected(seed: seed)
        network.drops = { _ in true }
        network.run(for: .seconds(3))
        network.drops = { _ in false }
        network.run(for: .seconds(30))
        #expect(!left.states.contains { $0.state == .disconnected })
        #expect(!right.states.contains { $0.state == .disconnected })
    }

    @Test("The peer's checks alone are signs of life, but no consent to send")
    func oneWay() throws {
        let (network, left, right) = connected()
        // Answers to the left are lost; what the right asks and is told gets through.
        network.drops = { $0.from == self.b && $0.bytes[0] == 1 }
        network.run(for: .seconds(20))
        #expect(left.isConnected)
        network.run(for: .seconds(20))
        #expect(left.state == .failed)
        #expect(left.agent.sendPath == nil)
        #expect(right.isConnected)
    }

    @Test("A slow path of 1.2 s round trip connects and stays connected")
    func slowPath() throws {
        let network = Network()
        network.latency = .milliseconds(600)
        let left = network.addPeer(.controlling, [a])
        let right = network.addPeer(.controlled, [b])
        left.gather()
        right.gather()
        connect(left, right)
        #expect(network.run(for: .seconds(5)) { !left.selected.isEmpty && !right.selected.isEmpty })
        network.run(for: .seconds(300))
        #expect(!left.states.contains { $0.state == .disconnected })
        #expect(left.agent.statistics.selectedPair?.currentRoundTripTime == .milliseconds(1200))
    }

    @Test("Without any answer the agent gives up after 30 s, or after 15 s if nothing is left to try")
    func givingUp() throws {
        for (hasEnded, limit) in [(false, 30), (true, 15)] {
            let network = Network()
            let left = network.addPeer(.controlling, [a])
            let crafted = Crafted(network, b)
            left.gather()
            left.handle(.remoteCredentials(crafted.credentials))
            left.handle(.remoteCandidate(crafted.candidate))
            if hasEnded { left.handle(.remoteEndOfCandidates) }
            network.run(for: .seconds(40))
            #expect(left.time(of: .failed) == .zero + .seconds(limit))
            #expect(left.states.map(\.state) == [.checking, .failed])
            #expect(left.agent.deadline == nil)
        }
    }

    @Test("No candidates at all: not failed at once")
    func nothingToTry() {
        let network = Network()
        let left = network.addPeer(.controlling, [a])
        let crafted = Crafted(network, b)
        left.gather()
        left.handle(.remoteCredentials(crafted.credentials))
        left.handle(.remoteEndOfCandidates)
        network.run(for: .seconds(14))
        #expect(left.state == .checking)
        network.run(for: .seconds(2))
        #expect(left.state == .failed)
    }
}
