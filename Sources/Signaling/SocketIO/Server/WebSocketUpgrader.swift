import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Turns a `GET` into a WebSocket. NIO checks and answers the handshake; which handlers follow is for `install` to say.
package final class WebSocketUpgrader: HTTPServerProtocolUpgrader {
    package let supportedProtocol = "websocket"
    package let requiredUpgradeHeaders: [String] = []
    private let handshake: NIOWebSocketServerUpgrader
    private let install: (any Channel, HTTPRequestHead) throws -> Void

    /// - Parameters:
    ///   - admit: the headers to answer with; `nil` refuses, and what answers HTTP requests answers this one.
    ///   - install: adds the handlers. What it throws closes the channel.
    package init(
        on eventLoop: any EventLoop, admit: @escaping (HTTPRequestHead) -> HTTPHeaders?,
        install: @escaping (any Channel, HTTPRequestHead) throws -> Void
    ) {
        self.install = install
        let bound = NIOLoopBound(admit, eventLoop: eventLoop)
        handshake = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, head in channel.eventLoop.makeSucceededFuture(bound.value(head)) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
    }

    package func buildUpgradeResponse(
        channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        handshake.buildUpgradeResponse(channel: channel, upgradeRequest: upgradeRequest, initialResponseHeaders: initialResponseHeaders)
    }

    package func upgrade(context: ChannelHandlerContext, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<Void> {
        let channel = context.channel
        do {
            try install(channel, upgradeRequest)
        } catch {
            channel.close(promise: nil)
        }
        return channel.eventLoop.makeSucceededVoidFuture()
    }
}
