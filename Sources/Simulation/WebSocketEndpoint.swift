import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// Where a WebSocket server is: `ws://host:port/path`.
public struct WebSocketURL: Sendable, Hashable, CustomStringConvertible {
    public var host: String
    public var port: Int
    public var path: String

    public init(host: String, port: Int, path: String = "/ws") {
        (self.host, self.port, self.path) = (host, port, path)
    }

    /// `nil` for anything but a `ws:` URL; the path is `/ws` unless one is given.
    public init?(_ text: String) {
        guard let parts = URLComponents(string: text), parts.scheme?.lowercased() == "ws", let host = parts.host, !host.isEmpty else {
            return nil
        }
        let path = parts.path.isEmpty || parts.path == "/" ? "/ws" : parts.path
        self.init(host: host.trimmingCharacters(in: ["[", "]"]), port: parts.port ?? 80, path: path)
    }

    public var description: String {
        "ws://\(host.contains(":") ? "[\(host)]" : host):\(port)\(path)"
    }
}

package typealias WebSocketChannel = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

/// Opens WebSockets from either end. Fragmented messages are joined; pings are not answered, but delivered.
package enum WebSocketEndpoint {
    /// Four times what a message may have (65,536 bytes), so that it is the server who refuses one.
    private static let maximumFrame = 1 << 18
    private static let maximumFragments = 64
    private static let subprotocolHeader = "Sec-WebSocket-Protocol"

    /// The peer did not agree to speak WebSocket.
    package struct NotUpgraded: Error {}

    package typealias Server = NIOAsyncChannel<EventLoopFuture<WebSocketChannel?>, Never>

    /// Each connection that it yields becomes a WebSocket, or `nil` for another kind of request, which is closed.
    package static func listen(host: String, port: Int, group: any EventLoopGroup) async throws -> Server {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let upgrader = NIOTypedWebSocketServerUpgrader<WebSocketChannel?>(
                        maxFrameSize: maximumFrame,
                        enableAutomaticErrorHandling: false,
                        shouldUpgrade: { channel, head in
                            var headers = HTTPHeaders()
                            if let first = head.headers[canonicalForm: subprotocolHeader].first {
                                headers.add(name: subprotocolHeader, value: String(first))
                            }
                            return channel.eventLoop.makeSucceededFuture(headers)
                        },
                        upgradePipelineHandler: { channel, _ in
                            channel.eventLoop.makeCompletedFuture { try makeWebSocket(channel) }
                        })
                    let upgrade = NIOTypedHTTPServerUpgradeConfiguration(
                        upgraders: [upgrader],
                        notUpgradingCompletionHandler: { channel in
                            channel.close().map { nil }
                        })
                    return try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
                        configuration: .init(upgradeConfiguration: upgrade))
                }
            }
    }

    package static func connect(_ url: WebSocketURL, group: any EventLoopGroup) async throws -> WebSocketChannel {
        let upgraded: EventLoopFuture<WebSocketChannel?> = try await ClientBootstrap(group: group)
            .connectTimeout(.seconds(10))
            .connect(host: url.host, port: url.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let upgrader = NIOTypedWebSocketClientUpgrader<WebSocketChannel?>(
                        maxFrameSize: maximumFrame,
                        enableAutomaticErrorHandling: false,
                        upgradePipelineHandler: { channel, _ in
                            channel.eventLoop.makeCompletedFuture { try makeWebSocket(channel) }
                        })
                    let host = url.host.contains(":") ? "[\(url.host)]" : url.host
                    let headers = HTTPHeaders([
                        ("Host", "\(host):\(url.port)"), ("Content-Length", "0"), (subprotocolHeader, "glyphone.v1"),
                    ])
                    let upgrade = NIOTypedHTTPClientUpgradeConfiguration(
                        upgradeRequestHead: HTTPRequestHead(version: .http1_1, method: .GET, uri: url.path, headers: headers),
                        upgraders: [upgrader],
                        notUpgradingCompletionHandler: { channel in
                            channel.close().map { nil }
                        })
                    var configuration = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: upgrade)
                    // The server's first frames may come in one segment with its response.
                    configuration.leftOverBytesStrategy = .forwardBytes
                    return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
                }
            }
        guard let channel = try await upgraded.get() else { throw NotUpgraded() }
        return channel
    }

    private static func makeWebSocket(_ channel: any Channel) throws -> WebSocketChannel {
        try channel.pipeline.syncOperations.addHandler(
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: maximumFragments, maxAccumulatedFrameSize: maximumFrame))
        return try WebSocketChannel(wrappingChannelSynchronously: channel)
    }
}
