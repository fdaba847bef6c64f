import CSRTP

/// Why a packet could not be protected, or was not accepted.
public enum SRTPError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The tag does not fit: not from the peer, or damaged.
    case authenticationFailed
    /// Seen before, or older than the replay window reaches.
    case replayed
    /// Too short, or its header does not fit its length.
    case malformed
    /// The key has protected as many packets as it may.
    case keyExpired
    /// More synchronization sources than a session takes.
    case tooManySources
    /// The key is of the wrong length for the profile.
    case wrongKeyLength
    /// Another status of libsrtp's.
    case failed(status: UInt32)

    public var description: String {
        switch self {
        case .authenticationFailed: "a packet failed authentication"
        case .replayed: "a packet came twice, or far too late"
        case .malformed: "a packet is malformed"
        case .keyExpired: "the media key is used up; call again"
        case .tooManySources: "the peer sends more than \(SRTPSession.maximumSources) streams"
        case .wrongKeyLength: "a media key has the wrong length"
        case .failed(let status): "libsrtp failed with status \(status)"
        }
    }
}

/// Encrypts and authenticates the media of one peer connection, both directions (RFC 3711, RFC 7714).
///
/// Packets are changed in place; after an error their contents are undefined. The first packet of a source should have a
/// sequence number under 2^15: a receiver that misses a wrap right at the start could not know of it (RFC 3711 section 3.3.1).
public final class SRTPSession {
    /// How far behind the newest a packet may be. Wider than RFC 3711's 64, because retransmissions come late.
    public static let replayWindow = 1024

    /// Sources accepted from the peer; a call has under ten, and each costs libsrtp about 2 KiB.
    public static let maximumSources = 256

    private let profile: SRTPProfile
    private let outbound: srtp_t
    private let inbound: srtp_t
    private var sources: Set<UInt32> = []

    public init(keys: SRTPKeys) throws(SRTPError) {
        guard Self.libraryStatus == srtp_err_status_ok else { throw .failed(status: Self.libraryStatus.rawValue) }
        profile = keys.profile
        outbound = try Self.create(keys.profile, key: keys.localKey, direction: ssrc_any_outbound)
        do throws(SRTPError) {
            inbound = try Self.create(keys.profile, key: keys.remoteKey, direction: ssrc_any_inbound)
        } catch {
            srtp_dealloc(outbound)
            throw error
        }
    }

    deinit {
        srtp_dealloc(outbound)
        srtp_dealloc(inbound)
    }

    /// Has libsrtp load its cryptography (NSS, in Debian's build), which takes it some hundred milliseconds once: to be done on
    /// a thread that may wait, before the first call.
    public static func prepare() {
        let profile = SRTPProfile.aeadAES128GCM
        let key = [UInt8](repeating: 0, count: profile.keyLength + profile.saltLength)
        _ = try? SRTPSession(keys: SRTPKeys(profile: profile, localKey: key, remoteKey: key))
    }

    /// Encrypts an RTP packet and appends its tag.
    ///
    /// With AES-GCM a sequence number may be used once (a second packet under the same nonce would give away the
    /// authentication key): again is ``SRTPError/replayed``.
    public func protect(_ packet: inout [UInt8]) throws(SRTPError) {
        try Self.apply(srtp_protect, outbound, to: &packet, room: Int(SRTP_MAX_TRAILER_LEN), minimum: 12)
    }

    /// Checks an SRTP packet, and leaves the RTP packet in its place.
    public func unprotect(_ packet: inout [UInt8]) throws(SRTPError) {
        guard packet.count >= 12 + profile.tagLength else { throw .malformed }
        let source = Self.word(packet, at: 8)
        guard sources.contains(source) || sources.count < Self.maximumSources else { throw .tooManySources }
        try Self.apply(srtp_unprotect, inbound, to: &packet, room: 0, minimum: 12)
        sources.insert(source)
    }

    /// Encrypts a compound RTCP packet and appends index and tag.
    public func protectRTCP(_ packet: inout [UInt8]) throws(SRTPError) {
        // libsrtp needs four bytes more than the trailer, for the index.
        try Self.apply(srtp_protect_rtcp, outbound, to: &packet, room: Int(SRTP_MAX_TRAILER_LEN) + 4, minimum: 8)
    }

    /// Checks an SRTCP packet, and leaves the RTCP packet in its place.
    public func unprotectRTCP(_ packet: inout [UInt8]) throws(SRTPError) {
        guard packet.count >= 8 + 4 + profile.tagLength else { throw .malformed }
        let source = Self.word(packet, at: 4)
        guard sources.contains(source) || sources.count < Self.maximumSources else { throw .tooManySources }
        try Self.apply(srtp_unprotect_rtcp, inbound, to: &packet, room: 0, minimum: 8)
        sources.insert(source)
    }

    // MARK: - libsrtp

    /// libsrtp is set up once for the process, at its first use.
    private static let libraryStatus = srtp_init()

    private static func word(_ packet: [UInt8], at offset: Int) -> UInt32 {
        packet[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func create(_ profile: SRTPProfile, key: [UInt8], direction: srtp_ssrc_type_t) throws(SRTPError) -> srtp_t {
        guard key.count == profile.keyLength + profile.saltLength else { throw .wrongKeyLength }
        var policy = srtp_policy_t()
        switch profile {
        case .aeadAES128GCM:
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp)
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp)
        case .aeadAES256GCM:
            srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp)
            srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp)
        case .aes128CMSHA1_80:
            srtp_crypto_policy_set_rtp_default(&policy.rtp)
            srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
            // A packet may be sent again as it was: its keystream then covers the same plaintext.
            policy.allow_repeat_tx = 1
        }
        policy.ssrc.type = direction
        policy.window_size = UInt(replayWindow)
        var session: srtp_t?
        var bytes = key
        let status = bytes.withUnsafeMutableBufferPointer { key in
            policy.key = key.baseAddress
            return srtp_create(&session, &policy)
        }
        guard status == srtp_err_status_ok, let session else { throw .failed(status: status.rawValue) }
        return session
    }

    private typealias Operation = (srtp_t?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?) -> srtp_err_status_t

    private static func apply(
        _ operation: Operation, _ session: srtp_t, to packet: inout [UInt8], room: Int, minimum: Int
    ) throws(SRTPError) {
        let size = packet.count
        // An RTP packet fits a datagram; more would also overflow libsrtp's 32-bit lengths.
        guard size >= minimum, size <= 65_535 else { throw .malformed }
        packet.append(contentsOf: repeatElement(0, count: room))
        var length = Int32(size)
        let status = packet.withUnsafeMutableBytes { operation(session, $0.baseAddress, &length) }
        packet.removeLast(packet.count - (status == srtp_err_status_ok ? Int(length) : size))
        guard status != srtp_err_status_ok else { return }
        throw SRTPError(status)
    }
}

extension SRTPError {
    fileprivate init(_ status: srtp_err_status_t) {
        switch status {
        case srtp_err_status_auth_fail, srtp_err_status_cipher_fail: self = .authenticationFailed
        case srtp_err_status_replay_fail, srtp_err_status_replay_old, srtp_err_status_pkt_idx_old: self = .replayed
        case srtp_err_status_bad_param, srtp_err_status_parse_err: self = .malformed
        case srtp_err_status_key_expired: self = .keyExpired
        default: self = .failed(status: status.rawValue)
        }
    }
}
