import ICE
import Testing
import Wire

@Suite struct RelayTests {
    let network = Network()
    let host = address("10.0.0.1", 1000)
    let relayed = address("198.51.100.9", 50_000)
    let mapped = address("203.0.113.1", 4000)
    let other = address("10.0.0.2", 2000)

    /// A peer with a socket and a relay, and one with a socket.
    private func peers(_ role: ICERole = .controlling) -> (Peer, Peer) {
        let left = network.addPeer(role, [host, relayed])
        let right = network.addPeer(role == .controlling ? .controlled : .controlling, [other])
        left.handle(.localAddress(host))
        left.handle(.relayedAddress(relayed, mapped: mapped, preference: 700))
        left.handle(.localAddressesComplete)
        right.gather()
        return (left, right)
    }

    @Test func `A relayed candidate names where the relay sees this end, and comes after all others`() throws {
        let (left, _) = peers()
        let candidate = try #require(left.candidates.last)
        #expect(candidate.type == .relayed)
        #expect(candidate.transportAddress == relayed)
        #expect(candidate.related == mapped)
        #expect(candidate.priority == 700 << 8 | 255)
        #expect(left.candidates.dropLast().allSatisfy { $0.priority > candidate.priority })
        left.handle(.relayedAddress(relayed, mapped: mapped, preference: 1))
        #expect(left.candidates.count == 2, "known already")
    }

    @Test func `The end of candidates waits for relays that may come`() {
        let left = network.addPeer(.controlling, [host, relayed])
        left.handle(.relaysPending(true))
        left.gather()
        network.run(for: .seconds(5))
        #expect(!left.isGatheringComplete)
        left.handle(.relayedAddress(relayed, mapped: mapped, preference: 700))
        left.handle(.relaysPending(false))
        #expect(left.isGatheringComplete)
    }

    @Test(arguments: [ICERole.controlling, .controlled])
    func `A relay is sent through at once, but a direct path that comes a little later is what is chosen`(role: ICERole) {
        network.latency = .milliseconds(5)
        // The first check on the direct way is lost; the next comes after 250 ms.
        network.drops = { $0.at < .zero + .milliseconds(200) && $0.from != self.relayed && $0.to != self.relayed }
        let (left, right) = peers(role)
        connect(left, right)
        network.run(for: .milliseconds(100))
        #expect(left.agent.sendPath?.local == relayed)
        network.run(for: .seconds(3))
        #expect(left.selected.map(\.local) == [host])
        #expect(left.agent.sendPath?.local == host)
    }

    @Test func `Where only the relay gets through, it is chosen`() {
        network.drops = { $0.from != self.relayed && $0.to != self.relayed }
        let (left, right) = peers()
        connect(left, right)
        #expect(network.run(for: .seconds(1)) { !left.selected.isEmpty && !right.selected.isEmpty })
        #expect(left.selected.last?.localType == .relayed)
        // And it is signalled again in the next generation.
        left.restart(77)
        #expect(left.candidates.suffix(2).map(\.type) == [.host, .relayed])
        right.restart(78)
        connect(left, right)
        #expect(network.run(for: .seconds(2)) { left.selected.count == 2 || left.agent.statistics.selectedPair.map { $0.id > 2 } == true })
        left.remove(relayed)
        #expect(left.agent.sendPath == nil)
    }

    @Test func `Data that ceases to come is missed within two seconds, silence where none came within ten`() throws {
        let (left, right) = peers()
        connect(left, right)
        network.run(for: .seconds(1))
        for _ in 0..<200 {
            network.run(for: .milliseconds(20))
            left.agent.heard(from: other, to: host, at: network.now)
        }
        network.drops = { _ in true }
        let cut = network.now
        network.run(for: .seconds(20)) { left.state == .disconnected && right.state == .disconnected }
        let missed = try #require(left.time(of: .disconnected)) - cut
        #expect(missed >= .milliseconds(1500) && missed < .seconds(2), "\(missed)")
        #expect(try #require(right.time(of: .disconnected)) - cut > .seconds(4))
        network.drops = { _ in false }
        left.agent.heard(from: other, to: host, at: network.now)
        #expect(left.agent.state != .disconnected, "data is a sign of life")
    }
}
