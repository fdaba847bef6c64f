import ICE
import Testing
import Wire

@Suite struct NATTests {
    /// Whether two NATs let two hosts meet without a relay: all but two symmetric ones, or one and a port-restricted one.
    static func canMeet(_ left: NATKind?, _ right: NATKind?) -> Bool {
        switch (left, right) {
        case (.symmetric, .symmetric), (.symmetric, .portRestricted), (.portRestricted, .symmetric): false
        default: true
        }
    }

    static let kinds: [NATKind?] = [nil, .fullCone, .restricted, .portRestricted, .symmetric]

    @Test("Every pair of NATs that can be crossed is", arguments: kinds, kinds)
    func matrix(leftKind: NATKind?, rightKind: NATKind?) {
        for (leftRole, delay) in [(ICERole.controlling, 0), (.controlled, 0), (.controlling, 300), (.controlled, 300)] {
            let network = Network()
            network.latency = .milliseconds(20)
            let server = address("198.51.100.1", 3478)
            network.addServer(server)
            let left = network.addPeer(
                leftRole, [address("10.0.0.1", 1000)], nat: leftKind.map { NAT($0, publicIP: "203.0.113.1") })
            let right = network.addPeer(
                leftRole == .controlling ? .controlled : .controlling, [address("192.168.0.1", 2000)],
                nat: rightKind.map { NAT($0, publicIP: "203.0.113.2") })
            left.gather(servers: [server])
            right.gather(servers: [server])
            left.trickle(to: right)
            network.run(for: .milliseconds(delay))
            right.trickle(to: left)
            let isConnected = network.run(for: .seconds(5)) { left.isConnected && right.isConnected && !left.selected.isEmpty }
            #expect(isConnected == Self.canMeet(leftKind, rightKind))
            guard isConnected else { continue }
            if leftKind == nil, rightKind == nil {
                #expect(left.selected.first?.remoteType == .host)
            } else {
                #expect(left.selected.first?.remoteType != .host || right.selected.first?.remoteType != .host)
            }
            if leftKind != nil { #expect(left.selected.first?.localType != .host) }
        }
    }

    @Test("Two hosts behind one NAT meet directly")
    func sameNAT() {
        let network = Network()
        let nat = NAT(.portRestricted, publicIP: "203.0.113.1")
        let server = address("198.51.100.1", 3478)
        network.addServer(server)
        let left = network.addPeer(.controlling, [address("10.0.0.1", 1000)], nat: nat)
        let right = network.addPeer(.controlled, [address("10.0.0.2", 1000)], nat: nat)
        left.gather(servers: [server])
        right.gather(servers: [server])
        connect(left, right)
        #expect(network.run(for: .milliseconds(10)) { !left.selected.isEmpty && !right.selected.isEmpty })
        #expect(left.selected.first?.remoteType == .host)
    }

    @Test("The candidate behind a symmetric NAT is peer-reflexive to both")
    func peerReflexive() {
        let network = Network()
        let left = network.addPeer(.controlling, [address("192.0.2.1", 1)])
        let right = network.addPeer(.controlled, [address("10.0.0.1", 1000)], nat: NAT(.symmetric, publicIP: "203.0.113.1"))
        left.gather()
        right.gather()
        connect(left, right)
        #expect(network.run(for: .seconds(1)) { !left.selected.isEmpty && !right.selected.isEmpty })
        #expect(left.selected.first?.remoteType == .peerReflexive)
        #expect(right.selected.first?.localType == .peerReflexive)
        #expect(left.agent.statistics.selectedPair?.remote.transportAddress == address("203.0.113.1", 40000))
        #expect(right.agent.statistics.selectedPair?.local.transportAddress == address("203.0.113.1", 40000))
    }
}
