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
    /// `2["type",{…}]`, a message of Engine.IO.
    init(event type: String, members: [UInt8]) {
        var packet: [UInt8] = []
        packet.reserveCapacity(members.count + type.utf8.count + 6)
        packet.append(contentsOf: "2[\"".utf8)
        packet.append(contentsOf: type.utf8)
        packet.append(contentsOf: "\",".utf8)
        packet.append(contentsOf: members)
        packet.append(UInt8(ascii: "]"))
        self.init(.message, packet)
    }
}
