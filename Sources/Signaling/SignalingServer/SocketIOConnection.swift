import NIOCore
import SignalingProtocol
import SocketIO

/// One client on the Socket.IO binding: events to requests, and messages to events.
final class SocketIOConnection: ClientConnection {
    let id: ConnectionID
    private let core: ServerCore
    private let client: SocketIOClient
    /// Of the event that is being handled, where its client wants an acknowledgement.
    private var acknowledgementID: UInt64?

    init(core: ServerCore, client: SocketIOClient) {
        self.core = core
        self.client = client
        id = core.nextConnectionID()
        core.opened(self)
    }

    // MARK: What the core asks for

    var queuedBytes: Int { client.queuedBytes }

    func send(_ message: OutgoingMessage) {
        // Who has not connected to the namespace hears nothing; the hub's time for a `join` ends that.
        guard client.isConnected(to: "/") else { return }
        if message.type == "error", acknowledgementID != nil {
            acknowledge(Self.failure(message))
        } else {
            core.needsFlush(self)
            client.send(message.event)
        }
    }

    /// `{"error":{"code":…,"message":…}}`
    private static func failure(_ message: OutgoingMessage) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("error")
            writer.object { writer in
                guard case .object(let error)? = try? JSONValue(parsing: message.members) else { return }
                for name in ["code", "message"] {
                    writer.key(name)
                    writer.value(error[name] ?? .null)
                }
            }
        }
        return writer.bytes
    }

    private func acknowledge(_ json: [UInt8]) {
        guard let id = acknowledgementID else { return }
        acknowledgementID = nil
        core.needsFlush(self)
        client.send(SocketIOPacket(.acknowledgement, id: id, arguments: [ByteBuffer(bytes: json)]))
    }

    /// Engine.IO has a heartbeat of its own.
    func ping() {
        core.handle(.pong(id))
    }

    func flush() {
        client.flush()
    }

    func close(code: UInt16) {
        // What a client asked for, and what is closed now without an error, was done: `leave`.
        acknowledge(Self.success)
        if !SocketIOBinding.invitesBack(code) { client.disconnect() }
        client.close(code: code)
    }

    private static let success = Array("{\"ok\":true}".utf8)
}

extension SocketIOConnection: SocketIOListener {
    func admission(to namespace: String, authentication: ByteBuffer?) -> SocketIOAdmission {
        namespace == "/" ? .admitted : .unknownNamespace
    }

    func connected(to namespace: String, authentication: ByteBuffer?) {}

    func received(_ event: SocketIOPacket, size: Int) {
        acknowledgementID = event.id
        core.handle(.received(id, size: size, Result { () throws(BadMessage) in try Self.request(event) }))
        acknowledge(Self.success)
    }

    private static func request(_ event: SocketIOPacket) throws(BadMessage) -> ClientRequest {
        let type = event.name.utf8.count <= Limits.identifier ? event.name : nil
        guard event.attachments.isEmpty else { throw BadMessage(detail: "A message is an event without attachments.", type: type) }
        guard event.arguments.count <= 1 else { throw BadMessage(detail: "A message is an event with one argument.", type: type) }
        // What has no members may come without an argument.
        let members = event.arguments.first ?? ByteBuffer(string: "{}")
        return try ClientRequest(type: event.name, json: members.readableBytesUInt8Span)
    }

    func violated(_ error: SocketIOError, size: Int) -> Bool {
        guard client.isConnected(to: "/") else { return false }
        switch error {
        case .notConnected, .alreadyConnected, .connectTimeout: return false
        case .unknownPacket, .badNamespace, .badAcknowledgementID, .badJSON, .badPayload, .badAttachments:
            core.handle(.received(id, size: size, .failure(BadMessage(detail: "This is no event of Socket.IO with an object."))))
            return true
        }
    }

    func disconnected(from namespace: String) {
        core.closed(self, code: CloseCode.normal)
        client.close(code: CloseCode.normal)
    }

    func oversized() {
        core.handle(.oversized(id))
    }

    func readCompleted() {}

    func closed(_ reason: SocketIOCloseReason) {
        // A page that goes away closes its WebSocket with 1001.
        let code: UInt16? = if case .engine(.transportLost(let code)) = reason { code } else { nil }
        core.closed(self, code: code)
    }
}
