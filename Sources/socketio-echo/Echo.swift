import NIOCore
import SocketIO

/// Sends every message back.
final class EngineEcho: EngineIOListener {
    private let client: EngineIOClient

    init(_ client: EngineIOClient) {
        self.client = client
    }

    func received(_ message: EngineIOMessage) {
        client.send(EngineIOFrame(message))
    }

    func oversized() {
        client.close(code: 1009)
    }

    func readCompleted() {}

    func closed(_ reason: EngineIOCloseReason) {}
}

/// Says what a client sent along when it connected, sends back `message`, and acknowledges `message-with-ack`.
final class SocketEcho: SocketIOListener {
    private let client: SocketIOClient

    init(_ client: SocketIOClient) {
        self.client = client
    }

    func admission(to namespace: String, authentication: ByteBuffer?) -> SocketIOAdmission {
        namespace == "/" || namespace == "/custom" ? .admitted : .unknownNamespace
    }

    func connected(to namespace: String, authentication: ByteBuffer?) {
        client.send(.event("auth", [authentication ?? ByteBuffer(string: "{}")], namespace: namespace))
    }

    func received(_ event: SocketIOPacket, size: Int) {
        switch event.name {
        case "message":
            client.send(.event("message-back", event.arguments, namespace: event.namespace, attachments: event.attachments))
        case "message-with-ack":
            guard let id = event.id else { return }
            client.send(
                SocketIOPacket(
                    .acknowledgement, namespace: event.namespace, id: id, arguments: event.arguments, attachments: event.attachments))
        default: break
        }
    }

    func violated(_ error: SocketIOError, size: Int) -> Bool {
        false
    }

    func disconnected(from namespace: String) {}

    func oversized() {
        client.close(code: 1009)
    }

    func readCompleted() {}

    func closed(_ reason: SocketIOCloseReason) {}
}
