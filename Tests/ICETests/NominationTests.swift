import ICE
import STUN
import Testing
import Wire

@Suite struct NominationTests {
    let network = Network()
    let socket = address("10.0.0.1", 1000)
    let first = address("10.0.0.2", 2000)
    let second = address("10.0.0.3", 3000)

    private func start(_ role: ICERole, _ candidates: [(TransportAddress, ICECandidateType, UInt16)]) -> (Peer, Crafted) {
        let peer = network.addPeer(role, [socket])
        let crafted = Crafted(network, first)
        peer.gather()
        peer.handle(.remoteCredentials(crafted.credentials))
        for (address, type, preference) in candidates {
            peer.handle(.remoteCandidate(crafted.candidate(at: address, type: type, localPreference: preference)))
        }
        return (peer, crafted)
    }

    private var lastRequest: STUNMessage? { network.sent.last.flatMap { try? STUNMessage(parsing: $0.bytes) } }

    @Test("The controlling agent nominates the first host pair that answers, at once")
    func hostPair() throws {
        let (peer, crafted) = start(.controlling, [(first, .host, 1), (second, .host, 2)])
        network.run(for: .milliseconds(30))
        #expect(network.sent.count == 2)
        try crafted.answer(peer)
        #expect(network.sent.count == 3)
        #expect(lastRequest?.useCandidate == true)
        #expect(peer.selected.isEmpty)
        #expect(peer.state == .connected, "data may flow already")
        #expect(peer.agent.sendPath?.remote == first)
        try crafted.answer(peer)
        #expect(peer.selected.map(\.remote) == [first])
        #expect(peer.agent.statistics.selectedPair?.nominated == true)
        let count = network.sent.count
        network.run(for: .seconds(3))
        #expect(network.sent.count == count, "the other pair is not pursued")
    }

    @Test("Another pair waits 100 ms for a better one while one may come")
    func patience() throws {
        let (peer, crafted) = start(.controlling, [(first, .serverReflexive, 1)])
        network.run(for: .milliseconds(10))
        try crafted.answer(peer)
        #expect(lastRequest?.useCandidate == false)
        network.run(for: .milliseconds(99))
        #expect(lastRequest?.useCandidate == false)
        network.run(for: .milliseconds(1))
        #expect(lastRequest?.useCandidate == true)
        #expect(network.sent.last?.to == first)
    }

    @Test("It does not wait if nothing better can come")
    func noPatience() throws {
        let (peer, crafted) = start(.controlling, [(first, .serverReflexive, 1)])
        peer.handle(.remoteEndOfCandidates)
        network.run(for: .milliseconds(10))
        try crafted.answer(peer)
        #expect(lastRequest?.useCandidate == true)
    }

    @Test("A host pair that answers within the patience is nominated instead")
    func betterPair() throws {
        let (peer, crafted) = start(.controlling, [(first, .serverReflexive, 1), (second, .host, 1)])
        peer.handle(.remoteEndOfCandidates)
        network.run(for: .milliseconds(30))
        try crafted.answer(peer)
        network.run(for: .milliseconds(50))
        #expect(lastRequest?.useCandidate == false)
        try crafted.answer(peer, to: second)
        #expect(lastRequest?.useCandidate == true)
        #expect(network.sent.last?.to == second)
    }

    @Test("A nomination that is never answered gives way to the next pair")
    func unansweredNomination() throws {
        let (peer, crafted) = start(.controlling, [(first, .host, 2), (second, .host, 1)])
        network.run(for: .milliseconds(30))
        try crafted.answer(peer)
        #expect(lastRequest?.useCandidate == true)
        try crafted.answer(peer, to: second)
        network.run(for: .seconds(8))
        #expect(peer.state == .disconnected, "nothing answers any more")
        try crafted.answer(peer, to: second)
        #expect(peer.state == .connected)
        #expect(network.sent.last?.to == second)
        #expect(lastRequest?.useCandidate == true)
        try crafted.answer(peer, to: second)
        #expect(peer.selected.map(\.remote) == [second])
    }

    @Test("Controlled, with USE-CANDIDATE on a valid pair: selected at once")
    func regularNomination() throws {
        let (peer, crafted) = start(.controlled, [(first, .host, 1)])
        try crafted.answer(peer)
        #expect(peer.selected.isEmpty)
        try crafted.send(crafted.check(peer, controlling: 5, nominating: true), to: peer, at: socket)
        #expect(peer.selected.map(\.remote) == [first])
    }

    @Test("Controlled, with USE-CANDIDATE in every first check: selected once our own check succeeds, the best wins")
    func aggressiveNomination() throws {
        let (peer, crafted) = start(.controlled, [(first, .host, 1), (second, .host, 2)])
        try crafted.send(crafted.check(peer, controlling: 5, nominating: true), to: peer, at: socket)
        try crafted.send(crafted.check(peer, controlling: 5, nominating: true), to: peer, at: socket, from: second)
        #expect(peer.selected.isEmpty)
        network.run(for: .milliseconds(30))
        try crafted.answer(peer)
        #expect(peer.selected.map(\.remote) == [first])
        try crafted.answer(peer, to: second)
        #expect(peer.selected.map(\.remote) == [first, second])
        // The worse one again, at the same time: no change of mind.
        try crafted.send(crafted.check(peer, controlling: 5, nominating: true), to: peer, at: socket)
        #expect(peer.selected.count == 2)
        #expect(peer.agent.statistics.selectedCandidatePairChanges == 2)
    }

    @Test("Controlled: a pair nominated later is a change of mind, even if it is worse")
    func laterNomination() throws {
        let (peer, crafted) = start(.controlled, [(first, .host, 2), (second, .host, 1)])
        network.run(for: .milliseconds(30))
        try crafted.answer(peer)
        try crafted.answer(peer, to: second)
        try crafted.send(crafted.check(peer, controlling: 5, nominating: true), to: peer, at: socket)
        #expect(peer.selected.map(\.remote) == [first])
        network.run(for: .seconds(3))
        try crafted.send(crafted.check(peer, controlling: 5, nominating: true), to: peer, at: socket, from: second)
        #expect(peer.selected.map(\.remote) == [first, second])
    }

    @Test("USE-CANDIDATE means nothing to the controlling agent")
    func nominationByTheControlled() throws {
        let (peer, crafted) = start(.controlling, [(first, .serverReflexive, 1)])
        try crafted.answer(peer)
        try crafted.send(crafted.check(peer, controlled: 5, nominating: true), to: peer, at: socket)
        #expect(peer.selected.isEmpty)
    }
}
