import SignalingProtocol
import Wire

/// A WebSocket, or whatever else carries messages; the driver numbers them from 0.
public struct ConnectionID: Hashable, Sendable {
    public var rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

/// What the hub knows of a connection.
final class Connection {
    enum Role {
        /// Nothing has been joined yet.
        case guest
        case peer(Session)
        case observer(Room)
    }

    let id: ConnectionID
    var role = Role.guest
    var rate = MessageRate()
    /// When the last bad messages came, at most ten.
    var badMessages: [Instant] = []
    /// Its `join` was refused for the name; a person may be thinking of another.
    var isChoosingName = false
    var awaitsPong = false

    init(id: ConnectionID) {
        self.id = id
    }
}

/// A peer's stay in a room; it outlives a lost connection by 30 s.
final class Session {
    let id: PeerID
    let name: Name
    let client: String?
    let since: Int64
    let resume: String
    let room: Room
    /// What the peer itself says.
    var chosenStatus: PeerStatus { didSet { encodedPeer = nil } }
    var calls: [Call] = [] { didSet { encodedPeer = nil } }
    private var encodedPeer: [UInt8]?
    /// `nil` while the connection is lost.
    var connection: ConnectionID?
    /// Which loss this is, so that the timer of an earlier one means nothing.
    var losses = 0
    var queue = MessageQueue()

    init(
        id: PeerID, name: Name, client: String?, since: Int64, resume: String, room: Room, status: PeerStatus = .available,
        connection: ConnectionID?
    ) {
        self.id = id
        self.name = name
        self.client = client
        self.since = since
        self.resume = resume
        self.room = room
        chosenStatus = status
        self.connection = connection
    }

    var status: PeerStatus { calls.isEmpty ? chosenStatus : .busy }

    var peer: Peer {
        Peer(id: id, name: name.text, status: status, client: client, since: since)
    }

    /// The peer as JSON, kept: everybody who joins is told of everybody.
    var peerJSON: [UInt8] {
        if let encodedPeer { return encodedPeer }
        var writer = JSONWriter()
        peer.write(to: &writer)
        encodedPeer = writer.bytes
        return writer.bytes
    }
}

/// What waits for a peer whose connection is lost.
struct MessageQueue {
    private(set) var messages: [OutgoingMessage] = []
    private(set) var size = 0
    private var isCut = false

    /// Past 1 MiB presence is let go, which `joined` tells anyhow; then the queue takes no more, so that what is kept has no gap.
    ///
    /// - Returns: how many messages were dropped for it.
    mutating func append(_ message: OutgoingMessage) -> Int {
        guard !isCut else { return 1 }
        let before = messages.count
        let added = message.size
        if size + added > Limits.queue {
            messages.removeAll(where: \.isPresence)
            size = messages.reduce(0) { $0 + $1.size }
            guard !message.isPresence else { return before - messages.count + 1 }
        }
        guard size + added <= Limits.queue else {
            isCut = true
            return before - messages.count + 1
        }
        messages.append(message)
        size += added
        return before + 1 - messages.count
    }

    mutating func takeAll() -> [OutgoingMessage] {
        defer { self = MessageQueue() }
        return messages
    }
}

/// Peers that see each other.
final class Room {
    let name: Name
    /// In the order in which they came.
    var sessions: [Session] = []
    var names: [Name: Session] = [:]
    var observers: [ConnectionID] = []
    var calls: [CallID: Call] = [:]

    init(name: Name) {
        self.name = name
    }

    var isEmpty: Bool { sessions.isEmpty && observers.isEmpty }
}

/// A call between two sessions of a room.
final class Call {
    let id: CallID
    let caller: Session
    let callee: Session
    var state: CallState
    /// Since when it is in this state, in milliseconds of Unix time.
    var since: Int64

    init(id: CallID, caller: Session, callee: Session, state: CallState, since: Int64) {
        self.id = id
        self.caller = caller
        self.callee = callee
        self.state = state
        self.since = since
    }

    func other(than session: Session) -> Session {
        session === caller ? callee : caller
    }

    func report(reason: ByeReason? = nil) -> CallReport {
        CallReport(call: id, from: caller.id, to: callee.id, state: state, reason: reason, since: since)
    }
}
