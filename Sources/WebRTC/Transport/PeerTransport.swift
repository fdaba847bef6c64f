import Glibc
import ICE
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import PeerConnection
import STUN
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
    private let tls: TLSConfiguration
    private var sockets: [TransportAddress: Socket] = [:]
    /// Addresses whose sockets are being bound.
    private var opening: Set<IPAddress> = []
    private lazy var streams = RelayStreams(eventLoop: eventLoop, tls: tls) { [unowned self] id, event in
        switch event {
        case .opened(let local): handle(.streamOpened(id, local: local))
        case .data(let bytes): handle(.streamData(id, bytes))
        case .closed(let why): handle(.streamClosed(id, why))
        }
    }
    private var mdns: MDNSSockets?
    private var timer: Scheduled<Void>?
    private var timerDeadline: Instant?
    private var isDraining = false
    private var isClosed = false

    /// - Parameter tls: whom relays over TLS are trusted by; the system's authorities where nothing is said.
    public init(
        eventLoop: any EventLoop, peer: PeerConnection, logger: Logger, tls: TLSConfiguration = .makeClientConfiguration(),
        onOutput: @escaping (PeerConnection.Output) -> Void
    ) {
        eventLoop.preconditionInEventLoop()
        self.eventLoop = eventLoop
        self.peer = peer
        self.logger = logger
        self.tls = tls
        self.onOutput = onOutput
    }

    /// Binds a socket on each of `addresses`, finds out where the servers are, and tells the machine all of it; an address
    /// that can't be bound is logged and left out.
    public func open(on addresses: [IPAddress], servers: [ICEServer] = []) -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let ready =
            bind(addresses)
            + servers.map { server in
                server.addresses(on: eventLoop).map { bound.value.add(server, at: $0) }
            }
        return EventLoopFuture.andAllComplete(ready, on: eventLoop).map {
            bound.value.handle(.localAddressesComplete)
        }
    }

    /// The machine's addresses have changed: sockets of those that are gone are closed, and new ones bound.
    ///
    /// - Returns: whether anything changed.
    @discardableResult
    public func update(_ addresses: [IPAddress]) -> Bool {
        guard !isClosed else { return false }
        let gone = sockets.filter { !addresses.contains($0.key.ip) }
        let new = addresses.filter { ip in !opening.contains(ip) && !sockets.keys.contains { $0.ip == ip } }
        _ = bind(new)
        for (local, socket) in gone {
            sockets[local] = nil
            socket.channel.close(promise: nil)
            handle(.localAddressGone(local))
        }
        return !gone.isEmpty || !new.isEmpty
    }

    private func add(_ server: ICEServer, at addresses: [TransportAddress]) {
        guard case .turn = server.url.kind else {
            if addresses.isEmpty { logger.debug("no address is known for the STUN server", metadata: ["server": "\(server.url)"]) }
            for address in addresses { handle(.stunServer(address)) }
            return
        }
        handle(.turnServer(TURNServer(url: server.url, addresses: addresses, credentials: server.credentials)))
    }

    private func bind(_ addresses: [IPAddress]) -> [EventLoopFuture<Void>] {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        opening.formUnion(addresses)
        return addresses.map { ip in
            let bootstrap = DatagramBootstrap(group: eventLoop)
                .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(DatagramHandler(transport: bound.value))
                    }
                }
            return bootstrap.bind(host: ip.description, port: 0)
                .flatMapThrowing { channel in
                    let transport = bound.value
                    transport.opening.remove(ip)
                    guard let local = channel.localAddress.flatMap(TransportAddress.init), !transport.isClosed else {
                        channel.close(promise: nil)
                        return
                    }
                    transport.sockets[local] = try Socket(channel)
                    transport.handle(.localAddress(local))
                }
                .flatMapErrorThrowing { error in
                    bound.value.opening.remove(ip)
                    bound.value.logger.debug("cannot bind a UDP socket", metadata: ["address": "\(ip)", "error": "\(error)"])
                }
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
        streams.closeAll()
        for socket in sockets.values { socket.channel.close(promise: nil) }
        sockets = [:]
    }

    /// Hands a datagram to the machine, which is drained when there are no more of them.
    fileprivate func received(_ bytes: [UInt8], from remote: TransportAddress, to local: TransportAddress) {
        guard !isClosed else { return }
        peer.handle(.datagram(bytes, from: remote, to: local), at: .now)
    }

    fileprivate func drain() {
        guard !isDraining, !isClosed else { return }
        isDraining = true
        while let output = peer.nextOutput() {
            let (bytes, local, remote): ([UInt8], TransportAddress, TransportAddress)
            switch output {
            case .transmit(let datagram, let from, let to): (bytes, local, remote) = (datagram, from, to)
            case .resolve(let name):
                resolve(name)
                continue
            case .openStream(let id, let address, let isTLS, let name):
                streams.open(id, to: address, isTLS: isTLS, name: name)
                continue
            case .writeStream(let id, let bytes):
                streams.write(id, bytes)
                continue
            case .closeStream(let id):
                streams.close(id)
                continue
            default:
                onOutput(output)
                continue
            }
            sockets[local]?.send(bytes, to: remote)
        }
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

/// A UDP socket, which datagrams leave by at once.
///
/// NIO's own way of sending would close the socket over an error: over a check of an address that there is no route to
/// (ENETUNREACH), and over whatever is sent while this machine's address is away for a moment (EINVAL).
private final class Socket {
    let channel: any Channel
    private let descriptor: NIOBSDSocket.Handle
    /// Where the last datagram went, which is where the next one goes as well, but for checks.
    private var destination: (remote: TransportAddress, address: SocketAddress)?

    init(_ channel: any Channel) throws {
        self.channel = channel
        let handle = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        guard let handle else { throw ChannelError.operationUnsupported }
        descriptor = handle
    }

    /// Sends a datagram; one that the kernel does not take is lost, as any may be.
    func send(_ bytes: [UInt8], to remote: TransportAddress) {
        // The descriptor is the channel's only as long as that is open.
        guard channel.isActive else { return }
        if destination?.remote != remote { destination = remote.socketAddress.map { (remote, $0) } }
        destination?.address.withSockAddr { address, length in
            _ = sendto(descriptor, bytes, bytes.count, 0, address, socklen_t(length))
        }
    }
}

private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private weak var transport: PeerTransport?
    private var local: TransportAddress?
    /// Where the last datagram came from, which is where the next one comes from as well.
    private var source: (address: SocketAddress, remote: TransportAddress)?

    init(transport: PeerTransport) {
        self.transport = transport
    }

    func channelActive(context: ChannelHandlerContext) {
        local = context.channel.localAddress.flatMap(TransportAddress.init)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        if source?.address != envelope.remoteAddress {
            source = TransportAddress(envelope.remoteAddress).map { (envelope.remoteAddress, $0) }
        }
        guard let transport, let remote = source?.remote else { return }
        guard let local = local ?? context.channel.localAddress.flatMap(TransportAddress.init) else { return }
        transport.received(Array(envelope.data.readableBytesView), from: remote, to: local)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        transport?.drain()
    }

    /// A closed port at the other end (ICMP) says nothing that the checks do not find out.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
