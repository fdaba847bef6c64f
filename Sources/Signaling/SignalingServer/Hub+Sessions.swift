import SignalingProtocol
import Wire

extension Hub {
    /// A connection is no more. A peer that did not mean to leave is kept for 30 s.
    func forget(_ connection: Connection, leaving: Bool, at now: Instant) {
        connections[connection.id] = nil
        switch connection.role {
        case .guest: break
        case .observer(let room):
            registry.removeObserver(connection.id, from: room)
        case .peer(let session):
            if leaving { end(session, .left, at: now) } else { lose(session, at: now) }
        }
        connection.role = .guest
    }

    func lose(_ session: Session, at now: Instant) {
        session.connection = nil
        session.losses += 1
        resumeTimers.start((session.id, session.losses), at: now)
        emit(.event(.lost(session.id)))
    }

    /// A peer is gone for good.
    func end(_ session: Session, _ reason: PeerLeftReason, at now: Instant) {
        registry.remove(session)
        for call in session.calls {
            let bye = ServerMessage.signal(from: session.id, CallSignal(call: call.id, body: .bye(.gone)))
            tell(call.other(than: session), OutgoingMessage(bye))
        }
        tell(session.room, .peerLeft(id: session.id, reason: reason))
        for call in session.calls { end(call, .gone, at: now) }
        emit(.store(.sessionEnded(session.id)))
        emit(.event(.left(session.id, reason)))
    }

    // MARK: Looking

    /// The peers of a room, in the order in which they came; none where there is no such room.
    public func peers(in room: Name) -> [Peer] {
        registry.room(room)?.sessions.map(\.peer) ?? []
    }

    /// How much there is of everything.
    public var counts: HubCounts {
        HubCounts(
            connections: connections.count, peers: registry.sessionCount, observers: registry.observerCount, rooms: registry.roomCount,
            calls: registry.callCount)
    }

    /// How many of the calls are active.
    public var activeCallCount: Int {
        registry.rooms.reduce(0) { $0 + $1.calls.values.count { $0.state == .active } }
    }

    /// What waits for peers whose connection is lost, in bytes.
    public var queuedBytes: Int {
        registry.rooms.reduce(0) { $0 + $1.sessions.reduce(0) { $0 + $1.queue.size } }
    }
}

/// How much of everything a hub holds.
public struct HubCounts: Hashable, Sendable {
    public var connections: Int
    public var peers: Int
    public var observers: Int
    public var rooms: Int
    public var calls: Int

    public init(connections: Int = 0, peers: Int = 0, observers: Int = 0, rooms: Int = 0, calls: Int = 0) {
        self.connections = connections
        self.peers = peers
        self.observers = observers
        self.rooms = rooms
        self.calls = calls
    }
}
