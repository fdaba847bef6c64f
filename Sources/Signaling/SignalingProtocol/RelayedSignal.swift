/// A signal as the server passes it on: what routing needs is read, the rest stays the text that it came in.
public struct RelayedSignal: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case offer, ringing, answer, candidate
        case bye(ByeReason)

        /// The message's `type`.
        public var type: String {
            switch self {
            case .offer: "offer"
            case .ringing: "ringing"
            case .answer: "answer"
            case .candidate: "candidate"
            case .bye: "bye"
            }
        }
    }

    public var kind: Kind
    public var to: PeerID
    public var call: CallID
    /// What its receiver is to have beside `from`, as JSON without the brackets of an object: `call` and what follows it.
    public var members: [UInt8]

    public init(to: PeerID, _ signal: CallSignal) {
        self.to = to
        call = signal.call
        kind =
            switch signal.body {
            case .offer: .offer
            case .ringing: .ringing
            case .answer: .answer
            case .candidate: .candidate
            case .bye(let reason): .bye(reason)
            }
        var writer = JSONWriter()
        writer.object { signal.writeMembers(to: &$0) }
        members = Array(writer.bytes.dropFirst().dropLast())
    }

    init(kind: Kind, to: PeerID, call: CallID, members: [UInt8]) {
        self.kind = kind
        self.to = to
        self.call = call
        self.members = members
    }
}

/// What a client asks of the server: a ``ClientMessage`` whose signals are not read further than routing needs.
public enum ClientRequest: Hashable, Sendable {
    case join(Join)
    case status(PeerStatus)
    case relay(RelayedSignal)
    case leave

    public init(_ message: ClientMessage) {
        self =
            switch message {
            case .join(let join): .join(join)
            case .status(let status): .status(status)
            case .signal(let to, let signal): .relay(RelayedSignal(to: to, signal))
            case .leave: .leave
            }
    }

    /// Reads a text frame of the raw WebSocket binding: an object that `type` names.
    public init(json: Span<UInt8>) throws(BadMessage) {
        try self.init(json: json, type: nil)
    }

    /// Reads a message whose type the binding carries beside its members, as an event of Socket.IO does.
    public init(type: String, json: Span<UInt8>) throws(BadMessage) {
        try self.init(json: json, type: type)
    }

    private init(json: Span<UInt8>, type: String?) throws(BadMessage) {
        // Nearly every message is a signal as clients write it; whatever else it is, and what is wrong with it, the parser tells.
        if let signal = SignalScanner.scan(json, type: type) {
            self = .relay(signal)
        } else if let type {
            let value: JSONValue
            do {
                value = try JSONValue(parsing: json)
            } catch {
                throw BadMessage(detail: "This is not JSON: \(error).", type: type)
            }
            guard case .object(let members) = value else {
                throw BadMessage(detail: "A message is an object, not \(value.kind).", type: type)
            }
            self.init(try ClientMessage(type: type, members: members))
        } else {
            self.init(try ClientMessage(json: json))
        }
    }

    /// The message's `type`; the event's name on Socket.IO.
    public var type: String {
        switch self {
        case .join: "join"
        case .status: "status"
        case .relay(let signal): signal.kind.type
        case .leave: "leave"
        }
    }

    /// The call that the message concerns.
    public var call: CallID? {
        guard case .relay(let signal) = self else { return nil }
        return signal.call
    }
}
