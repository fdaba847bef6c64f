import NIOCore
import NIOHTTP1
import NIOWebSocket
import SignalingProtocol

/// Turns `GET /ws` into a WebSocket. NIO checks and answers the handshake; our handler alone follows it.
final class WebSocketUpgrader: HTTPServerProtocolUpgrader {
    let supportedProtocol = "websocket"
    let requiredUpgradeHeaders: [String] = []
    private let core: ServerCore
    private let handshake: NIOWebSocketServerUpgrader

    init(core: ServerCore) {
        self.core = core
        let bound = NIOLoopBound(core, eventLoop: core.eventLoop)
        handshake = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, head in
                channel.eventLoop.makeSucceededFuture(Self.headers(for: head, isDraining: bound.value.isDraining))
            },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
    }

    /// `nil` refuses: the HTTP handler answers then.
    private static func headers(for head: HTTPRequestHead, isDraining: Bool) -> HTTPHeaders? {
        guard RequestTarget(head.uri).path == "/ws", !isDraining else { return nil }
        var headers = HTTPHeaders()
        if head.headers[canonicalForm: "Sec-WebSocket-Protocol"].contains("glyphone.v1") {
            headers.add(name: "Sec-WebSocket-Protocol", value: "glyphone.v1")
        }
        return headers
    }

    func buildUpgradeResponse(
        channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        handshake.buildUpgradeResponse(channel: channel, upgradeRequest: upgradeRequest, initialResponseHeaders: initialResponseHeaders)
    }

    func upgrade(context: ChannelHandlerContext, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<Void> {
        let channel = context.channel
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(WebSocketHandler(core: core, channel: channel))
        }
    }
}
