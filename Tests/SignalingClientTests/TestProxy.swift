import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Stands between clients and a server: cuts the line, points it elsewhere, wraps it in TLS.
final class TestProxy: Sendable {
    private struct State {
        var port: Int?
        var lines: [any Channel] = []
    }

    private let listener: any Channel
    private let state: Mutex<State>

    var port: Int { listener.localAddress?.port ?? 0 }

    private init(listener: any Channel, port: Int?) {
        self.listener = listener
        state = Mutex(State(port: port))
    }

    /// - Parameter port: the server's; `nil` hangs up on everybody.
    static func start(to port: Int?, tls: NIOSSLContext? = nil) async throws -> TestProxy {
        let acceptor = Acceptor(tls: tls)
        let listener = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup.next())
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { acceptor.accept($0) }
            .bind(host: "127.0.0.1", port: 0).get()
        let proxy = TestProxy(listener: listener, port: port)
        acceptor.proxy.withLock { $0 = proxy }
        return proxy
    }

    /// From now on there is another server, or none.
    func point(to port: Int?) {
        state.withLock { $0.port = port }
    }

    /// Ends all connections as a network does: without a word.
    func cut() {
        let lines = state.withLock { state in
            defer { state.lines = [] }
            return state.lines
        }
        for line in lines { line.close(promise: nil) }
    }

    func stop() async throws {
        cut()
        try await listener.close()
    }

    fileprivate func connect(_ client: any Channel) -> EventLoopFuture<Void> {
        guard let port = state.withLock({ $0.port }) else { return client.close() }
        state.withLock { $0.lines.append(client) }
        let loop = client.eventLoop
        return ClientBootstrap(group: loop)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: port)
            .flatMap { server in
                loop.makeCompletedFuture {
                    try client.pipeline.syncOperations.addHandler(Glue(to: server))
                    try server.pipeline.syncOperations.addHandler(Glue(to: client))
                }
                .flatMap { client.setOption(.autoRead, value: true) }
                .flatMap { server.setOption(.autoRead, value: true) }
            }
            .flatMapError { _ in client.close() }
    }
}

private final class Acceptor: Sendable {
    let proxy = Mutex<TestProxy?>(nil)
    private let tls: NIOSSLContext?

    init(tls: NIOSSLContext?) {
        self.tls = tls
    }

    func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        let ready = channel.eventLoop.makeCompletedFuture {
            if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
        }
        guard let proxy = proxy.withLock({ $0 }) else { return channel.close() }
        ready.whenSuccess { channel.eventLoop.execute { _ = proxy.connect(channel) } }
        return ready
    }
}

/// Hands everything to the other channel.
private final class Glue: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel

    init(to other: any Channel) {
        self.other = other
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        other.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
