import Logging
import NIOCore
import NIOPosix
import PeerConnection
import Wire

extension Instant {
    /// Now, on the clock that event loops schedule by.
    public static var now: Instant {
        Instant(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds))
    }
}

/// Drives a ``PeerConnection`` over UDP sockets, one for each local address.
///
/// Confined to its event loop: create it and call it only there. After whatever it hands to the machine it drains the
/// outputs: datagrams go out, everything else goes to `onOutput`.
public final class PeerTransport {
    public let eventLoop: any EventLoop
    private let peer: PeerConnection
    private let logger: Logger
    private let onOutput: (PeerConnection.Output) -> Void
    private var channels: [TransportAddress: any Channel] = [:]
    private var mdns: MDNSSockets?
    private var timer: Scheduled<Void>?
    private var timerDeadline: Instant?
    private var isDraining = false
    private var isClosed = false

    public init(eventLoop: any EventLoop, peer: PeerConnection, logger: Logger, onOutput: @escaping (PeerConnection.Output) -> Void) {
        eventLoop.preconditionInEventLoop()
        self.eventLoop = eventLoop
        self.peer = peer
        self.logger = logger
        self.onOutput = onOutput
    }

    /// Binds a socket on each of `addresses` and tells the machine; an address that can't be bound is logged and left out.
    public func open(on addresses: [IPAddress]) -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let opened = addresses.map { ip in
            let bootstrap = DatagramBootstrap(group: eventLoop)
                .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(DatagramHandler(transport: bound.value))
                    }
                }
            return bootstrap.bind(host: ip.description, port: 0)
                .map { channel in
                    let transport = bound.value
                    guard let local = channel.localAddress.flatMap(TransportAddress.init), !transport.isClosed else {
                        channel.close(promise: nil)
                        return
                    }
                    transport.channels[local] = channel
                    transport.handle(.localAddress(local))
                }
                .flatMapErrorThrowing { error in
                    bound.value.logger.debug("cannot bind a UDP socket", metadata: ["address": "\(ip)", "error": "\(error)"])
                }
        }
        return EventLoopFuture.andAllComplete(opened, on: eventLoop).map {
            bound.value.handle(.localAddressesComplete)
        }
    }

    /// Hands `input` to the machine, now.
    public func handle(_ input: PeerConnection.Input) {
        guard !isClosed else { return }
        peer.handle(input, at: .now)
        drain()
    }

    /// Calls the machine in `body` (to negotiate, say), and drains it even if that throws.
    public func perform<Result>(_ body: (PeerConnection, Instant) throws -> Result) rethrows -> Result {
        defer { drain() }
        return try body(peer, .now)
    }

    /// Says goodbye to the other side and closes the sockets.
    public func close() {
        guard !isClosed else { return }
        handle(.close)
        isClosed = true
        timer?.cancel()
        mdns?.close()
        for channel in channels.values { channel.close(promise: nil) }
        channels = [:]
    }

    fileprivate func received(_ bytes: [UInt8], from remote: TransportAddress, to local: TransportAddress) {
        handle(.datagram(bytes, from: remote, to: local))
    }

    private func drain() {
        guard !isDraining, !isClosed else { return }
        isDraining = true
        var written: [any Channel] = []
        while let output = peer.nextOutput() {
            let (bytes, local, remote): ([UInt8], TransportAddress, TransportAddress)
            switch output {
            case .transmit(let datagram, let from, let to): (bytes, local, remote) = (datagram, from, to)
            case .resolve(let name):
                resolve(name)
                continue
            default:
                onOutput(output)
                continue
            }
            guard let channel = channels[local], let address = remote.socketAddress else { continue }
            channel.write(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes)), promise: nil)
            if !written.contains(where: { $0 === channel }) { written.append(channel) }
        }
        for channel in written { channel.flush() }
        isDraining = false
        schedule()
    }

    private func resolve(_ name: String) {
        let sockets =
            mdns
            ?? MDNSSockets(eventLoop: eventLoop, logger: logger) { [weak self] name, addresses in
                self?.handle(.resolved(name, addresses))
            }
        mdns = sockets
        sockets.resolve(name)
    }

    private func schedule() {
        let deadline = peer.deadline
        guard deadline != timerDeadline else { return }
        timer?.cancel()
        timer = nil
        timerDeadline = deadline
        guard let deadline, !isClosed else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(max(0, deadline.nanoseconds)))) {
            bound.value.timerDeadline = nil
            bound.value.handle(.timeout)
        }
    }
}

private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private weak var transport: PeerTransport?
    private var local: TransportAddress?

    init(transport: PeerTransport) {
        self.transport = transport
    }

    func channelActive(context: ChannelHandlerContext) {
        local = context.channel.localAddress.flatMap(TransportAddress.init)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let transport, let remote = TransportAddress(envelope.remoteAddress) else { return }
        guard let local = local ?? context.channel.localAddress.flatMap(TransportAddress.init) else { return }
        transport.received(Array(envelope.data.readableBytesView), from: remote, to: local)
    }

    /// A closed port at the other end (ICMP) says nothing that the checks do not find out.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
