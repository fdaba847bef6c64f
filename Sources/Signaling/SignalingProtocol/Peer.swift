/// The id of a peer, given by the server.
public typealias PeerID = String
/// The id of a call, chosen by its caller.
public typealias CallID = String

/// Whether a peer can be called.
public enum PeerStatus: String, Hashable, Sendable, CaseIterable {
    case available, away
    /// Do not disturb: the server answers calls with `busy`.
    case dnd
    /// In a call; set by the server.
    case busy
}

/// Somebody in a room.
public struct Peer: Hashable, Sendable {
    public var id: PeerID
    public var name: String
    public var status: PeerStatus
    /// What the peer said it is; text of a stranger.
    public var client: String?
    /// When it joined, in milliseconds of Unix time.
    public var since: Int64

    public init(id: PeerID, name: String, status: PeerStatus, client: String?, since: Int64) {
        self.id = id
        self.name = name
        self.status = status
        self.client = client
        self.since = since
    }
}

/// A STUN or TURN server, as the browser's `RTCIceServer`.
public struct IceServer: Hashable, Sendable {
    public var urls: [String]
    public var username: String?
    public var credential: String?

    public init(urls: [String], username: String? = nil, credential: String? = nil) {
        self.urls = urls
        self.username = username
        self.credential = credential
    }
}

/// An ICE candidate, as the browser's `RTCIceCandidateInit`.
public struct Candidate: Hashable, Sendable {
    public var candidate: String
    public var sdpMid: String?
    public var sdpMLineIndex: Int?
    public var usernameFragment: String?

    public init(candidate: String, sdpMid: String? = nil, sdpMLineIndex: Int? = nil, usernameFragment: String? = nil) {
        self.candidate = candidate
        self.sdpMid = sdpMid
        self.sdpMLineIndex = sdpMLineIndex
        self.usernameFragment = usernameFragment
    }
}
