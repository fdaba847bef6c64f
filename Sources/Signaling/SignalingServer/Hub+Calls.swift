import SignalingProtocol
import Wire

extension Hub {
    /// A peer may call others while it is in a call, but not without end.
    static let callsPerPeer = 16

    func relay(_ signal: RelayedSignal, from session: Session, on connection: Connection, at now: Instant) {
        // Nearly all are for a call that is up, of which the session itself knows: nothing has to be looked up by name.
        if let call = session.calls.first(where: { $0.id == signal.call }), case let other = call.other(than: session),
            other.id == signal.to
        {
            return pass(signal, from: session, to: other, in: call, at: now)
        }
        guard let other = registry.session(signal.to), other.room === session.room, other !== session else {
            return refuse(
                connection, .unknownPeer, "Nobody in this room has that id.", ref: signal.kind.type, call: signal.call, at: now)
        }
        guard signal.kind == .offer else {
            return refuse(
                connection, .unknownCall, "There is no such call between you two.", ref: signal.kind.type, call: signal.call, at: now)
        }
        guard session.room.calls[signal.call] == nil else {
            return refuse(
                connection, .callTaken, "Others use this call's id: choose another.", ref: signal.kind.type, call: signal.call, at: now)
        }
        begin(signal, from: session, to: other, on: connection, at: now)
    }

    private func pass(_ signal: RelayedSignal, from session: Session, to other: Session, in call: Call, at now: Instant) {
        tell(other, OutgoingMessage(signal, from: session.id))
        switch signal.kind {
        case .answer where call.state == .ringing && session === call.callee:
            change(call, to: .active, at: now)
            emit(.store(.call(StoredCall(call))))
        case .bye(let reason): end(call, reason, at: now)
        default: break
        }
    }

    private func begin(_ signal: RelayedSignal, from caller: Session, to callee: Session, on connection: Connection, at now: Instant) {
        guard callee.calls.isEmpty else {
            return refuse(
                connection, .busy, "\(callee.name.text) is in a call.", ref: signal.kind.type, call: signal.call, at: now)
        }
        guard callee.chosenStatus != .dnd else {
            return refuse(
                connection, .busy, "\(callee.name.text) does not want to be disturbed.", ref: signal.kind.type, call: signal.call, at: now)
        }
        guard caller.calls.count < Self.callsPerPeer else {
            return refuse(
                connection, .busy, "You are in \(Self.callsPerPeer) calls already.", ref: signal.kind.type, call: signal.call, at: now)
        }
        let before = (caller.status, callee.status)
        let call = Call(id: signal.call, caller: caller, callee: callee, state: .ringing, since: unixMilliseconds(at: now))
        registry.add(call)
        tell(callee, OutgoingMessage(signal, from: caller.id))
        report(call)
        announce(caller, changedFrom: before.0)
        announce(callee, changedFrom: before.1)
        emit(.store(.call(StoredCall(call))))
    }

    private func change(_ call: Call, to state: CallState, reason: ByeReason? = nil, at now: Instant) {
        call.state = state
        call.since = unixMilliseconds(at: now)
        report(call, reason: reason)
    }

    private func report(_ call: Call, reason: ByeReason? = nil) {
        let report = call.report(reason: reason)
        let observers = call.caller.room.observers
        if !observers.isEmpty { emit(.broadcast(observers, OutgoingMessage(.call(report)))) }
        emit(.event(.call(report)))
    }

    func end(_ call: Call, _ reason: ByeReason, at now: Instant) {
        let before = (call.caller.status, call.callee.status)
        registry.remove(call)
        change(call, to: .ended, reason: reason, at: now)
        announce(call.caller, changedFrom: before.0)
        announce(call.callee, changedFrom: before.1)
        emit(.store(.callEnded(call.id, room: call.caller.room.name.text)))
    }

    private func announce(_ session: Session, changedFrom before: PeerStatus) {
        // Who is gone has no status any more.
        guard session.status != before, registry.session(session.id) === session else { return }
        tell(session.room, .peerUpdated(session.peer), except: session)
    }
}
