import Simulation
import Testing
import Wire

@Suite struct NATTests {
    private static let inside = TransportAddress(ip: .v4(0xc0a8_0102), port: 5000)
    private static let neighbour = TransportAddress(ip: .v4(0xc0a8_0103), port: 5000)
    private static let publicAddress = IPAddress.v4(0x0e00_0001)
    private static let peer = TransportAddress(ip: .v4(0x0b00_0001), port: 1000)
    private static let peersOtherPort = TransportAddress(ip: .v4(0x0b00_0001), port: 1001)
    private static let stranger = TransportAddress(ip: .v4(0x0c00_0001), port: 1000)

    private static func network(_ behavior: NATBehavior) -> VirtualNetwork {
        let network = VirtualNetwork(seed: 4)
        let nat = network.addNAT(behavior, publicAddress: publicAddress)
        network.addHost([inside.ip], behind: nat)
        network.addHost([neighbour.ip], behind: nat)
        network.addHost([peer.ip])
        network.addHost([stranger.ip])
        return network
    }

    /// Sends, and returns what arrives.
    private static func pass(
        _ network: VirtualNetwork, _ from: TransportAddress, _ to: TransportAddress, at now: Instant = .zero
    ) -> VirtualNetwork.Arrival? {
        network.send([1], from: from, to: to, at: now)
        return network.receive(at: now + .milliseconds(1))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var behavior: NATBehavior
        var samePort: Bool
        /// Who reaches the port that was opened towards the peer.
        var peersOtherPort: Bool
        var stranger: Bool
        var testDescription: String { name }
    }

    @Test(arguments: [
        Case(name: "full cone", behavior: .fullCone, samePort: true, peersOtherPort: true, stranger: true),
        Case(name: "address restricted", behavior: .addressRestricted, samePort: true, peersOtherPort: true, stranger: false),
        Case(name: "port restricted", behavior: .portRestricted, samePort: true, peersOtherPort: false, stranger: false),
        Case(name: "symmetric", behavior: .symmetric, samePort: false, peersOtherPort: false, stranger: false),
    ]) func behaviours(of test: Case) throws {
        let network = Self.network(test.behavior)
        let mapped = try #require(Self.pass(network, Self.inside, Self.peer)).from
        #expect(mapped.ip == Self.publicAddress)
        #expect(Self.pass(network, Self.peer, mapped) == .init(bytes: [1], from: Self.peer, to: Self.inside))
        #expect((Self.pass(network, Self.peersOtherPort, mapped) != nil) == test.peersOtherPort)
        #expect((Self.pass(network, Self.stranger, mapped) != nil) == test.stranger)
        // The same local address towards another peer.
        let second = try #require(Self.pass(network, Self.inside, Self.stranger)).from
        #expect((second == mapped) == test.samePort)
        #expect(Self.pass(network, Self.stranger, second)?.to == Self.inside)
        // Another local address never shares a port, and one that was never opened leads nowhere.
        #expect(try #require(Self.pass(network, Self.neighbour, Self.peer)).from != mapped)
        #expect(Self.pass(network, Self.peer, TransportAddress(ip: Self.publicAddress, port: 1)) == nil)
        #expect(Self.pass(network, Self.peer, Self.inside) == nil, "a private address is reachable from outside")
    }

    /// Which pairs of NATs let two peers through that send to each other's addresses as a STUN server saw them.
    @Test(arguments: [
        ("full cone", "symmetric", true), ("address restricted", "symmetric", true), ("port restricted", "symmetric", false),
        ("symmetric", "symmetric", false), ("port restricted", "port restricted", true), ("full cone", "full cone", true),
    ]) func holePunching(first: String, second: String, works: Bool) throws {
        let kinds: [String: NATBehavior] = [
            "full cone": .fullCone, "address restricted": .addressRestricted, "port restricted": .portRestricted, "symmetric": .symmetric,
        ]
        let network = VirtualNetwork(seed: 9)
        let one = network.addNAT(try #require(kinds[first]), publicAddress: .v4(0x0e00_0001))
        let two = network.addNAT(try #require(kinds[second]), publicAddress: .v4(0x0e00_0002))
        let (a, b) = (Self.inside, TransportAddress(ip: .v4(0x0a00_0001), port: 6000))
        network.addHost([a.ip], behind: one)
        network.addHost([b.ip], behind: two)
        network.addHost([Self.stranger.ip])
        let aSeen = try #require(Self.pass(network, a, Self.stranger)).from
        let bSeen = try #require(Self.pass(network, b, Self.stranger)).from
        // Each tries twice, and answers to where a packet came from.
        var reached: Set<TransportAddress> = []
        for _ in 0..<2 {
            for (from, to) in [(a, bSeen), (b, aSeen)] {
                network.send([1], from: from, to: to, at: .zero)
                while let arrival = network.receive(at: .zero) {
                    reached.insert(arrival.to)
                    if arrival.bytes == [1] { network.send([2], from: arrival.to, to: arrival.from, at: .zero) }
                }
            }
        }
        #expect((reached == [a, b]) == works)
    }

    @Test func mappingsAndPermissionsExpire() throws {
        let network = Self.network(.portRestricted)
        let mapped = try #require(Self.pass(network, Self.inside, Self.peer)).from
        #expect(Self.pass(network, Self.peer, mapped, at: .zero + .seconds(119)) != nil)
        // A packet from outside keeps nothing open.
        #expect(Self.pass(network, Self.peer, mapped, at: .zero + .seconds(121)) == nil)
        let renewed = try #require(Self.pass(network, Self.inside, Self.peer, at: .zero + .seconds(122))).from
        #expect(renewed != mapped)
        // Packets to another peer keep the mapping, and not the permission.
        _ = Self.pass(network, Self.inside, Self.stranger, at: .zero + .seconds(200))
        #expect(Self.pass(network, Self.peer, renewed, at: .zero + .seconds(250)) == nil)
        #expect(Self.pass(network, Self.stranger, renewed, at: .zero + .seconds(250)) != nil)
    }

    @Test func hairpinsAndTheLAN() throws {
        let network = Self.network(.fullCone)
        let mapped = try #require(Self.pass(network, Self.inside, Self.peer)).from
        let turned = try #require(Self.pass(network, Self.neighbour, mapped))
        #expect(turned.to == Self.inside && turned.from.ip == Self.publicAddress)
        #expect(Self.pass(network, Self.neighbour, Self.inside)?.from == Self.neighbour)
        var without = NATBehavior.fullCone
        without.hairpins = false
        let other = Self.network(without)
        let port = try #require(Self.pass(other, Self.inside, Self.peer)).from
        #expect(Self.pass(other, Self.neighbour, port) == nil)
    }

    @Test func portsRunOut() {
        let network = Self.network(.symmetric)
        var mapped = 0
        for port in 1...4150 as ClosedRange<UInt16> {
            if Self.pass(network, Self.inside, TransportAddress(ip: Self.peer.ip, port: port)) != nil { mapped += 1 }
        }
        #expect(mapped == 4096)
        #expect(Self.pass(network, Self.inside, Self.stranger, at: .zero + .seconds(121)) != nil)
    }
}
