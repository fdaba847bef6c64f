import SignalingProtocol
import Wire

/// A session as it survives a restart of the server.
public struct StoredSession: Hashable, Sendable {
    public var id: PeerID
    public var name: String
    public var room: String
    public var client: String?
    public var since: Int64
    public var status: PeerStatus
    public var resume: String

    public init(id: PeerID, name: String, room: String, client: String?, since: Int64, status: PeerStatus, resume: String) {
        self.id = id
        self.name = name
        self.room = room
        self.client = client
        self.since = since
        self.status = status
        self.resume = resume
    }
}

/// A call as it survives a restart of the server.
public struct StoredCall: Hashable, Sendable {
    public var id: CallID
    public var room: String
    public var caller: PeerID
    public var callee: PeerID
    public var state: CallState
    public var since: Int64

    public init(id: CallID, room: String, caller: PeerID, callee: PeerID, state: CallState, since: Int64) {
        self.id = id
        self.room = room
        self.caller = caller
        self.callee = callee
        self.state = state
        self.since = since
    }
}

/// What changed, to be kept.
public enum StoreChange: Hashable, Sendable {
    case session(StoredSession)
    case sessionEnded(PeerID)
    case call(StoredCall)
    case callEnded(CallID, room: String)
}

/// All that is kept.
public struct StoredState: Hashable, Sendable {
    public var sessions: [StoredSession]
    public var calls: [StoredCall]

    public init(sessions: [StoredSession] = [], calls: [StoredCall] = []) {
        self.sessions = sessions
        self.calls = calls
    }
}

extension StoredSession {
    init(_ session: Session) {
        self.init(
            id: session.id, name: session.name.text, room: session.room.name.text, client: session.client, since: session.since,
            status: session.chosenStatus, resume: session.resume)
    }
}

extension StoredCall {
    init(_ call: Call) {
        self.init(
            id: call.id, room: call.caller.room.name.text, caller: call.caller.id, callee: call.callee.id, state: call.state,
            since: call.since)
    }
}

extension Hub {
    /// All that would be needed to go on after a restart. What waits for lost connections is not kept.
    public var storedState: StoredState {
        StoredState(
            sessions: registry.rooms.flatMap { $0.sessions.map { StoredSession($0) } },
            calls: registry.rooms.flatMap { $0.calls.values.map { StoredCall($0) } })
    }

    /// Takes up what an earlier server left: its peers count as having lost their connection just now.
    ///
    /// What contradicts itself or the limits is left out.
    public func restore(_ state: StoredState, at now: Instant) {
        for stored in state.sessions {
            guard let name = try? Name(stored.name), let roomName = try? Name(stored.room), Identifier.isValid(stored.id),
                registry.session(stored.id) == nil, registry.session(resuming: stored.resume) == nil, stored.status != .busy,
                registry.room(roomName)?.names[name] == nil, registry.sessionCount < configuration.capacity
            else { continue }
            let session = Session(
                id: stored.id, name: name, client: stored.client, since: stored.since, resume: stored.resume,
                room: registry.openRoom(roomName), status: stored.status, connection: nil)
            registry.add(session)
            lose(session, at: now)
        }
        for stored in state.calls {
            guard let caller = registry.session(stored.caller), let callee = registry.session(stored.callee), caller !== callee,
                caller.room === callee.room, caller.room.calls[stored.id] == nil, stored.state != .ended, Identifier.isValid(stored.id)
            else { continue }
            registry.add(Call(id: stored.id, caller: caller, callee: callee, state: stored.state, since: stored.since))
        }
    }
}
