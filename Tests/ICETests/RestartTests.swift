import ICE
import STUN
import Testing
import Wire

@Suite struct RestartTests {
    let network = Network()
    let a = address("10.0.0.1", 1000)
    let b = address("10.0.0.2", 2000)

    private func connected() -> (Peer, Peer) {
        network.latency = .milliseconds(10)
        let left = network.addPeer(.controlling, [a])
        let right = network.addPeer(.controlled, [b])
        left.gather()
        right.gather()
        connect(left, right)
        network.run(for: .seconds(1))
        return (left, right)
    }

    @Test("Through a restart there is always a path, and the new generation is nominated", arguments: [0, 200])
    func restart(signalling: Int) {
        let (left, right) = connected()
        let old = left.agent.localCredentials
        left.restart(77)
        #expect(left.agent.localCredentials != old)
        #expect(left.candidates.last?.usernameFragment == left.agent.localCredentials.usernameFragment)
        #expect(left.isGatheringComplete)
        #expect(left.agent.sendPath?.remote == b)
        network.run(for: .milliseconds(signalling)) { left.agent.sendPath == nil || right.agent.sendPath == nil }
        right.restart(78)
        left.trickle(to: right)
        network.run(for: .milliseconds(signalling)) { left.agent.sendPath == nil || right.agent.sendPath == nil }
        right.trickle(to: left)
        let isInterrupted = network.run(for: .seconds(60)) { !left.isConnected || !right.isConnected }
        #expect(!isInterrupted)
        #expect(left.states.allSatisfy { [.checking, .connected, .completed].contains($0.state) })
        #expect(left.states.count { $0.state == .checking } == 1)
        // Generation two is in use, and the first is gone.
        #expect(left.agent.statistics.pairs.map(\.nominated) == [true])
        #expect(left.agent.statistics.pairs.map(\.local.type) == [.host])
        #expect(left.agent.remoteCredentials == right.agent.localCredentials)
        #expect(Set(left.agent.statistics.pairs.map(\.id)) == [2])
    }

    @Test("The answerer may hear of the offerer's new credentials before it restarts")
    func announcedCredentials() {
        let (left, right) = connected()
        left.restart(77)
        left.trickle(to: right)
        #expect(right.agent.remoteCredentials != left.agent.localCredentials)
        network.run(for: .milliseconds(500))
        right.restart(78)
        #expect(right.agent.remoteCredentials == left.agent.localCredentials)
        #expect(right.agent.statistics.pairs.count { $0.isSelected } == 1)
        right.trickle(to: left)
        network.run(for: .seconds(10))
        #expect(left.agent.statistics.selectedPair?.id == 2)
        #expect(right.agent.statistics.selectedPair?.id == 2)
        #expect(left.state == .completed && right.state == .completed)
    }

    @Test("The old path is used until the new one is nominated, and its datagrams are taken a little longer")
    func overlap() {
        let (left, right) = connected()
        network.drops = { _ in false }
        let newAddress = address("10.0.5.1", 5)
        right.add(newAddress)
        left.restart(77)
        right.restart(78)
        right.remove(b)
        left.trickle(to: right)
        right.trickle(to: left)
        #expect(left.agent.sendPath?.remote == b, "the old pair, for want of another")
        network.run(for: .seconds(1)) { left.agent.sendPath?.remote == newAddress }
        #expect(left.agent.sendPath?.remote == newAddress)
        #expect(left.agent.accepts(from: b, to: a))
        network.run(for: .seconds(6))
        #expect(!left.agent.accepts(from: b, to: a))
    }

    @Test("The controlled side goes over to the path that the controlling side's data comes on, before its nomination has come")
    func follows() throws {
        let (left, right) = connected()
        let newAddress = address("10.0.5.1", 5)
        // Nominations of the new generation get lost.
        network.drops = { packet in (try? STUNMessage(parsing: packet.bytes))?.useCandidate == true }
        left.add(newAddress)
        left.restart(77)
        right.restart(78)
        left.remove(a)
        left.trickle(to: right)
        right.trickle(to: left)
        network.run(for: .milliseconds(500))
        #expect(left.agent.sendPath?.local == newAddress, "it has no other")
        #expect(right.agent.sendPath?.remote == a, "nothing tells it otherwise")
        right.agent.heard(from: newAddress, to: b, at: network.now)
        #expect(right.agent.sendPath?.remote == newAddress)
    }

