import NIOSSL
import SignalingProtocol

/// What a client is to join, and as whom.
public struct SignalingConfiguration: Sendable {
    public var url: SignalingURL
    /// Resume tokens are the client's own affair: `join.resume` is ignored.
    public var join: Join
    /// Whether to go on trying when the first attempt fails; after a first `joined` that is always so.
    public var retriesFirstConnection: Bool
    /// For `wss`; by default the system's trusted certificates.
    public var tls: TLSConfiguration

    public init(url: SignalingURL, join: Join, retriesFirstConnection: Bool = false, tls: TLSConfiguration = .makeClientConfiguration()) {
        self.url = url
        self.join = join
        self.retriesFirstConnection = retriesFirstConnection
        self.tls = tls
    }
}

/// What a signaling client tells its owner.
public enum SignalingEvent: Hashable, Sendable {
    /// The client is in the room.
    case joined(Joined)
    /// Anything else from the server: presence, signals of calls, reports, errors.
    case message(ServerMessage)
    /// The connection is lost, or could not be made; the client tries again after `retryIn`.
    case disconnected(reason: String, retryIn: Duration)
    /// The client is back. With `resumed` it is the same peer, and what was missed follows; without, it has a new id, and
    /// what was waiting to be sent to other peers was dropped.
    case reconnected(Joined)
    /// The end: no event follows. `nil` after `leave()`.
    case closed(SignalingFailure?)
}
