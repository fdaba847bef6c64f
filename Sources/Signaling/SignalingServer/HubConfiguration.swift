import SignalingProtocol

/// What a hub admits, and what it tells those who join.
public struct HubConfiguration: Sendable {
    /// What a `join` must carry; `nil` admits everybody.
    public var token: String?
    /// The STUN and TURN servers that a client is told of: made anew for each that joins, since credentials are good for a
    /// time; of its name (an observer has none) and of the time in milliseconds since the Unix epoch.
    public var iceServers: @Sendable (_ name: String?, _ now: Int64) -> [IceServer]
    /// Peers and observers in all.
    public var capacity: Int
    /// Peers, and as many observers, in one room. Each joining costs a message to every other: a room is no stadium.
    public var roomCapacity: Int

    public init(
        token: String? = nil, capacity: Int = 19_000, roomCapacity: Int = 1_000,
        iceServers: @escaping @Sendable (_ name: String?, _ now: Int64) -> [IceServer] = { _, _ in [] }
    ) {
        self.token = token
        self.iceServers = iceServers
        self.capacity = capacity
        self.roomCapacity = roomCapacity
    }
}

/// What happened, for the log and the counters; no session description, no address.
public enum HubEvent: Hashable, Sendable {
    case joined(Peer, room: String)
    case observing(room: String)
    case resumed(PeerID)
    /// A `join` wanted to resume a session that is not there.
    case resumeUnknown
    /// The connection is lost; the peer may come back.
    case lost(PeerID)
    case left(PeerID, PeerLeftReason)
    case call(CallReport)
    case refused(ServerError)
}