    @Test("Candidates and checks of the old generation are dropped")
    func oldGeneration() throws {
        let peer = network.addPeer(.controlled, [a])
        let crafted = Crafted(network, b)
        peer.gather()
        peer.handle(.remoteCredentials(crafted.credentials))
        let oldCheck = crafted.check(peer, controlling: 1)
        let oldPassword = peer.agent.localCredentials.password
        crafted.credentials = ICECredentials(usernameFragment: "newf", password: "newpasswordnewpassword")
        peer.restart(3)
        peer.handle(.remoteCredentials(crafted.credentials))
        peer.handle(.remoteCandidate(crafted.candidate(at: b, fragment: "crft")))
        #expect(peer.agent.statistics.pairs.isEmpty)
        try crafted.send(oldCheck, to: peer, at: a, password: oldPassword)
        #expect(peer.agent.statistics.pairs.isEmpty)
        peer.handle(.remoteCandidate(crafted.candidate(at: b, fragment: "newf")))
        #expect(peer.agent.statistics.pairs.count == 1)
        peer.handle(.remoteCandidate(crafted.candidate(at: address("10.0.0.3", 1), fragment: nil)))
        #expect(peer.agent.statistics.pairs.count == 2, "a candidate that names no generation belongs to the present one")
    }

    @Test("A restart that is rolled back leaves everything as it was")
    func cancelled() {
        let (left, right) = connected()
        let credentials = left.agent.localCredentials
        left.restart(77)
        network.run(for: .seconds(2))
        left.handle(.cancelRestart)
        #expect(left.agent.localCredentials == credentials)
        network.run(for: .seconds(60))
        #expect(left.isConnected && right.isConnected)
        #expect(left.states.map(\.state) == [.checking, .connected, .completed, .connected, .completed])
        #expect(left.agent.sendPath?.remote == b)
    }

    @Test("Both restart at once; the one whose offer is rolled back restarts again as answerer")
    func glare() {
        let (left, right) = connected()
        left.restart(77)
        right.restart(78)
        left.handle(.cancelRestart)
        right.trickle(to: left)
        left.restart(79)
        left.trickle(to: right)
        network.run(for: .seconds(20))
        #expect(left.isConnected && right.isConnected)
        #expect(left.agent.statistics.selectedPair.map { $0.id > 1 } == true)
        #expect(left.agent.remoteCredentials == right.agent.localCredentials)
    }

    @Test("A restart revives an agent that has failed")
    func afterFailure() {
        let (left, right) = connected()
        network.drops = { _ in true }
        network.run(for: .seconds(40))
        #expect(left.state == .failed && right.state == .failed)
        network.drops = { _ in false }
        left.restart(77)
        #expect(left.state == .checking)
        right.restart(78)
        connect(left, right)
        #expect(network.run(for: .milliseconds(50)) { left.isConnected && right.isConnected })
    }

    @Test("A restart that is never answered does not disturb the call")
    func unanswered() {
        let (left, right) = connected()
        left.restart(77)
        left.restart(78)
        network.run(for: .seconds(120))
        #expect(left.isConnected && right.isConnected)
        #expect(left.agent.sendPath?.remote == b)
    }

    @Test("Roles may change with a restart")
    func roles() {
        let (left, right) = connected()
        left.restart(77)
        right.restart(78)
        left.handle(.role(.controlled))
        right.handle(.role(.controlling))
        connect(left, right)
        network.run(for: .seconds(20))
        #expect(left.agent.role == .controlled && right.agent.role == .controlling)
        #expect(left.agent.statistics.selectedPair?.id == 2)
        #expect(left.isConnected && right.isConnected)
    }

    @Test("The STUN servers are asked again, for the network may be another")
    func gathersAgain() {
        let server = address("198.51.100.1", 3478)
        network.addServer(server)
        let peer = network.addPeer(.controlling, [a], nat: NAT(.fullCone, publicIP: "203.0.113.1"))
        peer.gather(servers: [server])
        network.run(for: .seconds(1))
        #expect(peer.candidates.count == 2)
        peer.restart(5)
        network.run(for: .seconds(1))
        #expect(peer.candidates.map(\.type) == [.host, .serverReflexive, .host, .serverReflexive])
        #expect(Set(peer.candidates.suffix(2).map(\.usernameFragment)) == [peer.agent.localCredentials.usernameFragment])
        #expect(peer.isGatheringComplete)
    }
}
