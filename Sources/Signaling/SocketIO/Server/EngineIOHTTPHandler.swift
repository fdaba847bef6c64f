import NIOCore
import NIOHTTP1

/// Told to the handlers that follow, so that they do not lose patience with a connection whose request waits, and can count it.
public enum EngineIORequestEvent: Sendable {
    /// A request of polling has come as a whole; its answer may take its time.
    case received
    case answered
}

/// Answers the requests of polling in an HTTP server's pipeline, and hands on those for other paths.
///
/// It relies on NIO's `HTTPServerPipelineHandler`, which hands in one request at a time.
public final class EngineIOHTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    public typealias InboundIn = HTTPServerRequestPart
    public typealias InboundOut = HTTPServerRequestPart
    public typealias OutboundOut = HTTPServerResponsePart

    private let server: EngineIOServer
    private var context: ChannelHandlerContext?
    /// The request that is being read or answered, if it is ours.
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    /// Whom the answer is awaited from.
    private var client: EngineIOClient?

    public init(server: EngineIOServer) {
        self.server = server
    }

    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    public func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if case .head(let head) = part, server.owns(head) { self.head = head }
        guard let head else { return context.fireChannelRead(data) }
        switch part {
        case .head: break
        case .body(var bytes):
            guard body.readableBytes + bytes.readableBytes <= server.configuration.maxPayload else { return refuseBody(head) }
            body.writeBuffer(&bytes)
        case .end:
            context.fireUserInboundEventTriggered(EngineIORequestEvent.received)
            received(head)
        }
    }

    private func received(_ head: HTTPRequestHead) {
        let body = self.body
        self.body = ByteBuffer()
        do throws(EngineIORefusal) {
            let request = try EngineIORequest.parse(head.uri)
            // What wants to be a WebSocket and comes here was not let in.
            guard let sid = request.sid else {
                guard head.method == .GET else { throw EngineIORefusal.badHandshakeMethod }
                guard request.transport == .polling else { throw EngineIORefusal.badRequest }
                guard let client = server.open(.polling) else { throw EngineIORefusal.full }
                self.client = client
                return client.poll(self)
            }
            guard let client = server.client(sid) else { throw EngineIORefusal.unknownSession }
            guard request.transport == .polling else { throw EngineIORefusal.badRequest }
            self.client = client
            switch head.method {
            case .GET: client.poll(self)
            case .POST: client.post(body, self)
            default: throw EngineIORefusal.badRequest
            }
        } catch {
            respond(.refused(error))
        }
    }

    /// A body over the limit: its session hears of it, the rest of the body is not waited for.
    private func refuseBody(_ head: HTTPRequestHead) {
        body = ByteBuffer()
        if head.method == .POST, let request = try? EngineIORequest.parse(head.uri), let client = request.sid.flatMap(server.client) {
            client.oversized()
        }
        respond(.payloadTooLarge, "Payload too large", closing: true)
    }

    // MARK: Answers

    func respond(_ response: EngineIOResponse) {
        client = nil
        switch response {
        case .ok: respond(.ok, "ok")
        case .refused(let refusal): respond(refusal.status, refusal.json, type: "application/json")
        case .packets(let frames):
            var payload = ByteBuffer()
            for frame in frames { frame.write(toPayload: &payload) }
            respond(.ok, payload)
        }
    }

    private func respond(_ status: HTTPResponseStatus, _ text: String, type: String = "text/plain; charset=UTF-8", closing: Bool = false) {
        respond(status, ByteBuffer(string: text), type: type, closing: closing)
    }

    private func respond(
        _ status: HTTPResponseStatus, _ body: ByteBuffer, type: String = "text/plain; charset=UTF-8", closing: Bool = false
    ) {
        guard let context, let request = head else { return }
        head = nil
        // Who asks on without reading the answers is a slow reader too.
        guard context.channel.isWritable else { return context.close(promise: nil) }
        var head = HTTPResponseHead(version: request.version, status: status)
        head.headers = [
            "Content-Type": type, "Content-Length": "\(body.readableBytes)", "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        ]
        let closes = closing || !request.isKeepAlive
        if closes { head.headers.add(name: "Connection", value: "close") }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        if closes { context.close(mode: .output, promise: nil) }
        context.fireUserInboundEventTriggered(EngineIORequestEvent.answered)
    }

    public func channelInactive(context: ChannelHandlerContext) {
        let client = client
        self.client = nil
        head = nil
        client?.requestLost(self)
        context.fireChannelInactive()
    }
}
