/// What applying a description has changed, for who sends and receives media to act on.
public struct NegotiationChange: Hashable, Sendable {
    /// The offer collided with this side's own and was ignored: nothing has changed. Candidates that belong to it are
    /// to be dropped, as ``JSEPSession/disposition(ofCandidateFor:mLineIndex:usernameFragment:)`` tells.
    public var isIgnored = false
    /// This side's own offer was given up first; ``JSEPSession/negotiationNeeded`` asks for it again once stable.
    public var isRolledBack = false
    /// Transceivers that the remote offer made, by id. Set their sender and direction, or stop them, before the answer.
    public var added: [Int] = []
    /// Transceivers that are no more, by id.
    public var removed: [Int] = []
    /// Transceivers whose ``Transceiver/negotiated`` has changed, by id.
    public var changed: [Int] = []
    /// The remote transport, where it is new or has changed.
    public var remoteTransport: RemoteTransportDescription?
    /// The remote side's ICE credentials have changed: ICE restarts, and an answer must have new local ones too.
    public var isRemoteICERestart = false
    /// The remote side has another certificate than before: a new DTLS connection.
    public var isNewFingerprint = false
    /// The role in DTLS, active (client) or passive (server), where an answer has settled it anew: DTLS starts.
    public var dtlsRole: SetupRole?
    /// No section is left: the transport is no more, and the next one will be new in all things.
    public var isTransportClosed = false

    public init() {}
}
