import NIOCore
import NIOHTTP1
import SocketIO

/// The two servers, and the pipeline of a connection to them.
final class Services {
    private let engine: EngineIOServer
    private let socket: SocketIOServer
    private let loop: any EventLoop

    init(on loop: any EventLoop) {
        self.loop = loop
        func configuration(_ path: String) -> EngineIOConfiguration {
            EngineIOConfiguration(path: path, pingInterval: .milliseconds(300), pingTimeout: .milliseconds(200), maxPayload: 1_000_000)
        }
        engine = EngineIOServer(configuration("/engine.io/"), eventLoop: loop) { EngineEcho($0) }
        socket = SocketIOServer(
            SocketIOConfiguration(engine: configuration("/socket.io/"), connectTimeout: .seconds(1)), eventLoop: loop
        ) { SocketEcho($0) }
    }

    func configure(_ channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        let servers = [engine, socket.engine]
        let handlers = servers.map { EngineIOHTTPHandler(server: $0) }
        let notFound = NotFoundHandler()
        let bound = NIOLoopBound((handlers: handlers, last: notFound), eventLoop: channel.eventLoop)
        let upgrader = WebSocketUpgrader(
            on: loop, admit: { head in servers.contains { $0.admitsSocket(head) } ? HTTPHeaders() : nil },
            install: { channel, head in
                for server in servers where server.owns(head) { try server.addSocket(channel, head) }
            })
        try pipeline.configureHTTPServerPipeline(
            withServerUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in
                    for handler in bound.value.handlers { context.pipeline.syncOperations.removeHandler(handler, promise: nil) }
                    context.pipeline.syncOperations.removeHandler(bound.value.last, promise: nil)
                }
            ))
        for handler in handlers { try pipeline.addHandler(handler) }
        try pipeline.addHandler(notFound)
    }
}

/// Answers what is for neither server.
private final class NotFoundHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let head = HTTPResponseHead(version: .http1_1, status: .notFound, headers: ["Content-Length": "0", "Connection": "close"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(mode: .output, promise: nil)
    }
}
