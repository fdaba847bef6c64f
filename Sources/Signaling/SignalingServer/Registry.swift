import SignalingProtocol

/// Who is on the server, in which room, and who calls whom: all that the hub's rules look up and enter.
///
/// The hub keeps nothing of it beside, so that several nodes can share one registry; ids are unique over nodes.
protocol Registry: AnyObject {
    var sessionCount: Int { get }
    var observerCount: Int { get }
    var roomCount: Int { get }
    var callCount: Int { get }
    var rooms: [Room] { get }

    func session(_ id: PeerID) -> Session?
    func session(resuming token: String) -> Session?
    func room(_ name: Name) -> Room?
    /// The room of that name, made if nobody is in it.
    func openRoom(_ name: Name) -> Room

    /// Into its room, whose names it then has one of.
    func add(_ session: Session)
    func remove(_ session: Session)
    func addObserver(_ connection: ConnectionID, to room: Room)
    func removeObserver(_ connection: ConnectionID, from room: Room)
    /// Makes both its parties busy.
    func add(_ call: Call)
    func remove(_ call: Call)
}

/// The registry of a server that is the only one.
final class MemoryRegistry: Registry {
    private var sessions: [PeerID: Session] = [:]
    private var sessionsByResume: [String: Session] = [:]
    private var roomsByName: [Name: Room] = [:]
    private(set) var observerCount = 0
    private(set) var callCount = 0

    var sessionCount: Int { sessions.count }
    var roomCount: Int { roomsByName.count }
    var rooms: [Room] { Array(roomsByName.values) }

    func session(_ id: PeerID) -> Session? { sessions[id] }

    func session(resuming token: String) -> Session? { sessionsByResume[token] }

    func room(_ name: Name) -> Room? { roomsByName[name] }

    func openRoom(_ name: Name) -> Room {
        if let room = roomsByName[name] { return room }
        let room = Room(name: name)
        roomsByName[name] = room
        return room
    }

    func add(_ session: Session) {
        session.room.sessions.append(session)
        session.room.names[session.name] = session
        sessions[session.id] = session
        sessionsByResume[session.resume] = session
    }

    func remove(_ session: Session) {
        sessions[session.id] = nil
        sessionsByResume[session.resume] = nil
        session.room.names[session.name] = nil
        session.room.sessions.removeAll { $0 === session }
        closeIfEmpty(session.room)
    }

    func addObserver(_ connection: ConnectionID, to room: Room) {
        room.observers.append(connection)
        observerCount += 1
    }

    func removeObserver(_ connection: ConnectionID, from room: Room) {
        room.observers.removeAll { $0 == connection }
        observerCount -= 1
        closeIfEmpty(room)
    }

    func add(_ call: Call) {
        call.caller.room.calls[call.id] = call
        call.caller.calls.append(call)
        call.callee.calls.append(call)
        callCount += 1
    }

    func remove(_ call: Call) {
        call.caller.room.calls[call.id] = nil
        for session in [call.caller, call.callee] { session.calls.removeAll { $0 === call } }
        callCount -= 1
    }

    private func closeIfEmpty(_ room: Room) {
        if room.isEmpty { roomsByName[room.name] = nil }
    }
}
