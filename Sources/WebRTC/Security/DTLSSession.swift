import Wire

/// Which side of the handshake an end plays; SDP's `a=setup:active` is the client.
public enum DTLSRole: Sendable, Hashable {
    case client, server
}

/// What a DTLS session is given.
public enum DTLSInput: Sendable {
    /// Begins the handshake. The peer's certificate must have one of the fingerprints.
    case start(role: DTLSRole, remoteFingerprints: [Fingerprint])
    /// A datagram from the peer whose first byte is in 20...63 (RFC 7983).
    case datagram([UInt8])
    /// Ends the session, and tells the peer.
    case close
    case timeout
}

/// What a DTLS session asks for.
public enum DTLSOutput: Sendable {
    /// Send a datagram to the peer.
    case transmit([UInt8])
    /// The handshake is done and the peer's certificate is the one expected.
    case connected(DTLSConnection)
    /// The session ended in order: closed here, or by the peer's close_notify. Nothing follows.
    case closed
    /// The session ended otherwise. Nothing follows but a farewell to the peer.
    case failed(DTLSError)
}

/// What a handshake settled.
public struct DTLSConnection: Sendable, Hashable {
    public var keys: SRTPKeys
    /// W3C `dtlsCipher`: the cipher suite's registered name.
    public var cipher: String
    /// W3C `tlsVersion`: four hexadecimal digits, `FEFD` for DTLS 1.2.
    public var version: String
    public var role: DTLSRole

    public init(keys: SRTPKeys, cipher: String, version: String, role: DTLSRole) {
        self.keys = keys
        self.cipher = cipher
        self.version = version
        self.role = role
    }
}

/// Why a DTLS session ended.
public enum DTLSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The handshake was not done after this many seconds.
    case timedOut(seconds: Int)
    /// The peer showed a certificate with this fingerprint, which the signaling did not announce.
    case wrongCertificate(Fingerprint)
    /// The peer accepts no SRTP profile of ours.
    case noCommonProfile
    /// What OpenSSL says about the handshake, including alerts from the peer.
    case handshake(String)

    public var description: String {
        switch self {
        case .timedOut(let seconds):
            "The peer did not complete the encryption handshake (DTLS) within \(seconds) s; check that UDP passes both ways, then call again."
        case .wrongCertificate(let fingerprint):
            "The peer's certificate (\(fingerprint)) is not the one its signaling announced: "
                + "somebody may sit in between; call again over a server you trust."
        case .noCommonProfile:
            "The peer offers no media encryption (SRTP) that this program knows; it must support AES-GCM or AES-CM with HMAC-SHA1-80."
        case .handshake(let reason):
            "The encryption handshake (DTLS) failed: \(reason); call again, and if it persists the peer's program is incompatible."
        }
    }
}

/// The key exchange of one peer connection (RFC 5764): a machine of the shape of ``Wire/Machine``.
///
/// Keep handing in datagrams after ``DTLSOutput/connected(_:)``: if the peer lost our last flight it is sent again.
/// The protocol is small so that virtual time may have a stand-in, and a later version of DTLS another engine.
public protocol DTLSSession: AnyObject {
    func handle(_ input: DTLSInput, at now: Instant)
    func nextOutput() -> DTLSOutput?
    var deadline: Instant? { get }
}
