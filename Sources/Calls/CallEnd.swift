import SignalingProtocol

/// Why a call ended.
public enum CallEnd: Hashable, Sendable {
    /// One side said so.
    case said(ByeReason, byUs: Bool)
    case noAnswer
    case noSuchPeer
    /// No path for the media was found, or it was lost; with what is known about why.
    case noMediaPath(String?)
    /// The server refused the call, in its words.
    case refused(String)
    /// The other side's session description cannot be used, in words.
    case incompatible(String)

    /// The reason as the protocol names it.
    public var reason: ByeReason {
        switch self {
        case .said(let reason, _): reason
        case .noAnswer: .timeout
        case .noSuchPeer: .gone
        case .noMediaPath, .refused, .incompatible: .failed
        }
    }

    /// What a person is told about a call with `peer`: what happened, and what to do where something can be done.
    public func sentence(peer: String, direction: CallMachine.Direction) -> String {
        switch self {
        case .said(.hangup, let byUs): byUs ? "You ended the call with \(peer)." : "\(peer) ended the call."
        case .said(.declined, let byUs): byUs ? "You declined the call from \(peer)." : "\(peer) declined the call."
        case .said(.busy, let byUs): byUs ? "\(peer) called while you were in a call." : "\(peer) is busy; try again later."
        case .said(.cancelled, let byUs): byUs ? "You cancelled the call to \(peer)." : "\(peer) stopped calling: a missed call."
        case .said(.timeout, _) where direction == .outgoing: "\(peer) did not answer."
        case .said(.timeout, _): "\(peer) called and stopped ringing: a missed call."
        case .said(.failed, _): "The call with \(peer) failed: the other side could not go on."
        case .said(.gone, _): "\(peer) is gone: the connection to the server was lost."
        case .noAnswer: "\(peer) did not answer within 45 seconds."
        case .noSuchPeer: "There is no \(peer) in this room; the roster shows who is."
        case .noMediaPath(let why):
            "The call with \(peer) failed: \(why ?? "no path for sound and picture was found; a firewall may block UDP")."
        case .refused(let message): "The server refused the call to \(peer): \(message)"
        case .incompatible(let why): "The call with \(peer) failed: \(why)."
        }
    }
}
