import NIOCore
import SignalingProtocol
import SocketIO

/// A message to clients, encoded once however many it goes to.
public final class OutgoingMessage {
    public let type: String
    /// Who it is from, where it is relayed.
    private let sender: PeerID?
    /// Its other members but `type`, as a JSON object without its brackets.
    private let inner: [UInt8]
    /// As a whole frame of the raw WebSocket binding.
    private(set) lazy var frame = WebSocketFrames.text(type: type, innerLength: innerLength, writeInner)
    /// As an event of the Socket.IO binding.
    private(set) lazy var event = EngineIOFrame(event: type, innerLength: innerLength, writeInner)

    public init(_ message: ServerMessage) {
        type = message.type
        sender = nil
        var writer = JSONWriter()
        message.write(to: &writer, typed: false)
        inner = Array(writer.bytes.dropFirst().dropLast())
    }

    /// `joined`, with peers that are JSON already.
    init(_ joined: Joined, peers: [[UInt8]]) {
        type = "joined"
        sender = nil
        var writer = JSONWriter(capacity: peers.reduce(1_024) { $0 + $1.count + 1 })
        writer.object { joined.writeMembers(to: &$0, peers: peers) }
        inner = Array(writer.bytes.dropFirst().dropLast())
    }

    /// A signal, as its receiver is to have it.
    init(_ signal: RelayedSignal, from id: PeerID) {
        type = signal.kind.type
        sender = id
        inner = signal.members
    }

    /// Its members without `type`, as a JSON object: what an event of Socket.IO carries.
    public var members: [UInt8] {
        var buffer = ByteBuffer()
        buffer.writeStaticString("{")
        writeInner(to: &buffer)
        buffer.writeStaticString("}")
        return Array(buffer.readableBytesView)
    }

    private var innerLength: Int { inner.count + (sender.map { $0.utf8.count + 10 } ?? 0) }

    private func writeInner(to buffer: inout ByteBuffer) {
        if let sender {
            buffer.writeStaticString("\"from\":\"")
            buffer.writeString(sender)
            buffer.writeStaticString("\",")
        }
        buffer.writeBytes(inner)
    }

    /// About what it takes on the wire, in bytes.
    var size: Int { innerLength + type.utf8.count + 12 }

    /// Who is there: what a new `joined` tells anyhow.
    var isPresence: Bool { type.hasPrefix("peer-") }
}
