import ICE
import STUN
import Testing
import Wire

@Suite struct GatheringTests {
    let network = Network()
    let server = address("198.51.100.1", 3478)
    let inside = address("10.0.0.1", 1000)

    @Test("Host candidates come at once, in order of preference, with the generation's user fragment")
    func hosts() {
        let peer = network.addPeer(
            .controlling,
            [address("127.0.0.1", 1), address("10.0.0.1", 1), address("2001:db8::1", 1), address("10.0.0.2", 1), address("fe80::1", 1)])
        peer.gather()
        let order = peer.candidates.sorted { $0.priority > $1.priority }.compactMap { $0.transportAddress?.ip.description }
        #expect(order == ["2001:db8::1", "10.0.0.1", "10.0.0.2", "fe80::1", "127.0.0.1"])
        #expect(Set(peer.candidates.map(\.foundation)).count == 5)
        #expect(peer.candidates.allSatisfy { $0.usernameFragment == peer.agent.localCredentials.usernameFragment })
        #expect(peer.isGatheringComplete)
    }

    @Test("A preference that is given counts")
    func preference() {
        let peer = network.addPeer(.controlling, [inside])
        peer.handle(.localAddress(inside, preference: 7))
        #expect(peer.candidates.first?.priority == ICECandidate.priority(.host, localPreference: 7))
    }

    @Test("Behind a NAT the STUN server's answer makes a server-reflexive candidate")
    func serverReflexive() {
        network.addServer(server)
        let peer = network.addPeer(.controlling, [inside], nat: NAT(.portRestricted, publicIP: "203.0.113.1"))
        peer.gather(servers: [server])
        #expect(!peer.isGatheringComplete)
        network.run(for: .milliseconds(2))
        #expect(peer.candidates.map(\.type) == [.host, .serverReflexive])
        #expect(peer.candidates.last?.transportAddress == address("203.0.113.1", 40000))
        #expect(peer.candidates.last?.related == inside)
        #expect(peer.isGatheringComplete)
    }

    @Test("Without a NAT the server's answer is nothing new")
    func redundant() {
        network.addServer(server)
        let peer = network.addPeer(.controlling, [inside])
        peer.gather(servers: [server])
        network.run(for: .milliseconds(2))
        #expect(peer.candidates.count == 1)
        #expect(peer.isGatheringComplete)
    }

    @Test("A dead server is asked at 0, 0.5, 1.5, 3.5 and 7.5 s, and stalls neither candidates nor the call")
    func deadServer() {
        let left = network.addPeer(.controlling, [inside])
        let right = network.addPeer(.controlled, [address("10.0.0.2", 1)])
        left.gather(servers: [server])
        right.gather()
        connect(left, right)
        #expect(network.run(for: .milliseconds(4)) { !left.selected.isEmpty })
        #expect(!left.isGatheringComplete)
        network.run(for: .seconds(20))
        let requests = network.sent.filter { $0.to == server }.map(\.at)
        #expect(requests == [0, 500, 1500, 3500, 7500].map { .zero + .milliseconds($0) })
        #expect(left.gatheringCompleted == .zero + .milliseconds(9500))
        #expect(left.state == .completed)
    }

    @Test("Requests to servers are paced, the first goes at once")
    func pacing() {
        let peer = network.addPeer(.controlling, [inside, address("10.0.0.2", 1)])
        peer.gather(servers: [server, address("198.51.100.2", 3478)])
        network.run(for: .milliseconds(100))
        #expect(network.sent.map(\.at) == [0, 20, 40, 60].map { .zero + .milliseconds($0) })
    }

    @Test("An answer from another address, or to another request, makes no candidate")
    func forgedAnswers() throws {
        let peer = network.addPeer(.controlling, [inside])
        peer.gather(servers: [server])
        let request = try STUNMessage(parsing: try #require(network.sent.first).bytes)
        var response = request.response(.successResponse)
        response.attributes = [.xorMappedAddress(address("203.0.113.66", 6), transactionID: request.transactionID)]
        peer.handle(.datagram(response.encoded(), from: address("203.0.113.66", 6), to: inside))
        var random = RandomSource.seeded(7)
        response.transactionID = STUNTransactionID(random: &random)
        peer.handle(.datagram(response.encoded(), from: server, to: inside))
        #expect(peer.candidates.count == 1)
        #expect(peer.agent.statistics.droppedPackets.unexpected == 1)
    }

    @Test("An error from a server, and an answer without an address, end the request")
    func serverErrors() throws {
        let peer = network.addPeer(.controlling, [inside])
        peer.gather(servers: [server])
        let request = try STUNMessage(parsing: try #require(network.sent.first).bytes)
        peer.handle(.datagram(request.errorResponse(.serverError).encoded(), from: server, to: inside))
        #expect(peer.isGatheringComplete)
    }

    @Test("Servers are asked from sockets of their family only; more than 8 servers, 32 sockets are not used")
    func limits() {
        let addresses = (1...40).map { address("10.0.1.\($0)", 1) } + [address("2001:db8::1", 1)]
        let peer = network.addPeer(.controlling, addresses)
        peer.gather(servers: (1...20).map { address("198.51.100.\($0)", 3478) })
        #expect(peer.candidates.count == 32)
        network.run(for: .seconds(30))
        #expect(Set(network.sent.map(\.to)).count == 8)
        #expect(network.sent.allSatisfy { $0.from.ip.isIPv6 == $0.to.ip.isIPv6 })
    }

    @Test("After the end of candidates a new address is not signalled, but used")
    func lateAddress() {
        let left = network.addPeer(.controlling, [inside])
        let right = network.addPeer(.controlled, [address("10.0.0.2", 1)])
        network.drops = { $0.from == inside || $0.to == inside }
        left.gather()
        right.gather()
        connect(left, right)
        network.run(for: .seconds(1))
        #expect(!left.isConnected)
        left.add(address("10.0.0.3", 1))
        #expect(left.candidates.count == 1)
        #expect(network.run(for: .milliseconds(400)) { left.isConnected && right.isConnected })
        #expect(right.agent.sendPath?.remoteType == .peerReflexive)
    }
}
