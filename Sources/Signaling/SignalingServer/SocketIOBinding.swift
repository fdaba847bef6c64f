import NIOCore
import SignalingProtocol
import SocketIO

/// The Socket.IO binding: namespace `/` at `/socket.io/`, an event for each message.
enum SocketIOBinding {
    static func configuration(_ configuration: HubConfiguration) -> SocketIOConfiguration {
        SocketIOConfiguration(
            engine: EngineIOConfiguration(
                path: "/socket.io/", pingInterval: Limits.pingInterval, pingTimeout: Limits.pongTimeout, maxPayload: Limits.message,
                queueLimit: Limits.queue, sessionLimit: configuration.capacity + ServerCore.guestLimit),
            // No message has attachments; one that comes with some is read, to be answered.
            limits: SocketIODecoder.Limits(attachments: 1, attachmentBytes: Limits.message, namespace: Limits.identifier),
            // The hub's time for a `join` runs from the start.
            connectTimeout: Limits.join)
    }

    /// Whether a client that is sent away with this code may come back by itself, as Socket.IO's do unless they are told
    /// that the server disconnected them.
    static func invitesBack(_ code: UInt16) -> Bool {
        code == CloseCode.goingAway || code == CloseCode.tryAgainLater || code == CloseCode.internalError
    }
}

extension EngineIOFrame {
    /// `2["type",{…}]`, a message of Engine.IO; `writeInner` writes the object's members, `innerLength` bytes in all.
    init(event type: String, innerLength: Int, _ writeInner: (inout ByteBuffer) -> Void) {
        self.init(.message, length: innerLength + type.utf8.count + 8) { buffer in
            buffer.writeStaticString("2[\"")
            buffer.writeString(type)
            buffer.writeStaticString("\",{")
            writeInner(&buffer)
            buffer.writeStaticString("}]")
        }
    }
}
