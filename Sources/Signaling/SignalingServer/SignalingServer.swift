import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import SignalingProtocol
import SocketIO
import Synchronization
import Wire

/// The signaling server on one event loop: WebSockets at `/ws`, and HTTP on the same port.
public final class SignalingServer: Sendable {
    private let listener: any Channel
    private let core: NIOLoopBound<ServerCore>
    private let group: MultiThreadedEventLoopGroup
    private let ending = Mutex<Task<Void, any Error>?>(nil)
    /// Where it listens, as it was asked to.
    public let host: String
    /// The port it listens on.
    public let port: Int

    /// `ws://` and where it listens.
    public var url: String {
        "ws://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    private init(listener: any Channel, core: NIOLoopBound<ServerCore>, group: MultiThreadedEventLoopGroup, host: String) {
        self.listener = listener
        self.core = core
        self.group = group
        self.host = host
        port = listener.localAddress?.port ?? 0
    }

    /// Starts a server. When this returns it can be connected to.
    ///
    /// - Parameter store: keeps the sessions over a restart; what it holds is taken up.
    /// - Throws: `ServerFailure`, with a sentence for people.
    public static func start(
        _ configuration: ServerConfiguration = ServerConfiguration(), store: (any SessionStore)? = nil,
        logger: Logger = Logger(label: "glyphone.server")
    ) async throws -> SignalingServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            return try await start(configuration, store: store, logger: logger, on: group)
        } catch {
            try? await group.shutdownGracefully()
            throw ServerFailure(error, configuration)
        }
    }

    private static func start(
        _ configuration: ServerConfiguration, store: (any SessionStore)?, logger: Logger, on group: MultiThreadedEventLoopGroup
    ) async throws -> SignalingServer {
        let loop = group.next()
        let core = try await loop.submit {
            let core = ServerCore(configuration: configuration, eventLoop: loop, clock: .now, store: store, logger: logger)
            try core.restore()
            return NIOLoopBound(core, eventLoop: loop)
        }.get()
        let listener = try await ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            // Left to itself the kernel keeps up to 4 MiB for a client that does not read, beside what waits here.
            .childChannelOption(.socketOption(.so_sndbuf), value: 131_072)
            // What waits beyond this waits in our own queue, which is counted.
            .childChannelOption(.writeBufferWaterMark, value: .init(low: OutgoingQueue.chunkSize / 2, high: OutgoingQueue.chunkSize))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel, core: core.value) }
            }
            .bind(host: configuration.host, port: configuration.port)
            .get()
        return SignalingServer(listener: listener, core: core, group: group, host: configuration.host)
    }

    private static func configure(_ channel: any Channel, core: ServerCore) throws {
        guard core.accept(channel) else { throw ChannelError.eof }
        let pipeline = channel.pipeline.syncOperations
        let meter = RequestMeter()
        let handler = HTTPHandler(core: core, meter: meter)
        let polling = EngineIOHTTPHandler(server: core.socketIO.engine)
        let upgrader = WebSocketUpgrader(on: core.eventLoop, admit: { core.upgradeHeaders(for: $0) }, install: { try core.install($0, $1) })
        let bound = NIOLoopBound((meter: meter, polling: polling, handler: handler), eventLoop: channel.eventLoop)
        try pipeline.addHandler(meter)
        try pipeline.configureHTTPServerPipeline(
            withServerUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in
                    context.pipeline.syncOperations.removeHandler(bound.value.meter, promise: nil)
                    context.pipeline.syncOperations.removeHandler(bound.value.polling, promise: nil)
                    context.pipeline.syncOperations.removeHandler(bound.value.handler, promise: nil)
                }
            ))
        try pipeline.addHandler(polling)
        try pipeline.addHandler(handler)
    }

    /// Lets nobody new in, and says so at `/readyz`.
    public func drain() {
        listener.eventLoop.execute { [core] in core.value.drain() }
    }

    /// Closes every connection with 1001, and ends once the clients have hung up, or after `grace`. To be called once or more.
    public func shutdown(grace: Duration = .seconds(2)) async throws {
        let task = ending.withLock { ending in
            let task = ending ?? Task { try await self.end(grace: grace) }
            ending = task
            return task
        }
        try await task.value
    }

    private func end(grace: Duration) async throws {
        try? await listener.close()
        let time = TimeAmount.nanoseconds(grace.nanoseconds)
        try await listener.eventLoop.flatSubmit { [core] in core.value.closeAll(within: time) }.get()
        try await group.shutdownGracefully()
    }
}
