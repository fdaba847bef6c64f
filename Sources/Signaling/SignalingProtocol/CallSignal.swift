/// Why a call ended, or was refused.
public enum ByeReason: String, Hashable, Sendable, CaseIterable {
    case hangup, declined, busy, cancelled, timeout, failed
    /// The other party is gone for good; only the server says so.
    case gone
}

/// What one party of a call tells the other; the server relays it.
public struct CallSignal: Hashable, Sendable {
    public enum Body: Hashable, Sendable {
        /// With a new call: ring. With a call that is up: renegotiate, or restart ICE.
        case offer(sdp: String)
        case ringing
        case answer(sdp: String)
        /// `nil` is the end of the candidates.
        case candidate(Candidate?)
        case bye(ByeReason)
    }

    public var call: CallID
    public var body: Body

    public init(call: CallID, body: Body) {
        self.call = call
        self.body = body
    }

    /// The message's `type`.
    public var type: String {
        switch body {
        case .offer: "offer"
        case .ringing: "ringing"
        case .answer: "answer"
        case .candidate: "candidate"
        case .bye: "bye"
        }
    }
}
