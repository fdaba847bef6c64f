import NIOCore
import NIOHTTP1
import NIOWebSocket
import SignalingProtocol
import SocketIO
import Wire

/// Answers requests that are no WebSocket; leaves the channel when one becomes a WebSocket.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let core: ServerCore
    private let meter: RequestMeter
    private var head: HTTPRequestHead?
    private var timer: Scheduled<Void>?

    init(core: ServerCore, meter: RequestMeter) {
        self.core = core
        self.meter = meter
    }

    func handlerAdded(context: ChannelHandlerContext) {
        restartTimer(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    private func restartTimer(_ context: ChannelHandlerContext) {
        timer?.cancel()
        let channel = NIOLoopBound(context.channel, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: .nanoseconds(core.configuration.requestTimeout.nanoseconds)) {
            channel.value.close(promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            self.head = nil
            _ = meter.takeReceived()
            restartTimer(context)
            respond(to: head, context: context)
        }
    }

    private func respond(to request: HTTPRequestHead, context: ChannelHandlerContext) {
        let page = core.page(for: request)
        var head = HTTPResponseHead(version: request.version, status: page.status, headers: page.headers)
        let body = ByteBuffer(bytes: page.body)
        head.headers.replaceOrAdd(name: "Content-Length", value: "\(body.readableBytes)")
        head.headers.replaceOrAdd(name: "X-Content-Type-Options", value: "nosniff")
        if !request.isKeepAlive { head.headers.replaceOrAdd(name: "Connection", value: "close") }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        _ = meter.takeSent()
        if !request.isKeepAlive { context.close(mode: .output, promise: nil) }
    }

    /// A request of Socket.IO's polling waits as long as there is nothing to tell.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? EngineIORequestEvent {
        case .received:
            core.tally.bytesReceived += meter.takeReceived()
            timer?.cancel()
        case .answered:
            // A request that was refused was not received as a whole.
            core.tally.bytesReceived += meter.takeReceived()
            core.tally.bytesSent += meter.takeSent()
            restartTimer(context)
        case nil: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        // The request follows, and is answered.
        case is NIOWebSocketUpgradeError, is HTTPServerUpgradeErrors: break
        default: context.close(promise: nil)
        }
    }
}

/// Counts the bytes of each HTTP request before anything reads them, for nothing here needs many, and those of the answers.
final class RequestMeter: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// Head and body of one request.
    static let limit = 16_384
    private var received = 0
    private var sent = 0
    /// A `POST` brings what Socket.IO sends at once, beside its head.
    private var isPost = false

    /// The bytes since it was asked last; the next request counts for itself.
    func takeReceived() -> Int {
        defer { received = 0 }
        return received
    }

    /// The bytes since it was asked last.
    func takeSent() -> Int {
        defer { sent = 0 }
        return sent
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if received == 0 { isPost = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) == UInt8(ascii: "P") }
        received += bytes.readableBytes
        guard received <= Self.limit + (isPost ? Limits.message : 0) else {
            let answer = "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            context.writeAndFlush(wrapOutboundOut(.byteBuffer(ByteBuffer(string: answer))), promise: nil)
            return context.close(promise: nil)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        sent += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }
}
