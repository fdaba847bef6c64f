/// What a client tells the server.
public enum ClientMessage: Hashable, Sendable {
    case join(Join)
    case status(PeerStatus)
    case signal(to: PeerID, CallSignal)
    case leave

    /// The message's `type`; the event's name on Socket.IO.
    public var type: String {
        switch self {
        case .join: "join"
        case .status: "status"
        case .signal(_, let signal): signal.type
        case .leave: "leave"
        }
    }

    /// The call that the message concerns.
    public var call: CallID? {
        guard case .signal(_, let signal) = self else { return nil }
        return signal.call
    }
}

/// How to enter a room.
public struct Join: Hashable, Sendable {
    /// Not needed to observe, nor to resume.
    public var name: String?
    /// `nil` is the lobby.
    public var room: String?
    /// What the client is, at most 64 characters.
    public var client: String?
    /// Where the server demands one.
    public var token: String?
    /// The value of an earlier `joined`, to come back as the same peer.
    public var resume: String?
    /// See presence and calls without being a peer.
    public var observe: Bool

    public init(
        name: String?, room: String? = nil, client: String? = nil, token: String? = nil, resume: String? = nil, observe: Bool = false
    ) {
        self.name = name
        self.room = room
        self.client = client
        self.token = token
        self.resume = resume
        self.observe = observe
    }
}
