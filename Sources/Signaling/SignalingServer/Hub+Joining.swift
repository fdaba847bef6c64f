import SignalingProtocol
import Wire

extension Hub {
    /// Bytes of a `joined` that are not its peers: one's own entry, ICE servers, call ids, names of members.
    private static let joinedReserve = 8_192

    func join(_ join: Join, on connection: Connection, at now: Instant) {
        if let token = configuration.token, !Self.isSame(token, join.token ?? "") {
            let text = join.token == nil ? "This server demands a token." : "The token is not the right one."
            return refuse(connection, .unauthorized, text, ref: "join", closing: CloseCode.policyViolation, at: now)
        }
        if !join.observe, let resume = join.resume, let session = registry.session(resuming: resume) {
            return self.resume(session, on: connection, at: now)
        }
        if !join.observe, join.resume != nil { emit(.event(.resumeUnknown)) }
        let roomName: Name
        do {
            roomName = try join.room.map { (text) throws(NameError) in try Name(text) } ?? .lobby
        } catch {
            return refuseName(.nameInvalid, "The room's name cannot be used. \(error.reason)", connection, at: now)
        }
        if join.observe { return observe(roomName, on: connection, at: now) }
        guard let text = join.name else { return refuseBad("`join` needs `name`, a string.", ref: "join", connection, at: now) }
        let name: Name
        do {
            name = try Name(text)
        } catch {
            return refuseName(.nameInvalid, error.reason, connection, at: now)
        }
        enter(roomName, as: name, client: join.client, on: connection, at: now)
    }

    private func enter(_ roomName: Name, as name: Name, client: String?, on connection: Connection, at now: Instant) {
        let existing = registry.room(roomName)
        guard existing?.names[name] == nil else {
            return refuseName(.nameTaken, "Somebody in this room has that name already.", connection, at: now)
        }
        guard registry.sessionCount + registry.observerCount < configuration.capacity else {
            return refuse(connection, .full, "The server is full.", ref: "join", closing: CloseCode.tryAgainLater, at: now)
        }
        guard (existing?.sessions.count ?? 0) < configuration.roomCapacity else {
            return refuse(connection, .full, "The room is full.", ref: "join", closing: CloseCode.tryAgainLater, at: now)
        }
        let room = existing ?? registry.openRoom(roomName)
        let session = Session(
            id: Identifier.random(using: &random), name: name, client: client, since: unixMilliseconds(at: now),
            resume: Identifier.random(32, using: &random), room: room, connection: connection.id)
        tell(room, .peerJoined(session.peer))
        registry.add(session)
        connection.role = .peer(session)
        sendJoined(to: session, on: connection.id, resumed: false, at: now)
        emit(.store(.session(StoredSession(session))))
        emit(.event(.joined(session.peer, room: room.name.text)))
    }

    private func observe(_ roomName: Name, on connection: Connection, at now: Instant) {
        guard registry.sessionCount + registry.observerCount < configuration.capacity,
            (registry.room(roomName)?.observers.count ?? 0) < configuration.roomCapacity
        else { return refuse(connection, .full, "The server is full.", ref: "join", closing: CloseCode.tryAgainLater, at: now) }
        let room = registry.openRoom(roomName)
        registry.addObserver(connection.id, to: room)
        connection.role = .observer(room)
        let iceServers = configuration.iceServers(nil, unixMilliseconds(at: now))
        send(Joined(me: nil, peers: [], iceServers: iceServers), to: connection.id, room: room, except: nil)
        for call in room.calls.values.sorted(by: { ($0.since, $0.id) < ($1.since, $1.id) }) {
            emit(.send(connection.id, OutgoingMessage(.call(call.report()))))
        }
        emit(.event(.observing(room: room.name.text)))
    }

    /// A peer comes back; where its old connection still lives, the new one takes its place.
    private func resume(_ session: Session, on connection: Connection, at now: Instant) {
        if let old = session.connection {
            connections[old] = nil
            emit(.close(old, code: CloseCode.takenOver))
        }
        session.connection = connection.id
        connection.role = .peer(session)
        sendJoined(to: session, on: connection.id, resumed: true, at: now)
        for message in session.queue.takeAll() { emit(.send(connection.id, message)) }
        emit(.event(.resumed(session.id)))
    }

    private func refuseName(_ code: ErrorCode, _ text: String, _ connection: Connection, at now: Instant) {
        connection.isChoosingName = true
        nameTimers.start(connection.id, at: now)
        refuse(connection, code, text, ref: "join", at: now)
    }

    private func sendJoined(to session: Session, on connection: ConnectionID, resumed: Bool, at now: Instant) {
        let calls = resumed ? session.calls.map(\.id) : []
        let iceServers = configuration.iceServers(session.name.text, unixMilliseconds(at: now))
        let joined = Joined(
            me: session.peer, peers: [], iceServers: iceServers, resume: session.resume, resumed: resumed, calls: calls)
        send(joined, to: connection, room: session.room, except: session)
    }

    /// `joined` with as many peers as one message holds; `peer-joined` announces the others.
    private func send(_ joined: Joined, to connection: ConnectionID, room: Room, except: Session?) {
        var size = Self.joinedReserve
        var peers: [[UInt8]] = []
        var rest: [Peer] = []
        peers.reserveCapacity(room.sessions.count)
        for session in room.sessions where session !== except {
            let json = session.peerJSON
            size += json.count + 1
            if size <= Limits.message { peers.append(json) } else { rest.append(session.peer) }
        }
        emit(.send(connection, OutgoingMessage(joined, peers: peers)))
        for peer in rest { emit(.send(connection, OutgoingMessage(.peerJoined(peer)))) }
    }

    /// In a time that does not tell how much of the token was right.
    static func isSame(_ token: String, _ other: String) -> Bool {
        let (left, right) = (Array(token.utf8), Array(other.utf8))
        var difference = UInt8(left.count == right.count ? 0 : 1)
        for index in left.indices {
            difference |= left[index] ^ (right.isEmpty ? 0 : right[index % right.count])
        }
        return difference == 0
    }
}
