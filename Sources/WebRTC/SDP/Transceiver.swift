/// The names and numbers under which a transceiver sends.
public struct SenderIdentity: Hashable, Sendable {
    public var ssrc: UInt32
    /// For retransmissions; `nil` where the codec has none.
    public var rtxSSRC: UInt32?
    /// The same for all that one side sends (RFC 8834 section 4.9).
    public var cname: String
    /// Audio and video of one stream are played in step; one word.
    public var streamID: String
    public var trackID: String

    public init(ssrc: UInt32, rtxSSRC: UInt32? = nil, cname: String, streamID: String, trackID: String) {
        self.ssrc = ssrc
        self.rtxSSRC = rtxSSRC
        self.cname = cname
        self.streamID = streamID
        self.trackID = trackID
    }
}

/// One section's sender and receiver (W3C RTCRtpTransceiver).
public struct Transceiver: Hashable, Sendable, Identifiable {
    /// Never reused within a session.
    public let id: Int
    public let kind: MediaKind
    /// The section that it is tied to, once there is one.
    public internal(set) var mid: String?
    public internal(set) var mLineIndex: Int?
    /// What is wanted.
    public internal(set) var direction: MediaDirection
    /// What was last agreed on, `nil` before the first answer.
    public internal(set) var currentDirection: MediaDirection?
    /// `nil` cannot send, whatever the direction.
    public internal(set) var sender: SenderIdentity?
    /// Since the last answer; `nil` before the first.
    public internal(set) var negotiated: NegotiatedMedia?
    /// Given up on this side; it goes with the next negotiation.
    public internal(set) var isStopping = false

    init(id: Int, kind: MediaKind, direction: MediaDirection, sender: SenderIdentity?) {
        self.id = id
        self.kind = kind
        self.direction = direction
        self.sender = sender
    }

    /// The direction to write: without a sender nothing is sent.
    var writtenDirection: MediaDirection {
        sender == nil ? direction.intersection(.recvonly) : direction
    }
}
