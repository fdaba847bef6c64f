/// What the server tells a client.
public enum ServerMessage: Hashable, Sendable {
    case joined(Joined)
    case peerJoined(Peer)
    case peerUpdated(Peer)
    case peerLeft(id: PeerID, reason: PeerLeftReason)
    case signal(from: PeerID, CallSignal)
    /// To observers alone.
    case call(CallReport)
    case error(ServerError)

    /// The message's `type`; the event's name on Socket.IO.
    public var type: String {
        switch self {
        case .joined: "joined"
        case .peerJoined: "peer-joined"
        case .peerUpdated: "peer-updated"
        case .peerLeft: "peer-left"
        case .signal(_, let signal): signal.type
        case .call: "call"
        case .error: "error"
        }
    }
}

/// The answer to `join`.
public struct Joined: Hashable, Sendable {
    /// `nil` for an observer.
    public var me: Peer?
    /// The others in the room. Where more are there than one message holds, `peer-joined` announces the rest.
    public var peers: [Peer]
    public var iceServers: [IceServer]
    /// To come back as the same peer; `nil` for an observer.
    public var resume: String?
    public var resumed: Bool
    /// The calls that are still up, after a resume.
    public var calls: [CallID]
    /// The protocol's version.
    public var version: Int

    public init(
        me: Peer?, peers: [Peer], iceServers: [IceServer] = [], resume: String? = nil, resumed: Bool = false, calls: [CallID] = [],
        version: Int = 1
    ) {
        self.me = me
        self.peers = peers
        self.iceServers = iceServers
        self.resume = resume
        self.resumed = resumed
        self.calls = calls
        self.version = version
    }
}

public enum PeerLeftReason: String, Hashable, Sendable {
    case left, gone, kicked
}

public enum CallState: String, Hashable, Sendable {
    case ringing, active, ended
}

/// How a call goes, for observers.
public struct CallReport: Hashable, Sendable {
    public var call: CallID
    /// The caller.
    public var from: PeerID
    /// The callee.
    public var to: PeerID
    public var state: CallState
    /// Why the call ended.
    public var reason: ByeReason?
    /// Since when the call is in this state, in milliseconds of Unix time.
    public var since: Int64

    public init(call: CallID, from: PeerID, to: PeerID, state: CallState, reason: ByeReason? = nil, since: Int64) {
        self.call = call
        self.from = from
        self.to = to
        self.state = state
        self.reason = reason
        self.since = since
    }
}

/// Why the server refused a message. Open: a newer server may know more codes.
public struct ErrorCode: RawRepresentable, Hashable, Sendable {
    public var rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public static let badMessage = ErrorCode(rawValue: "bad-message")
    public static let notJoined = ErrorCode(rawValue: "not-joined")
    public static let alreadyJoined = ErrorCode(rawValue: "already-joined")
    public static let nameInvalid = ErrorCode(rawValue: "name-invalid")
    public static let nameTaken = ErrorCode(rawValue: "name-taken")
    public static let unauthorized = ErrorCode(rawValue: "unauthorized")
    public static let unknownPeer = ErrorCode(rawValue: "unknown-peer")
    public static let unknownCall = ErrorCode(rawValue: "unknown-call")
    public static let callTaken = ErrorCode(rawValue: "call-taken")
    public static let busy = ErrorCode(rawValue: "busy")
    public static let tooLarge = ErrorCode(rawValue: "too-large")
    public static let rateLimited = ErrorCode(rawValue: "rate-limited")
    public static let full = ErrorCode(rawValue: "full")
}

/// A message of the client's was refused.
public struct ServerError: Error, Hashable, Sendable {
    public var code: ErrorCode
    /// A sentence for people.
    public var message: String
    /// The `type` of the message that was refused.
    public var ref: String?
    public var call: CallID?

    public init(code: ErrorCode, message: String, ref: String? = nil, call: CallID? = nil) {
        self.code = code
        self.message = message
        self.ref = ref
        self.call = call
    }
}
