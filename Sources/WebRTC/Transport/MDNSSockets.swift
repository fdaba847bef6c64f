import Glibc
import ICE
import Logging
import NIOCore
import NIOPosix
import Wire

/// Asks the local network for the addresses behind candidates' names: drives an ``MDNSResolver`` over a socket for each interface.
///
/// Confined to its event loop. What can't be bound or joined is logged and left out: a call never depends on it.
final class MDNSSockets {
    /// A machine with more interfaces asks on the first of them.
    private static let maximumSockets = 8

    private let eventLoop: any EventLoop
    private let logger: Logger
    private let onResolved: (String, [IPAddress]) -> Void
    private var resolver = MDNSResolver()
    private var sockets: [(channel: any Channel, group: SocketAddress)] = []
    private var timer: Scheduled<Void>?
    private var isClosed = false

    init(eventLoop: any EventLoop, logger: Logger, onResolved: @escaping (String, [IPAddress]) -> Void) {
        self.eventLoop = eventLoop
        self.logger = logger
        self.onResolved = onResolved
        open()
    }

    func resolve(_ name: String) {
        handle(.resolve(name))
    }

    func close() {
        isClosed = true
        timer?.cancel()
        for socket in sockets { socket.channel.close(promise: nil) }
        sockets = []
    }

    private func handle(_ input: MDNSResolver.Input) {
        guard !isClosed else { return }
        resolver.handle(input, at: .now)
        while let output = resolver.nextOutput() {
            switch output {
            case .transmit(let bytes):
                for socket in sockets { send(bytes, on: socket.channel, to: socket.group) }
            case .resolved(let name, let addresses): onResolved(name, addresses)
            }
        }
        timer?.cancel()
        guard let deadline = resolver.deadline, !isClosed else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(max(0, deadline.nanoseconds)))) { bound.value.handle(.timeout) }
    }

    private func send(_ bytes: [UInt8], on channel: any Channel, to group: SocketAddress) {
        channel.writeAndFlush(AddressedEnvelope(remoteAddress: group, data: ByteBuffer(bytes: bytes)), promise: nil)
    }

    private func open() {
        let devices = (try? System.enumerateDevices()) ?? []
        let usable = devices.filter { $0.multicastSupported && $0.address.flatMap(IPAddress.init)?.isLoopback == false }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        for device in usable.prefix(Self.maximumSockets) {
            guard let address = device.address, let ip = IPAddress(address),
                let group = MDNSResolver.groups.first(where: { $0.isIPv6 == ip.isIPv6 }),
                let groupAddress = TransportAddress(ip: group, port: MDNSResolver.port).socketAddress
            else { continue }
            DatagramBootstrap(group: eventLoop)
                // Others on this machine listen at the port, too.
                .channelOption(.socketOption(.so_reuseaddr), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(MDNSHandler { bound.value.handle(.datagram($0)) })
                    }
                }
                .bind(host: ip.isIPv6 ? "::" : "0.0.0.0", port: Int(MDNSResolver.port))
                .flatMap { channel in
                    Self.join(channel, groupAddress, device, address).map { channel }
                }
                .whenComplete { result in bound.value.opened(result, groupAddress, device) }
        }
    }

    private func opened(_ result: Result<any Channel, any Error>, _ group: SocketAddress, _ device: NIONetworkDevice) {
        switch result {
        case .success(let channel):
            guard !isClosed else { return channel.close(promise: nil) }
            sockets.append((channel, group))
            for query in resolver.queries { send(query, on: channel, to: group) }
        case .failure(let error):
            logger.debug("cannot ask for names on this interface", metadata: ["interface": "\(device.name)", "error": "\(error)"])
        }
    }

    private static func join(
        _ channel: any Channel, _ group: SocketAddress, _ device: NIONetworkDevice, _ address: SocketAddress
    ) -> EventLoopFuture<Void> {
        guard let multicast = channel as? any MulticastChannel, let options = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        let choosesInterface: EventLoopFuture<Void>
        switch address {
        case .v4(let v4):
            // In struct sockaddr_in the address lies behind family and port.
            let interface = withUnsafeBytes(of: v4.address) { $0.loadUnaligned(fromByteOffset: 4, as: in_addr.self) }
            choosesInterface = options.setIPMulticastIF(interface)
        default: choosesInterface = options.setIPv6MulticastIF(CUnsignedInt(device.interfaceIndex))
        }
        return choosesInterface.flatMap { multicast.joinGroup(group, device: device) }
    }
}

private final class MDNSHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let onDatagram: ([UInt8]) -> Void

    init(onDatagram: @escaping ([UInt8]) -> Void) {
        self.onDatagram = onDatagram
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        onDatagram(Array(unwrapInboundIn(data).data.readableBytesView))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
