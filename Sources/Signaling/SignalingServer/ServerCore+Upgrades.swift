import NIOCore
import NIOHTTP1
import SocketIO

extension ServerCore {
    /// What a request to become a WebSocket is answered with; `nil` refuses, and the HTTP handlers answer.
    func upgradeHeaders(for head: HTTPRequestHead) -> HTTPHeaders? {
        if socketIO.engine.admitsSocket(head) { return HTTPHeaders() }
        guard RequestTarget(head.uri).path == "/ws", !isDraining else { return nil }
        var headers = HTTPHeaders()
        if head.headers[canonicalForm: "Sec-WebSocket-Protocol"].contains("glyphone.v1") {
            headers.add(name: "Sec-WebSocket-Protocol", value: "glyphone.v1")
        }
        return headers
    }

    /// Gives a channel that is a WebSocket now to its binding.
    func install(_ channel: any Channel, _ head: HTTPRequestHead) throws {
        if socketIO.engine.owns(head) {
            try socketIO.engine.addSocket(channel, head)
        } else {
            try channel.pipeline.syncOperations.addHandler(WebSocketHandler(core: self, channel: channel))
        }
    }
}
