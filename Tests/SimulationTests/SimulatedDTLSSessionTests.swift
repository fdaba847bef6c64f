import Security
import Simulation
import Testing
import Wire

@Suite struct SimulatedDTLSSessionTests {
    private static let clientPrint = Fingerprint(algorithm: "sha-256", bytes: .init(repeating: 1, count: 32))
    private static let serverPrint = Fingerprint(algorithm: "sha-256", bytes: .init(repeating: 2, count: 32))

    /// Two sessions over a virtual network.
    private final class Pair {
        let sessions = [
            SimulatedDTLSSession(fingerprint: clientPrint, random: .seeded(1)),
            SimulatedDTLSSession(fingerprint: serverPrint, random: .seeded(2)),
        ]
        let addresses = [TransportAddress(ip: .v4(1), port: 1), TransportAddress(ip: .v4(2), port: 2)]
        let network: VirtualNetwork
        var connections: [DTLSConnection?] = [nil, nil]
        var ends: [DTLSOutput?] = [nil, nil]
        var sent = [0, 0]
        var now = Instant.zero
        /// Numbers of the datagrams, counted over both ends, that are lost.
        var losing: Set<Int> = []

        init(_ model: LinkModel = .ideal, seed: UInt64 = 1) {
            network = VirtualNetwork(seed: seed)
            for address in addresses { network.addHost([address.ip], uplink: model) }
        }

        func give(_ input: DTLSInput, to end: Int) {
            sessions[end].handle(input, at: now)
            while let output = sessions[end].nextOutput() {
                switch output {
                case .transmit(let bytes):
                    let number = sent[0] + sent[1]
                    sent[end] += 1
                    #expect(bytes.first.map { (20...63).contains($0) } == true)
                    if !losing.contains(number) { network.send(bytes, from: addresses[end], to: addresses[1 - end], at: now) }
                case .connected(let connection): connections[end] = connection
                case .closed, .failed: ends[end] = output
                }
            }
            if let deadline = sessions[end].deadline { #expect(deadline > now) }
        }

        func start(_ clientExpects: [Fingerprint] = [serverPrint], _ serverExpects: [Fingerprint] = [clientPrint]) {
            give(.start(role: .server, remoteFingerprints: serverExpects), to: 1)
            give(.start(role: .client, remoteFingerprints: clientExpects), to: 0)
        }

        func run(until limit: Instant = .zero + .seconds(60)) {
            while let next = earliest(network.nextArrival, sessions[0].deadline, sessions[1].deadline), next <= limit {
                now = next
                while let arrival = network.receive(at: now) {
                    give(.datagram(arrival.bytes), to: addresses.firstIndex(of: arrival.to) ?? 0)
                }
                for end in 0...1 where sessions[end].deadline.map({ $0 <= now }) == true { give(.timeout, to: end) }
            }
        }
    }

    @Test func twoRoundTripsAndEqualKeys() throws {
        let pair = Pair(LinkModel(delay: .milliseconds(20)))
        pair.start()
        pair.run()
        let (client, server) = (try #require(pair.connections[0]), try #require(pair.connections[1]))
        #expect(client.keys.localKey == server.keys.remoteKey && client.keys.remoteKey == server.keys.localKey)
        #expect(client.keys.localKey != client.keys.remoteKey)
        #expect(pair.now == .zero + .milliseconds(80))
        #expect(pair.sent == [2, 2])
        var packet: [UInt8] = [0x80, 96] + .init(repeating: 0, count: 30)
        let plain = packet
        try SRTPSession(keys: client.keys).protect(&packet)
        try SRTPSession(keys: server.keys).unprotect(&packet)
        #expect(packet == plain)
    }

    @Test(arguments: 0..<4) func eachFlightLostOnce(flight: Int) {
        let pair = Pair(LinkModel(delay: .milliseconds(10)))
        pair.losing = [flight]
        pair.start()
        pair.run()
        #expect(pair.connections[0] != nil && pair.connections[1] != nil)
        #expect(pair.now >= .zero + .milliseconds(60) && pair.now < .zero + .milliseconds(200))
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>) func badNetworks(seed: UInt64) {
        let model = LinkModel(loss: 0.3, delay: .milliseconds(30), jitter: .milliseconds(20), reordering: 0.2, duplication: 0.2)
        let pair = Pair(model, seed: seed)
        pair.start()
        pair.run()
        #expect(pair.connections[0] != nil && pair.connections[0]?.keys.localKey == pair.connections[1]?.keys.remoteKey)
        #expect(pair.ends[0] == nil && pair.ends[1] == nil)
    }

    @Test func wrongCertificates() {
        let pair = Pair()
        pair.start([Self.clientPrint])
        pair.run()
        guard case .failed(.wrongCertificate(Self.serverPrint))? = pair.ends[0], case .closed? = pair.ends[1] else {
            Issue.record("the client accepted it")
            return
        }
        let other = Pair()
        other.start([Self.serverPrint], [])
        other.run()
        guard case .failed(.wrongCertificate(Self.clientPrint))? = other.ends[1] else {
            Issue.record("the server accepted it")
            return
        }
    }

    @Test func givingUp() {
        let pair = Pair(LinkModel(loss: 1))
        pair.start()
        pair.run()
        for end in pair.ends {
            guard case .failed(.timedOut(seconds: 30))? = end else {
                Issue.record("still trying")
                return
            }
        }
        // 50, 100, ... 1600 ms, then every 3 s.
        #expect(pair.sent[0] == 15 && pair.now == .zero + .seconds(30))
    }

    @Test func closing() {
        let pair = Pair()
        pair.start()
        pair.run()
        pair.give(.close, to: 0)
        pair.run()
        guard case .closed? = pair.ends[0], case .closed? = pair.ends[1] else {
            Issue.record("not closed")
            return
        }
    }

    @Test func earlyDatagramsAndGarbage() throws {
        var random = RandomSource.seeded(1)
        let pair = Pair()
        pair.give(.start(role: .client, remoteFingerprints: [Self.serverPrint]), to: 0)
        pair.run(until: .zero + .milliseconds(1))
        for _ in 0..<200 { pair.give(.datagram([22] + random.bytes(Int.random(in: 0...90, using: &random))), to: 0) }
        pair.give(.start(role: .server, remoteFingerprints: [Self.clientPrint]), to: 1)
        pair.run(until: .zero + .milliseconds(10))
        #expect(pair.connections[0] != nil && pair.connections[1] != nil)
        let session = SimulatedDTLSSession(certificate: try Certificate(), random: .system)
        #expect(session.deadline == nil)
    }
}
