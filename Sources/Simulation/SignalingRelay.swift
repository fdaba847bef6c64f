import Logging
import NIOCore
import NIOPosix
import NIOWebSocket
import Wire

/// A WebSocket proxy before a signaling server that sends the media of its clients through a ``UDPRelay``.
///
/// It passes all frames as they are, but names the relay's ports in place of the addresses in ICE candidates: of those that
/// its clients send, and of those that they receive. So two unmodified programs talk through an impaired network.
public final class SignalingRelay: Sendable {
    /// Enough for any demonstration; each costs two sockets.
    private static let maximumConnections = 64

    private let server: WebSocketURL
    private let group: any EventLoopGroup
    private let rewriter: CandidateRewriter
    private let logger: Logger

    public init(
        server: WebSocketURL, media: UDPRelay, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, logger: Logger
    ) {
        self.server = server
        self.group = group
        self.logger = logger
        rewriter = CandidateRewriter { address in
            do {
                return try await media.expose(address)
            } catch {
                logger.warning("a candidate is withheld", metadata: ["address": "\(address)", "error": "\(error)"])
                return nil
            }
        }
    }

    /// Serves until the task is cancelled. `ready` is given the URL for clients once they can connect.
    public func run(host: String, port: Int, ready: @Sendable (WebSocketURL) -> Void) async throws {
        let listener = try await WebSocketEndpoint.listen(host: host, port: port, group: group)
        let bound = listener.channel.localAddress?.port ?? port
        try await listener.executeThenClose { connections in
            ready(WebSocketURL(host: host, port: bound, path: server.path))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                var count = 0
                for try await connection in connections {
                    if count >= Self.maximumConnections {
                        try await tasks.next()
                        count -= 1
                    }
                    count += 1
                    tasks.addTask { await self.serve(connection) }
                }
                tasks.cancelAll()
            }
        }
    }

    private func serve(_ connection: EventLoopFuture<WebSocketChannel?>) async {
        do {
            guard let client = try await connection.get() else { return }
            try await client.executeThenClose { fromClient, toClient in
                do {
                    let upstream = try await WebSocketEndpoint.connect(server, group: group)
                    try await upstream.executeThenClose { fromServer, toServer in
                        await withTaskGroup(of: Void.self) { directions in
                            directions.addTask { await self.pass(fromClient, to: toServer, masked: true) }
                            directions.addTask { await self.pass(fromServer, to: toClient, masked: false) }
                            // One end is gone: the other must notice.
                            await directions.next()
                            directions.cancelAll()
                        }
                    }
                } catch {
                    logger.error("the signaling server is not there", metadata: ["server": "\(server)", "error": "\(error)"])
                    var reason = ByteBuffer()
                    reason.write(webSocketErrorCode: .unknown(1013))
                    try await toClient.write(WebSocketFrame(fin: true, opcode: .connectionClose, data: reason))
                }
            }
        } catch {
            logger.debug("a connection ended", metadata: ["error": "\(error)"])
        }
    }

    /// Passes frames on, close frames too, until the stream ends. A client's frames are masked (RFC 6455 section 5.3).
    private func pass(
        _ frames: NIOAsyncChannelInboundStream<WebSocketFrame>, to outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>, masked: Bool
    ) async {
        do {
            for try await frame in frames {
                var data = frame.unmaskedData
                if frame.opcode == .text {
                    guard let text = await rewriter.rewrite(message: String(buffer: data)) else { continue }
                    data = ByteBuffer(string: text)
                }
                let key = masked ? WebSocketMaskingKey.random() : nil
                try await outbound.write(WebSocketFrame(fin: true, opcode: frame.opcode, maskKey: key, data: data))
            }
        } catch {
            logger.debug("a direction ended", metadata: ["error": "\(error)"])
        }
    }
}
