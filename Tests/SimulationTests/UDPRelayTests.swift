import NIOCore
import NIOPosix
import Simulation
import Testing
import Wire

/// In real time, over the loopback interface.
@Suite(.timeLimit(.minutes(5))) struct UDPRelayTests {
    @Test(arguments: ["127.0.0.1", "::1"]) func bothWays(host: String) async throws {
        let relay = UDPRelay(.init(model: .ideal))
        try await TestSocket.withPair(host) { a, b in
            let exposed = try await relay.expose(b.address)
            #expect(exposed != b.address && exposed.ip == b.address.ip)
            #expect(try await relay.expose(b.address) == exposed)
            #expect(try await relay.expose(exposed) == exposed)

            try await a.send([1, 2, 3], to: exposed)
            let there = try await b.next()
            #expect(there.bytes == [1, 2, 3])
            #expect(try await relay.expose(a.address) == there.from)

            try await b.send([4], to: there.from)
            let back = try await a.next()
            #expect(back.bytes == [4] && back.from == exposed)

            let large = [UInt8](repeating: 7, count: 9000)
            try await a.send(large, to: exposed)
            #expect(try await b.next().bytes == large)
        }
        #expect(await relay.statistics == .init(received: 3, forwarded: 3, lost: 0))
        await relay.close()
    }

    @Test func lossIsAsConfigured() async throws {
        let relay = UDPRelay(.init(model: LinkModel(loss: 0.5), seed: 3))
        try await TestSocket.withPair("127.0.0.1") { a, b in
            let exposed = try await relay.expose(b.address)
            for index in 0..<200 as Range<UInt8> { try await a.send([index], to: exposed) }
            // Loopback keeps order, but a full socket buffer may lose: the end comes when all that arrived was counted.
            await relay.setModel(.ideal)
            try await a.send([255], to: exposed)
            var received: [UInt8] = []
            while received.last != 255 { received.append(try await b.next().bytes[0]) }
            // Some of the first may have come after the change of the model.
            #expect(received.count > 60 && received.count <= 201)
            #expect(received == received.sorted())
        }
        let statistics = await relay.statistics
        #expect(statistics.received == 201 && statistics.forwarded + statistics.lost == 201)
        await relay.close()
    }

    @Test func nothingPassesALinkThatLosesAll() async throws {
        let relay = UDPRelay(.init(model: LinkModel(loss: 1)))
        try await TestSocket.withPair("127.0.0.1") { a, b in
            let exposed = try await relay.expose(b.address)
            for _ in 0..<20 { try await a.send([1], to: exposed) }
            while await relay.statistics.received < 20 { await Task.yield() }
            #expect(await relay.statistics.lost == 20)
            await relay.setModel(.ideal)
            try await a.send([2], to: exposed)
            #expect(try await b.next().bytes == [2])
        }
        await relay.close()
    }

    @Test func delayAndDuplication() async throws {
        let relay = UDPRelay(.init(model: LinkModel(delay: .milliseconds(40), duplication: 1)))
        try await TestSocket.withPair("127.0.0.1") { a, b in
            let exposed = try await relay.expose(b.address)
            let clock = ContinuousClock()
            let start = clock.now
            try await a.send([9], to: exposed)
            let first = try await b.next()
            #expect(clock.now - start >= .milliseconds(40))
            let second = try await b.next()
            #expect(first.bytes == [9] && second.bytes == [9] && first.from == second.from)
        }
        await relay.close()
    }

    @Test func portsAreBoundedAndFamiliesKept() async throws {
        let relay = UDPRelay(.init(model: .ideal, addresses: [.v4(0x7f00_0001)]))
        await #expect(throws: UDPRelay.ExposeError.noAddressOfFamily) {
            try await relay.expose(TransportAddress(ip: .v6(0, 1), port: 5))
        }
        for port in 1...256 as ClosedRange<UInt16> {
            _ = try await relay.expose(TransportAddress(ip: .v4(0x7f00_0001), port: port))
        }
        await #expect(throws: UDPRelay.ExposeError.tooManyAddresses) {
            try await relay.expose(TransportAddress(ip: .v4(0x7f00_0001), port: 300))
        }
        await relay.close()
    }
}

/// A UDP socket of a test.
struct TestSocket {
    typealias Datagram = (bytes: [UInt8], from: TransportAddress)

    let address: TransportAddress
    private let inbound: Iterator
    private let outbound: NIOAsyncChannelOutboundWriter<AddressedEnvelope<ByteBuffer>>

    private final class Iterator {
        var stream: NIOAsyncChannelInboundStream<AddressedEnvelope<ByteBuffer>>.AsyncIterator
        init(_ stream: NIOAsyncChannelInboundStream<AddressedEnvelope<ByteBuffer>>.AsyncIterator) { self.stream = stream }
    }

    struct Closed: Error {}

    static func withPair(_ host: String, _ body: (TestSocket, TestSocket) async throws -> Void) async throws {
        try await with(host) { a in
            try await with(host) { b in try await body(a, b) }
        }
    }

    private static func with(_ host: String, _ body: (TestSocket) async throws -> Void) async throws {
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
            .bind(host: host, port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<AddressedEnvelope<ByteBuffer>, AddressedEnvelope<ByteBuffer>>(wrappingChannelSynchronously: channel)
                }
            }
        let port = UInt16(channel.channel.localAddress?.port ?? 0)
        let address = try #require(TransportAddress(host, port: port))
        try await channel.executeThenClose { inbound, outbound in
            try await body(TestSocket(address: address, inbound: Iterator(inbound.makeAsyncIterator()), outbound: outbound))
        }
    }

    func send(_ bytes: [UInt8], to destination: TransportAddress) async throws {
        let remote = try SocketAddress(ipAddress: destination.ip.description, port: Int(destination.port))
        try await outbound.write(AddressedEnvelope(remoteAddress: remote, data: ByteBuffer(bytes: bytes)))
    }

    func next() async throws -> Datagram {
        guard let envelope = try await inbound.stream.next() else { throw Closed() }
        let (ip, port) = (envelope.remoteAddress.ipAddress ?? "", UInt16(envelope.remoteAddress.port ?? 0))
        return (Array(buffer: envelope.data), try #require(TransportAddress(ip, port: port)))
    }
}
