import SignalingProtocol

extension StoreChange {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            switch self {
            case .session(let session):
                writer.key("session")
                session.write(to: &writer)
            case .sessionEnded(let id): writer.member("sessionEnded", id)
            case .call(let call):
                writer.key("call")
                call.write(to: &writer)
            case .callEnded(let id, let room):
                writer.member("callEnded", id)
                writer.member("room", room)
            }
        }
    }

    /// `nil` where the line is none of ours: the last one may have been cut off.
    init?(parsing line: [UInt8]) {
        guard case .object(let object) = try? JSONValue(parsing: line) else { return nil }
        if case .object(let members) = object["session"], let session = StoredSession(members) {
            self = .session(session)
        } else if let id = object.string("sessionEnded") {
            self = .sessionEnded(id)
        } else if case .object(let members) = object["call"], let call = StoredCall(members) {
            self = .call(call)
        } else if let id = object.string("callEnded"), let room = object.string("room") {
            self = .callEnded(id, room: room)
        } else {
            return nil
        }
    }
}

/// The state that a row of changes leads to.
struct StoredRecords {
    private struct CallKey: Hashable {
        var id: CallID
        var room: String
    }

    private var sessions: [PeerID: StoredSession] = [:]
    private var calls: [CallKey: StoredCall] = [:]

    mutating func apply(_ line: [UInt8]) {
        switch StoreChange(parsing: line) {
        case .session(let session): sessions[session.id] = session
        case .sessionEnded(let id): sessions[id] = nil
        case .call(let call): calls[CallKey(id: call.id, room: call.room)] = call
        case .callEnded(let id, let room): calls[CallKey(id: id, room: room)] = nil
        case nil: break
        }
    }

    /// Sessions in the order in which they came.
    var state: StoredState {
        StoredState(
            sessions: sessions.values.sorted { ($0.since, $0.id) < ($1.since, $1.id) },
            calls: calls.values.sorted { ($0.since, $0.id) < ($1.since, $1.id) })
    }
}

extension StoredSession {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("name", name)
            writer.member("room", room)
            writer.member("client", ifAny: client)
            writer.member("since", since)
            writer.member("status", status.rawValue)
            writer.member("resume", resume)
        }
    }

    fileprivate init?(_ object: JSONObject) {
        guard let id = object.string("id"), let name = object.string("name"), let room = object.string("room"),
            let since = object.integer("since"), let status = object.string("status").flatMap(PeerStatus.init),
            let resume = object.string("resume")
        else { return nil }
        self.init(id: id, name: name, room: room, client: object.string("client"), since: since, status: status, resume: resume)
    }
}

extension StoredCall {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("room", room)
            writer.member("caller", caller)
            writer.member("callee", callee)
            writer.member("state", state.rawValue)
            writer.member("since", since)
        }
    }

    fileprivate init?(_ object: JSONObject) {
        guard let id = object.string("id"), let room = object.string("room"), let caller = object.string("caller"),
            let callee = object.string("callee"), let state = object.string("state").flatMap(CallState.init),
            let since = object.integer("since")
        else { return nil }
        self.init(id: id, room: room, caller: caller, callee: callee, state: state, since: since)
    }
}

extension JSONObject {
    fileprivate func string(_ name: String) -> String? {
        guard case .string(let text) = self[name] else { return nil }
        return text
    }

    fileprivate func integer(_ name: String) -> Int64? {
        guard case .number(let number) = self[name] else { return nil }
        return Int64(exactly: number)
    }
}
