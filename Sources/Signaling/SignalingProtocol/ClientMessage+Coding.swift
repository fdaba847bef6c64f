extension ClientMessage {
    /// Reads a text frame of the raw WebSocket binding: an object that `type` names.
    public init(json: Span<UInt8>) throws(BadMessage) {
        let (type, members) = try typedObject(json)
        try self.init(type: type, members: members)
    }

    /// Reads a message whose type the binding carries beside its members, as an event of Socket.IO does.
    public init(type: String, members: JSONObject) throws(BadMessage) {
        let reader = MemberReader(members, of: type)
        switch type {
        case "join": self = .join(try Join(reader))
        case "leave": self = .leave
        case "status":
            let text = try reader.string("status")
            guard let status = PeerStatus(rawValue: text), status != .busy else {
                throw reader.failure("`status` must be available, away or dnd.")
            }
            self = .status(status)
        default:
            guard let read = CallSignal.Body.readers[type] else {
                throw BadMessage(detail: "No message has this type.", type: type.utf8.count <= Limits.identifier ? type : nil)
            }
            let to = try reader.identifier("to")
            let call = try reader.identifier("call")
            let body = try read(reader)
            if case .bye(.gone) = body { throw reader.failure("Only the server says `gone`.") }
            self = .signal(to: to, CallSignal(call: call, body: body))
        }
    }

    /// Writes the message as an object, with `type` if the binding does not carry that beside it.
    public func write(to writer: inout JSONWriter, typed: Bool = true) {
        writer.object { writer in
            if typed { writer.member("type", type) }
            switch self {
            case .join(let join): join.writeMembers(to: &writer)
            case .status(let status): writer.member("status", status.rawValue)
            case .signal(let to, let signal):
                writer.member("to", to)
                signal.writeMembers(to: &writer)
            case .leave: break
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

extension Join {
    init(_ reader: MemberReader) throws(BadMessage) {
        room = try reader.optionalString("room")
        client = try reader.optionalString("client")
        if let client, client.unicodeScalars.count > Limits.client {
            throw reader.failure("`client` of `join` must have at most \(Limits.client) characters.")
        }
        token = try reader.optionalString("token")
        resume = try reader.optionalString("resume")
        observe = try reader.bool("observe", default: false)
        name = observe || resume != nil ? try reader.optionalString("name") : try reader.string("name")
    }

    func writeMembers(to writer: inout JSONWriter) {
        writer.member("name", ifAny: name)
        writer.member("room", ifAny: room)
        writer.member("client", ifAny: client)
        writer.member("token", ifAny: token)
        writer.member("resume", ifAny: resume)
        if observe { writer.member("observe", true) }
    }
}
