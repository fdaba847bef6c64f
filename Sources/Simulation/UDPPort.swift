import Glibc
import NIOCore
import NIOPosix
import Wire

/// One of a relay's sockets.
enum UDPPort {
    /// A bound socket whose datagrams go to `receive`, on the event loop.
    static func bind(
        _ ip: IPAddress, on eventLoop: any EventLoop, receive: @escaping @Sendable ([UInt8], TransportAddress) -> Void
    ) -> EventLoopFuture<UDPRelay.Port> {
        DatagramBootstrap(group: eventLoop)
            // Reads must hold the largest datagram, or it would be cut off.
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
            // A keyframe arrives as a burst: room for one of 1 MiB.
            .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Receiver(receive: receive))
                }
            }
            .bind(host: ip.description, port: 0)
            .flatMapThrowing { channel in
                guard let address = channel.localAddress.flatMap(TransportAddress.init) else { throw ChannelError.unknownLocalAddress }
                return UDPRelay.Port(channel: channel, address: address)
            }
    }

    /// Sends a datagram; like the network, it tells of no failure.
    static func send(_ bytes: [UInt8], to destination: TransportAddress, over channel: any Channel) {
        guard let address = SocketAddress(destination) else { return }
        let envelope = AddressedEnvelope(remoteAddress: address, data: channel.allocator.buffer(bytes: bytes))
        channel.writeAndFlush(envelope, promise: nil)
    }

    private final class Receiver: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        private let receive: @Sendable ([UInt8], TransportAddress) -> Void

        init(receive: @escaping @Sendable ([UInt8], TransportAddress) -> Void) {
            self.receive = receive
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = unwrapInboundIn(data)
            guard let source = TransportAddress(envelope.remoteAddress) else { return }
            receive(Array(buffer: envelope.data), source)
        }

        // A datagram that could not be delivered is reported here (ICMP); the socket stays good.
        func errorCaught(context: ChannelHandlerContext, error: any Error) {}
    }
}

extension TransportAddress {
    /// `nil` if `address` is not of IP.
    init?(_ address: SocketAddress) {
        let ip: IPAddress?
        switch address {
        case .v4(let address): ip = IPAddress(bytes: withUnsafeBytes(of: address.address.sin_addr) { Array($0) })
        case .v6(let address): ip = IPAddress(bytes: withUnsafeBytes(of: address.address.sin6_addr) { Array($0) })
        case .unixDomainSocket: ip = nil
        }
        guard let ip, let port = address.port.flatMap(UInt16.init(exactly:)) else { return nil }
        self.init(ip: ip.unmapped, port: port)
    }
}

extension SocketAddress {
    init?(_ address: TransportAddress) {
        guard let value = try? SocketAddress(packedIPAddress: ByteBuffer(bytes: address.ip.bytes), port: Int(address.port)) else {
            return nil
        }
        self = value
    }
}
