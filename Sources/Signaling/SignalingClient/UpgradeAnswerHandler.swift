import NIOCore
import NIOHTTP1

/// Waits for the answer to the upgrade and says why where it is no WebSocket. Removed once it is one.
final class UpgradeAnswerHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let connector: ClientConnector
    private let connection: ClientConnection

    init(connector: ClientConnector, connection: ClientConnection) {
        self.connector = connector
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        connection.failed(failure(for: head.status))
        context.close(promise: nil)
    }

    private func failure(for status: HTTPResponseStatus) -> SignalingFailure {
        switch status.code {
        case 401, 403: SignalingFailure(.unauthorized, "The server \(connector.url) let nobody in (HTTP \(status.code)). Check the token.")
        case 500...599: connector.notReachable("it answers HTTP \(status.code)")
        default: connector.notReachable("it answers HTTP \(status.code), as no signaling server does at this path")
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.failed(connector.notReachable("it closed the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.failed(connector.failure(for: error))
        context.close(promise: nil)
    }
}
