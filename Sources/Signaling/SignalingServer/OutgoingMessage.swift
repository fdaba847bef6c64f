import NIOCore
import SignalingProtocol
import SocketIO

/// A message to clients, encoded once however many it goes to.
public final class OutgoingMessage {
    public let type: String
    /// Its members without `type`, as a JSON object: what an event of Socket.IO carries.
    public let members: [UInt8]
    /// As a whole frame of the raw WebSocket binding.
    private(set) lazy var frame = WebSocketFrames.text(type: type, members: members)
    /// As an event of the Socket.IO binding.
    private(set) lazy var event = EngineIOFrame(event: type, members: members)

    public init(_ message: ServerMessage) {
        type = message.type
        var writer = JSONWriter()
        message.write(to: &writer, typed: false)
        members = writer.bytes
    }

    /// `joined`, with peers that are JSON already.
    init(_ joined: Joined, peers: [[UInt8]]) {
        type = "joined"
        var writer = JSONWriter(capacity: peers.reduce(1_024) { $0 + $1.count + 1 })
        writer.object { joined.writeMembers(to: &$0, peers: peers) }
        members = writer.bytes
    }

    /// A signal, as its receiver is to have it.
    init(_ signal: RelayedSignal, from id: PeerID) {
        type = signal.kind.type
        var members: [UInt8] = []
        members.reserveCapacity(signal.members.count + id.utf8.count + 12)
        members.append(contentsOf: "{\"from\":\"".utf8)
        members.append(contentsOf: id.utf8)
        members.append(contentsOf: "\",".utf8)
        members.append(contentsOf: signal.members)
        members.append(UInt8(ascii: "}"))
        self.members = members
    }

    /// About what it takes on the wire, in bytes.
    var size: Int { members.count + type.utf8.count + 10 }

    /// Who is there: what a new `joined` tells anyhow.
    var isPresence: Bool { type.hasPrefix("peer-") }
}
