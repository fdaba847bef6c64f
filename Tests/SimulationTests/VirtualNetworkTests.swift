import Simulation
import Testing
import Wire

@Suite struct VirtualNetworkTests {
    private let a = TransportAddress(ip: .v4(0x0b00_0001), port: 1000)
    private let b = TransportAddress(ip: .v4(0x0c00_0001), port: 2000)

    @Test func pathIsUplinkThenDownlink() {
        let network = VirtualNetwork(seed: 1)
        network.addHost([a.ip], uplink: LinkModel(delay: .milliseconds(10)))
        network.addHost([b.ip], downlink: LinkModel(delay: .milliseconds(5)))
        network.send([1, 2], from: a, to: b, at: .zero)
        #expect(network.nextArrival == .zero + .milliseconds(10))
        #expect(network.receive(at: .zero + .milliseconds(10)) == nil)
        #expect(network.nextArrival == .zero + .milliseconds(15))
        #expect(network.receive(at: .zero + .milliseconds(14)) == nil)
        #expect(network.receive(at: .zero + .milliseconds(15)) == .init(bytes: [1, 2], from: a, to: b))
        #expect(network.nextArrival == nil)
        network.send([3], from: b, to: a, at: .zero + .seconds(1))
        #expect(network.receive(at: .zero + .seconds(1))?.bytes == [3])
    }

    @Test func packetsOfOneTimeKeepTheirOrder() {
        let network = VirtualNetwork(seed: 1)
        network.addHost([a.ip])
        network.addHost([b.ip])
        for byte in 0..<50 as Range<UInt8> { network.send([byte], from: a, to: b, at: .zero) }
        let received = (0..<50).compactMap { _ in network.receive(at: .zero)?.bytes.first }
        #expect(received == Array(0..<50))
    }

    @Test func nobodyHome() {
        let network = VirtualNetwork(seed: 1)
        network.addHost([a.ip])
        network.send([1], from: a, to: b, at: .zero)
        network.send([1], from: b, to: a, at: .zero)
        #expect(network.receive(at: .zero + .seconds(1)) == nil && network.nextArrival == nil)
    }

    @Test func anAddressGoesAndAnotherComes() throws {
        let network = VirtualNetwork(seed: 1)
        let host = network.addHost([a.ip])
        network.addHost([b.ip], uplink: LinkModel(delay: .milliseconds(10)))
        network.send([1], from: b, to: a, at: .zero)
        network.removeAddress(a.ip, from: host)
        #expect(network.receive(at: .zero + .milliseconds(10)) == nil)
        network.send([1], from: a, to: b, at: .zero + .milliseconds(10))
        #expect(network.receive(at: .zero + .milliseconds(20)) == nil)
        let other = TransportAddress(ip: .v4(0x0d00_0001), port: 1)
        network.addAddress(other.ip, to: host)
        network.send([2], from: b, to: other, at: .zero + .milliseconds(20))
        #expect(network.receive(at: .zero + .milliseconds(30))?.to == other)
    }

    @Test func linksChange() {
        let network = VirtualNetwork(seed: 1)
        let host = network.addHost([a.ip])
        network.addHost([b.ip])
        network.setLinks(of: host, uplink: LinkModel(loss: 1))
        network.send([1], from: a, to: b, at: .zero)
        #expect(network.nextArrival == nil)
        #expect(network.statistics(of: host).uplink.lost == 1)
        network.setLinks(of: host, uplink: .ideal)
        network.send([1], from: a, to: b, at: .zero)
        #expect(network.receive(at: .zero) != nil)
    }

    @Test func sameFamilyOnlyAndIPv6PassesTheNAT() throws {
        let network = VirtualNetwork(seed: 1)
        let nat = network.addNAT(.symmetric, publicAddress: .v4(0x0e00_0001))
        let inside = TransportAddress(ip: try #require(IPAddress("2001:db8::1")), port: 5)
        let outside = TransportAddress(ip: try #require(IPAddress("2001:db8:1::1")), port: 6)
        let unique = TransportAddress(ip: try #require(IPAddress("fd00::1")), port: 7)
        network.addHost([inside.ip, unique.ip, .v4(0xc0a8_0002)], behind: nat)
        network.addHost([outside.ip, a.ip])
        network.send([1], from: inside, to: outside, at: .zero)
        #expect(network.receive(at: .zero)?.from == inside)
        network.send([2], from: outside, to: inside, at: .zero)
        #expect(network.receive(at: .zero)?.to == inside)
        network.send([3], from: unique, to: outside, at: .zero)
        network.send([4], from: inside, to: a, at: .zero)
        #expect(network.receive(at: .zero) == nil)
    }

    @Test func stunServerTellsTheMappedAddress() throws {
        let network = VirtualNetwork(seed: 1)
        let nat = network.addNAT(.portRestricted, publicAddress: .v4(0x0e00_0001))
        let inside = TransportAddress(ip: .v4(0xc0a8_0002), port: 5)
        let server = TransportAddress(ip: .v4(0x0f00_0001), port: 3478)
        network.addHost([inside.ip], behind: nat, uplink: LinkModel(delay: .milliseconds(20)))
        network.addSTUNServer(server.ip)
        let transaction = [UInt8](1...12)
        network.send([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42] + transaction, from: inside, to: server, at: .zero)
        let answer = try #require(network.receive(at: .zero + .milliseconds(20)))
        #expect(answer.from == server && answer.to == inside)
        #expect(Array(answer.bytes.prefix(20)) == [1, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42] + transaction)
        #expect(Array(answer.bytes[20..<26]) == [0, 0x20, 0, 8, 0, 1])
        #expect(Array(answer.bytes[28...]) == [0x0e ^ 0x21, 0x12, 0xa4, 0x01 ^ 0x42])
        network.send([0, 1, 0, 4, 0x21, 0x12, 0xa4, 0x42] + transaction, from: inside, to: server, at: .zero)
        network.send([], from: inside, to: server, at: .zero)
        #expect(network.receive(at: .zero + .seconds(1)) == nil)
    }
}
