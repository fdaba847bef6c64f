extension ServerMessage {
    /// Reads a text frame of the raw WebSocket binding: an object that `type` names.
    public init(json: Span<UInt8>) throws(BadMessage) {
        let (type, members) = try typedObject(json)
        try self.init(type: type, members: members)
    }

    /// Reads a message whose type the binding carries beside its members, as an event of Socket.IO does.
    ///
    /// Values that a newer server may have invented are read as the nearest that is known.
    public init(type: String, members: JSONObject) throws(BadMessage) {
        let reader = MemberReader(members, of: type)
        switch type {
        case "joined": self = .joined(try Joined(reader))
        case "peer-joined": self = .peerJoined(try Peer(try reader.object("peer")))
        case "peer-updated": self = .peerUpdated(try Peer(try reader.object("peer")))
        case "peer-left":
            let reason = PeerLeftReason(rawValue: try reader.optionalString("reason") ?? "") ?? .gone
            self = .peerLeft(id: try reader.identifier("id"), reason: reason)
        case "bye":
            let reason = ByeReason(rawValue: try reader.optionalString("reason") ?? "") ?? .hangup
            self = .signal(from: try reader.identifier("from"), CallSignal(call: try reader.identifier("call"), body: .bye(reason)))
        case "call": self = .call(try CallReport(reader))
        case "error": self = .error(try ServerError(reader))
        default:
            guard let read = CallSignal.Body.readers[type] else { throw BadMessage(detail: "No message has this type.", type: type) }
            let from = try reader.identifier("from")
            self = .signal(from: from, CallSignal(call: try reader.identifier("call"), body: try read(reader)))
        }
    }

    /// Writes the message as an object, with `type` if the binding does not carry that beside it.
    public func write(to writer: inout JSONWriter, typed: Bool = true) {
        writer.object { writer in
            if typed { writer.member("type", type) }
            switch self {
            case .joined(let joined): joined.writeMembers(to: &writer)
            case .peerJoined(let peer), .peerUpdated(let peer):
                writer.key("peer")
                peer.write(to: &writer)
            case .peerLeft(let id, let reason):
                writer.member("id", id)
                writer.member("reason", reason.rawValue)
            case .signal(let from, let signal):
                writer.member("from", from)
                signal.writeMembers(to: &writer)
            case .call(let report): report.writeMembers(to: &writer)
            case .error(let error): error.writeMembers(to: &writer)
            }
        }
    }

    /// The message as a text frame of the raw WebSocket binding.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }
}

extension Peer {
    public init(_ object: JSONObject) throws(BadMessage) {
        let reader = MemberReader(object, of: "peer")
        id = try reader.identifier("id")
        name = try reader.string("name")
        status = PeerStatus(rawValue: try reader.string("status")) ?? .away
        client = try reader.optionalString("client")
        since = try reader.integer("since")
    }

    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("name", name)
            writer.member("status", status.rawValue)
            writer.member("client", ifAny: client)
            writer.member("since", since)
        }
    }
}

extension IceServer {
    init(_ object: JSONObject) throws(BadMessage) {
        let reader = MemberReader(object, of: "iceServers")
        if case .string(let url) = object["urls"] {
            urls = [url]
        } else {
            var urls: [String] = []
            for case .string(let url) in try reader.array("urls") { urls.append(url) }
            self.urls = urls
        }
        username = try reader.optionalString("username")
        credential = try reader.optionalString("credential")
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("urls")
            writer.array { writer in for url in urls { writer.string(url) } }
            writer.member("username", ifAny: username)
            writer.member("credential", ifAny: credential)
        }
    }
}

extension Joined {
    init(_ reader: MemberReader) throws(BadMessage) {
        me = reader.object["self"] == nil ? nil : try Peer(try reader.object("self"))
        var peers: [Peer] = []
        for case .object(let object) in try reader.array("peers") { peers.append(try Peer(object)) }
        self.peers = peers
        var servers: [IceServer] = []
        if reader.object["iceServers"] != nil {
            for case .object(let object) in try reader.array("iceServers") { servers.append(try IceServer(object)) }
        }
        iceServers = servers
        resume = try reader.optionalString("resume")
        resumed = try reader.bool("resumed", default: false)
        var calls: [CallID] = []
        if reader.object["calls"] != nil {
            for case .string(let call) in try reader.array("calls") { calls.append(call) }
        }
        self.calls = calls
        version = Int(clamping: try reader.integer("protocol"))
    }

    func writeMembers(to writer: inout JSONWriter) {
        let peers = peers.map { peer in
            var writer = JSONWriter()
            peer.write(to: &writer)
            return writer.bytes
        }
        writeMembers(to: &writer, peers: peers)
    }

    /// - Parameter peers: the peers as JSON, instead of those of this value.
    package func writeMembers(to writer: inout JSONWriter, peers: [[UInt8]]) {
        if let me {
            writer.key("self")
            me.write(to: &writer)
        }
        writer.key("peers")
        writer.array { writer in for peer in peers { writer.raw(peer) } }
        writer.key("iceServers")
        writer.array { writer in for server in iceServers { server.write(to: &writer) } }
        writer.member("resume", ifAny: resume)
        writer.member("resumed", resumed)
        writer.key("calls")
        writer.array { writer in for call in calls { writer.string(call) } }
        writer.member("protocol", Int64(version))
    }
}

extension CallReport {
    init(_ reader: MemberReader) throws(BadMessage) {
        call = try reader.identifier("call")
        from = try reader.identifier("from")
        to = try reader.identifier("to")
        guard let state = CallState(rawValue: try reader.string("state")) else { throw reader.failure("`state` of `call` is unknown.") }
        self.state = state
        reason = try reader.optionalString("reason").map { ByeReason(rawValue: $0) ?? .hangup }
        since = try reader.integer("since")
    }

    func writeMembers(to writer: inout JSONWriter) {
        writer.member("call", call)
        writer.member("from", from)
        writer.member("to", to)
        writer.member("state", state.rawValue)
        writer.member("reason", ifAny: reason?.rawValue)
        writer.member("since", since)
    }
}

extension ServerError {
    init(_ reader: MemberReader) throws(BadMessage) {
        code = ErrorCode(rawValue: try reader.string("code"))
        message = try reader.optionalString("message") ?? code.rawValue
        ref = try reader.optionalString("ref")
        call = try reader.optionalString("call")
    }

    func writeMembers(to writer: inout JSONWriter) {
        writer.member("code", code.rawValue)
        writer.member("message", message)
        writer.member("ref", ifAny: ref)
        writer.member("call", ifAny: call)
    }
}
