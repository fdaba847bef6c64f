import ICE
import Testing
import Wire

@Suite struct FailoverTests {
    let network = Network()
    let wire = address("10.0.0.1", 1000)
    let wireless = address("10.0.1.1", 1000)
    let other = address("10.0.0.2", 2000)

    private func connected(_ role: ICERole) -> (Peer, Peer) {
        let left = network.addPeer(role, [wire, wireless])
        let right = network.addPeer(role == .controlling ? .controlled : .controlling, [other])
        left.gather()
        right.gather()
        connect(left, right)
        network.run(for: .seconds(1))
        #expect(left.agent.sendPath?.local == wire)
        return (left, right)
    }

    @Test("When the address in use goes, the other one takes over within two round trips", arguments: [ICERole.controlling, .controlled])
    func addressGone(role: ICERole) {
        let (left, right) = connected(role)
        left.remove(wire)
        #expect(left.agent.sendPath == nil)
        #expect(left.state == .disconnected)
        #expect(network.run(for: .milliseconds(4)) { left.isConnected })
        #expect(left.agent.sendPath?.local == wireless)
        #expect(right.agent.accepts(from: wireless, to: other))
        network.run(for: .seconds(60))
        #expect(left.selected.last?.local == wireless)
        #expect(right.selected.last?.remote == wireless)
        #expect(right.agent.sendPath?.remote == wireless)
        #expect(left.isConnected && right.isConnected)
        #expect(network.sent.last { $0.from == wire }.map { $0.at < .zero + .seconds(2) } == true)
    }

    @Test(
        "When the path in use goes silent, early or late, the other one takes over",
        arguments: [ICERole.controlling, .controlled], [0, 120])
    func pathCut(role: ICERole, age: Int) throws {
        let (left, right) = connected(role)
        network.run(for: .seconds(age))
        network.drops = { $0.from == self.wire || $0.to == self.wire }
        let cut = network.now
        #expect(network.run(for: .seconds(15)) { left.agent.sendPath?.local == wireless && right.agent.sendPath?.remote == wireless })
        #expect(network.now - cut < .seconds(9))
        network.run(for: .seconds(60))
        #expect(left.isConnected && right.isConnected)
        #expect(left.selected.last?.local == wireless)
        #expect(right.selected.last?.remote == wireless)
        // And back again, though the first path had failed.
        network.drops = { $0.from == self.wireless || $0.to == self.wireless }
        #expect(network.run(for: .seconds(15)) { left.agent.sendPath?.local == wire && right.agent.sendPath?.remote == wire })
        network.run(for: .seconds(60))
        #expect(left.isConnected && right.isConnected)
    }

    @Test("With no address left the agent is disconnected, and failed after 30 s; a new address brings it back")
    func noAddress() {
        let (left, right) = connected(.controlling)
        left.remove(wire)
        left.remove(wireless)
        #expect(left.state == .disconnected)
        network.run(for: .seconds(10))
        let new = address("10.0.2.1", 1)
        left.add(new)
        #expect(network.run(for: .milliseconds(10)) { left.isConnected })
        network.run(for: .seconds(10))
        #expect(right.agent.sendPath?.remote == new)
        left.remove(new)
        network.run(for: .seconds(31))
        #expect(left.state == .failed)
    }

    @Test("An address that was never used may go unnoticed")
    func unusedGone() {
        let (left, right) = connected(.controlling)
        left.remove(wireless)
        left.handle(.localAddressGone(address("10.9.9.9", 9)))
        network.run(for: .seconds(30))
        #expect(left.states.map(\.state) == right.states.map(\.state))
        #expect(left.agent.statistics.localCandidates.count == 1)
        #expect(left.agent.statistics.pairs.count == 1)
    }
}
