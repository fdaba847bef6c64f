import ICE
import STUN
import Testing
import Wire

@Suite struct LimitTests {
    let network = Network()
    let a = address("10.0.0.1", 1000)
    let b = address("10.0.0.2", 2000)

    @Test("Three hundred candidates make a hundred pairs, before the credentials and after")
    func candidates() {
        let crafted = Crafted(network, b)
        for isEarly in [true, false] {
            let peer = network.addPeer(.controlling, [a])
            peer.gather()
            if !isEarly { peer.handle(.remoteCredentials(crafted.credentials)) }
            for number in 0..<300 {
                peer.handle(.remoteCandidate(crafted.candidate(at: TransportAddress(ip: .v4(0x0a01_0000 + UInt32(number)), port: 1))))
            }
            if isEarly { peer.handle(.remoteCredentials(crafted.credentials)) }
            #expect(peer.agent.statistics.pairs.count == 100)
            #expect(peer.agent.statistics.remoteCandidates.count == 100)
        }
    }

    @Test("With many sockets the best hundred pairs stay")
    func pairs() {
        let crafted = Crafted(network, b)
        let peer = network.addPeer(.controlling, (1...32).map { address("10.0.0.\($0)", 1000) })
        peer.gather()
        peer.handle(.remoteCredentials(crafted.credentials))
        for number in 0..<100 as Range<UInt16> {
            peer.handle(
                .remoteCandidate(
                    crafted.candidate(at: TransportAddress(ip: .v4(0x0a01_0000 + UInt32(number)), port: 1), localPreference: number)))
        }
        let pairs = peer.agent.statistics.pairs
        #expect(pairs.count == 100)
        #expect(pairs.count { $0.remote.transportAddress?.ip == .v4(0x0a01_0063) } == 32, "all sockets with the best candidate")
    }

    @Test("Authenticated checks from three hundred addresses make no more than a hundred pairs")
    func reflexive() throws {
        let peer = network.addPeer(.controlled, [a])
        let crafted = Crafted(network, b)
        peer.gather()
        peer.handle(.remoteCredentials(crafted.credentials))
        for number in 0..<300 {
            let source = TransportAddress(ip: .v4(0x0a01_0000 + UInt32(number)), port: 1)
            try crafted.send(crafted.check(peer, controlling: 1), to: peer, at: a, from: source)
        }
        #expect(peer.agent.statistics.pairs.count == 100)
    }

    @Test("Of early checks no more than 32 are kept")
    func early() throws {
        let peer = network.addPeer(.controlled, [a])
        let crafted = Crafted(network, b)
        peer.gather()
        for number in 0..<300 {
            let source = TransportAddress(ip: .v4(0x0a01_0000 + UInt32(number)), port: 1)
            let sent = try crafted.send(crafted.check(peer, controlling: 1), to: peer, at: a, from: source)
            #expect(sent.count == 1, "answered nevertheless")
        }
        peer.handle(.remoteCredentials(crafted.credentials))
        #expect(peer.agent.statistics.pairs.count == 32)
    }

    @Test("Names, TCP, component 2 and addresses that cannot be make no pair; names are kept")
    func ignored() throws {
        let peer = network.addPeer(.controlled, [a])
        let crafted = Crafted(network, b)
        peer.gather()
        peer.handle(.remoteCredentials(crafted.credentials))
        for text in [
            "candidate:1 1 udp 1 4f5c6a3e-1111-4222-8333-944455566677.local 5000 typ host", "candidate:1 2 udp 1 10.0.0.3 1 typ host",
            "candidate:1 1 tcp 1 10.0.0.3 9 typ host tcptype active", "candidate:1 1 udp 1 0.0.0.0 1 typ host",
            "candidate:1 1 udp 1 10.0.0.3 0 typ host", "candidate:1 1 udp 1 224.0.0.1 1 typ host",
            "candidate:1 1 udp 1 255.255.255.255 1 typ host", "candidate:1 1 udp 1 ff02::1 1 typ host",
            "candidate:1 1 udp 1 127.0.0.1 1 typ host", "candidate:1 1 udp 1 2001:db8::1 1 typ host",
        ] {
            peer.handle(.remoteCandidate(try ICECandidate(parsing: text)))
        }
        #expect(peer.agent.statistics.pairs.isEmpty)
        #expect(peer.agent.statistics.remoteCandidates.first?.transportAddress == nil)
        peer.handle(.remoteCandidate(crafted.candidate))
        #expect(peer.agent.statistics.pairs.count == 1)
    }

    @Test("A priority beyond 31 bits in a check does no harm")
    func hugePriority() throws {
        let peer = network.addPeer(.controlled, [a])
        let crafted = Crafted(network, b)
        peer.gather()
        peer.handle(.remoteCredentials(crafted.credentials))
        var check = crafted.check(peer, controlling: 1)
        check.attributes.removeAll { $0.type == .priority }
        check.attributes.append(.priority(.max))
        try crafted.send(check, to: peer, at: a)
        #expect(peer.agent.statistics.pairs.count == 1)
    }

    @Test(
        "Changed packets, authenticated ones among them, in any order: nothing traps, the deadline stays ahead",
        arguments: 0..<20 as Range<UInt64>)
    func mutations(seed: UInt64) throws {
        var random = RandomSource.seeded(seed)
        let peer = network.addPeer(seed.isMultiple(of: 2) ? .controlled : .controlling, [a, address("10.0.0.3", 3)])
        let crafted = Crafted(network, b)
        peer.gather()
        for _ in 0..<600 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0: peer.handle(.remoteCredentials(crafted.credentials))
            case 1: peer.handle(.remoteCandidate(crafted.candidate(at: b, fragment: nil)))
            case 2: network.run(for: .milliseconds(Int.random(in: 0...3000, using: &random)))
            case 3: try crafted.answer(peer, isChecked: false)
            case 4 where Int.random(in: 0..<10, using: &random) == 0: peer.restart(random.next())
            case 5 where Int.random(in: 0..<10, using: &random) == 0: peer.handle(.cancelRestart)
            case 6 where Int.random(in: 0..<10, using: &random) == 0: peer.handle(.localAddressGone(a))
            case 7 where Int.random(in: 0..<5, using: &random) == 0: peer.handle(.localAddress(a))
            case 8: peer.handle(.role(Bool.random(using: &random) ? .controlling : .controlled))
            default:
                var message = crafted.check(
                    peer, controlling: Bool.random(using: &random) ? random.next() : nil,
                    controlled: Bool.random(using: &random) ? random.next() : nil, nominating: Bool.random(using: &random))
                if Bool.random(using: &random), let index = message.attributes.indices.randomElement(using: &random) {
                    message.attributes[index].value = random.bytes(Int.random(in: 0...40, using: &random))
                }
                if Int.random(in: 0..<4, using: &random) == 0 {
                    message.messageClass = [.indication, .successResponse, .errorResponse].randomElement(using: &random) ?? .request
                }
                var bytes = message.encoded(integrity: [.shortTerm(password: peer.agent.localCredentials.password)])
                if Int.random(in: 0..<3, using: &random) == 0 {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                peer.handle(.datagram(bytes, from: b, to: a))
            }
        }
    }
}
