import SignalingProtocol
import Wire

extension Hub {
    /// A connection is closed at this many bad messages within a minute.
    static let badMessageLimit = 10

    func received(_ message: Result<ClientRequest, BadMessage>, size: Int, on connection: Connection, at now: Instant) {
        let verdict = connection.rate.count(size, at: now)
        guard verdict == .admitted else {
            let (ref, call) =
                switch message {
                case .success(let message): (Optional(message.type), message.call)
                case .failure(let bad): (bad.type, bad.call)
                }
            return refuse(
                connection, .rateLimited, "At most 50 messages and 512 KiB a second; this one was dropped.", ref: ref, call: call,
                closing: verdict == .exhausted ? CloseCode.policyViolation : nil, at: now)
        }
        switch message {
        case .success(let message): admitted(message, on: connection, at: now)
        case .failure(let bad): refuseBad(bad.detail, ref: bad.type, call: bad.call, connection, at: now)
        }
    }

    private func admitted(_ message: ClientRequest, on connection: Connection, at now: Instant) {
        switch (connection.role, message) {
        case (.guest, .join(let join)): self.join(join, on: connection, at: now)
        case (.guest, _):
            refuse(connection, .notJoined, "`join` must come first.", ref: message.type, call: message.call, at: now)
        case (_, .join): refuse(connection, .alreadyJoined, "This connection has joined already.", ref: message.type, at: now)
        case (_, .leave):
            emit(.close(connection.id, code: CloseCode.normal))
            forget(connection, leaving: true, at: now)
        case (.observer, _):
            refuseBad("An observer may `leave` and nothing else.", ref: message.type, call: message.call, connection, at: now)
        case (.peer(let session), .status(let status)): setStatus(status, of: session)
        case (.peer(let session), .relay(let signal)): relay(signal, from: session, on: connection, at: now)
        }
    }

    /// `bad-message`, and the end of the connection when there are too many.
    func refuseBad(_ detail: String, ref: String?, call: CallID? = nil, _ connection: Connection, at now: Instant) {
        connection.badMessages.removeAll { now - $0 >= .seconds(60) }
        connection.badMessages.append(now)
        let isLast = connection.badMessages.count >= Self.badMessageLimit
        refuse(connection, .badMessage, detail, ref: ref, call: call, closing: isLast ? CloseCode.policyViolation : nil, at: now)
    }

    private func setStatus(_ status: PeerStatus, of session: Session) {
        let before = session.status
        guard session.chosenStatus != status else { return }
        session.chosenStatus = status
        emit(.store(.session(StoredSession(session))))
        if session.status != before { tell(session.room, .peerUpdated(session.peer), except: session) }
    }
}
