import ICE
import Testing
import Wire

@Suite struct ConnectTests {
    let network = Network()
    let a = address("192.0.2.1", 1000)
    let b = address("192.0.2.2", 2000)

    @Test("The answerer is connected one round trip after it has the offer, the offerer one after it has the answer")
    func loopbackTimes() {
        let offerer = network.addPeer(.controlling, [a])
        let answerer = network.addPeer(.controlled, [b])
        offerer.gather()
        answerer.gather()
        offerer.trickle(to: answerer)
        network.run(for: .milliseconds(10))
        #expect(answerer.time(of: .connected) == .zero + .milliseconds(2), "the offerer answers before it has credentials")
        #expect(offerer.state == .new)
        #expect(offerer.agent.accepts(from: b, to: a), "the answerer may send as soon as it is connected")

        let answered = network.now
        answerer.trickle(to: offerer)
        network.run(for: .milliseconds(4))
        #expect(offerer.time(of: .connected) == answered + .milliseconds(2))
        #expect(offerer.selected.map(\.remote) == [b], "nominated at once: one more round trip")
        #expect(answerer.selected.map(\.remote) == [a])
        #expect(offerer.selected.first?.localType == .host)
        #expect(offerer.selected.first?.remoteType == .host)
        #expect(offerer.agent.sendPath?.remote == b)
        #expect(offerer.state == .completed)
        #expect(answerer.state == .completed)
        #expect(offerer.states.map(\.state) == [.checking, .connected, .completed])
    }

    @Test("Both at once: nobody waits for pacing")
    func simultaneous() {
        let left = network.addPeer(.controlling, [a])
        let right = network.addPeer(.controlled, [b])
        left.gather()
        right.gather()
        connect(left, right)
        network.run(for: .milliseconds(4))
        #expect(left.time(of: .connected) == .zero + .milliseconds(2))
        #expect(right.time(of: .connected) == .zero + .milliseconds(2))
        #expect(left.selected.count == 1)
        #expect(right.selected.count == 1)
    }

    @Test("IPv6 alone connects")
    func ipv6() {
        let left = network.addPeer(.controlling, [address("2001:db8::1", 1)])
        let right = network.addPeer(.controlled, [address("2001:db8::2", 2)])
        left.gather()
        right.gather()
        connect(left, right)
        #expect(network.run(for: .milliseconds(4)) { !left.selected.isEmpty && !right.selected.isEmpty })
    }

    @Test("Families and scopes that cannot meet make no pair")
    func eligibility() {
        let left = network.addPeer(
            .controlling, [a, address("2001:db8::1", 1), address("127.0.0.1", 2), address("fe80::1", 3)])
        let right = network.addPeer(
            .controlled, [b, address("2001:db8::2", 1), address("127.0.0.1", 4), address("fe80::2", 3)])
        left.gather()
        right.gather()
        right.trickle(to: left)
        #expect(left.agent.statistics.pairs.count == 4)
    }

    @Test(
        "Role conflicts are repaired, whoever has the larger tie-breaker", arguments: [ICERole.controlling, .controlled],
        0..<8 as Range<UInt64>)
    func roleConflict(role: ICERole, seed: UInt64) {
        let network = Network(seed: seed)
        let left = network.addPeer(role, [a])
        let right = network.addPeer(role, [b])
        left.gather()
        right.gather()
        connect(left, right)
        #expect(network.run(for: .seconds(1)) { !left.selected.isEmpty && !right.selected.isEmpty })
        #expect(left.agent.role != right.agent.role)
    }

    @Test("A role conflict in early checks is repaired too", arguments: [ICERole.controlling, .controlled], 0..<4 as Range<UInt64>)
    func earlyRoleConflict(role: ICERole, seed: UInt64) {
        let network = Network(seed: seed)
        let left = network.addPeer(role, [a])
        let right = network.addPeer(role, [b])
        left.gather()
        right.gather()
        left.trickle(to: right)
        network.run(for: .milliseconds(100))
        right.trickle(to: left)
        #expect(network.run(for: .seconds(1)) { !left.selected.isEmpty && !right.selected.isEmpty })
        #expect(left.agent.role != right.agent.role)
    }

    /// What each side learns, in every order.
    enum Step: CaseIterable {
        case leftAddress, rightAddress, leftCredentials, rightCredentials, leftCandidates, rightCandidates
    }

    static let orders: [[Step]] = {
        func permutations(_ rest: [Step]) -> [[Step]] {
            rest.isEmpty ? [[]] : rest.flatMap { first in permutations(rest.filter { $0 != first }).map { [first] + $0 } }
        }
        return permutations(Step.allCases)
    }()

    @Test("Addresses, credentials and candidates may come in any of 720 orders, at once or 100 ms apart", arguments: [0, 100])
    func trickleOrders(gap: Int) {
        for order in Self.orders {
            let network = Network()
            let left = network.addPeer(.controlling, [a])
            let right = network.addPeer(.controlled, [b])
            func candidate(_ address: TransportAddress, _ peer: Peer) -> ICECandidate {
                ICECandidate(
                    foundation: "1", priority: ICECandidate.priority(.host, localPreference: 1), address: .ip(address), type: .host,
                    usernameFragment: peer.agent.localCredentials.usernameFragment)
            }
            for step in order {
                switch step {
                case .leftAddress: left.gather()
                case .rightAddress: right.gather()
                case .leftCredentials: right.handle(.remoteCredentials(left.agent.localCredentials))
                case .rightCredentials: left.handle(.remoteCredentials(right.agent.localCredentials))
                case .leftCandidates: right.handle(.remoteCandidate(candidate(a, left)))
                case .rightCandidates: left.handle(.remoteCandidate(candidate(b, right)))
                }
                network.run(for: .milliseconds(gap))
            }
            let isConnected = network.run(for: .seconds(4)) { !left.selected.isEmpty && !right.selected.isEmpty }
            #expect(isConnected, "\(order)")
            #expect(left.selected.first?.remoteType == .host || left.agent.statistics.pairs.first?.remote.type == .host)
        }
    }

    @Test("With a fifth of all packets lost, it connects", arguments: 0..<50 as Range<UInt64>)
    func loss(seed: UInt64) throws {
        let network = Network(seed: seed)
        network.loss = 0.2
        network.latency = .milliseconds(20)
        network.jitter = .milliseconds(20)
        let left = network.addPeer(.controlling, [a, address("10.0.0.1", 1)])
        let right = network.addPeer(.controlled, [b, address("10.0.0.2", 1)])
        left.gather()
        right.gather()
        connect(left, right)
        #expect(network.run(for: .seconds(10)) { left.isConnected && right.isConnected })
        #expect(network.run(for: .seconds(10)) { !left.selected.isEmpty && !right.selected.isEmpty })
        // And it stays so.
        network.run(for: .seconds(60))
        #expect(left.isConnected && right.isConnected)
        #expect(!left.states.contains { $0.state == .failed } && !right.states.contains { $0.state == .failed })
        #expect(left.agent.sendPath?.remote == left.selected.last?.remote)
    }
}
