import ICE
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import STUN
import Wire

/// The TCP and TLS connections to relays.
///
/// Confined to its event loop.
final class RelayStreams {
    enum Event {
        case opened(local: TransportAddress)
        case data([UInt8])
        case closed(TURNFailure)
    }

    /// A firewall that swallows what comes is found out within this time.
    private static let connectTimeout = TimeAmount.seconds(5)
    /// What waits beyond this in front of a slow connection is late sound and old pictures: better lost.
    private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 32 * 1024, high: 128 * 1024)

    private let eventLoop: any EventLoop
    private let tls: TLSConfiguration
    private let onEvent: (ICERelays.StreamID, Event) -> Void
    private var channels: [ICERelays.StreamID: any Channel] = [:]
    /// Those that the owner wants; what opens after it has been given up is closed.
    private var wanted: Set<ICERelays.StreamID> = []

    init(eventLoop: any EventLoop, tls: TLSConfiguration, onEvent: @escaping (ICERelays.StreamID, Event) -> Void) {
        self.eventLoop = eventLoop
        self.tls = tls
        self.onEvent = onEvent
    }

    func open(_ id: ICERelays.StreamID, to address: TransportAddress, isTLS: Bool, name: String) {
        wanted.insert(id)
        guard let socketAddress = address.socketAddress else { return report(id, .closed(.unreachable("it has no usable address"))) }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let tls = tls
        ClientBootstrap(group: eventLoop)
            .connectTimeout(Self.connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: Self.waterMark)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if isTLS {
                        // A certificate for an address is checked against the one that is connected to.
                        let server = IPAddress(name) == nil ? name : nil
                        let context = try NIOSSLContext(configuration: tls)
                        try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: server))
                    }
                    try channel.pipeline.syncOperations.addHandler(StreamHandler(id: id, streams: bound.value, isTLS: isTLS))
                }
            }
            .connect(to: socketAddress)
            .whenComplete { result in bound.value.connected(id, result) }
    }

    /// Datagrams that find the connection full are dropped, as a network would; requests are not, for none repeats them.
    func write(_ id: ICERelays.StreamID, _ bytes: [UInt8]) {
        guard let channel = channels[id] else { return }
        let isDatagram = bytes.first.map { $0 >> 6 == 1 } ?? true || STUNMessage.isSTUN(bytes, method: .send)
        guard channel.isWritable || !isDatagram else { return }
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    func close(_ id: ICERelays.StreamID) {
        wanted.remove(id)
        channels.removeValue(forKey: id)?.close(promise: nil)
    }

    func closeAll() {
        for id in Array(wanted) { close(id) }
    }

    private func connected(_ id: ICERelays.StreamID, _ result: Result<any Channel, any Error>) {
        switch result {
        case .success(let channel):
            guard wanted.contains(id) else { return channel.close(promise: nil) }
            channels[id] = channel
        case .failure(let error):
            report(id, .closed(.unreachable(Self.words(for: error))))
        }
    }

    fileprivate func handle(_ id: ICERelays.StreamID, _ event: Event) {
        report(id, event)
    }

    /// The first end of a stream is told, and nothing after it.
    private func report(_ id: ICERelays.StreamID, _ event: Event) {
        guard wanted.contains(id) else { return }
        if case .closed = event { close(id) }
        onEvent(id, event)
    }

    private static func words(for error: any Error) -> String {
        switch error {
        case let error as IOError where error.errnoCode == ECONNREFUSED: "nothing listens at that port"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout: "the connection was not answered; a firewall may block it"
        default: "\(error)"
        }
    }
}

private final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let id: ICERelays.StreamID
    private let isTLS: Bool
    private weak var streams: RelayStreams?
    private var failure: TURNFailure?

    init(id: ICERelays.StreamID, streams: RelayStreams, isTLS: Bool) {
        self.id = id
        self.streams = streams
        self.isTLS = isTLS
    }

    func channelActive(context: ChannelHandlerContext) {
        if !isTLS { opened(context) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { opened(context) }
    }

    /// Once the connection's future has been seen by its owner.
    private func opened(_ context: ChannelHandlerContext) {
        guard let local = context.channel.localAddress.flatMap(TransportAddress.init) else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.streams?.handle(bound.value.id, .opened(local: local)) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        streams?.handle(id, .data(Array(unwrapInboundIn(data).readableBytesView)))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as NIOSSLExtraError where error == .failedToValidateHostname: failure = .untrusted("it is for another name")
        case let error as NIOSSLError: failure = Self.failure(of: error)
        default: break
        }
        context.close(promise: nil)
    }

    private static func failure(of error: NIOSSLError) -> TURNFailure {
        let text = "\(error)"
        return text.contains("CERTIFICATE_VERIFY_FAILED")
            ? .untrusted("nobody this machine trusts has signed it") : .unreachable("the TLS handshake failed (\(text))")
    }

    func channelInactive(context: ChannelHandlerContext) {
        streams?.handle(id, .closed(failure ?? .unreachable("it closed the connection")))
    }
}
