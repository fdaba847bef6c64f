import COpenSSL
import Wire

/// DTLS 1.2 by OpenSSL, in either role.
///
/// OpenSSL's retransmission timer reads the system's clock, so the instants given must advance as that does: this session
/// cannot run in virtual time.
public final class OpenSSLDTLSSession: DTLSSession {
    private enum State {
        case idle, handshaking, connected, ended
    }

    /// How long a handshake may take.
    public static let handshakeLimit = Duration.seconds(30)

    /// Datagrams kept until ``DTLSInput/start(role:remoteFingerprints:)``: a fast peer's first flight overtakes the signaling.
    private static let maximumEarlyDatagrams = 8

    private let certificate: Certificate
    private let options: Options
    private var state = State.idle
    private var role = DTLSRole.client
    private var remoteFingerprints: [Fingerprint] = []
    private var outputs: [DTLSOutput] = []
    private var early: [[UInt8]] = []
    private var givesUp: Instant?
    private var retransmits: Instant?
    private var context: OpaquePointer?
    private var ssl: OpaquePointer?
    private let network: DatagramBIO

    public convenience init(certificate: Certificate) {
        self.init(certificate: certificate, options: Options())
    }

    package init(certificate: Certificate, options: Options) {
        self.certificate = certificate
        self.options = options
        network = DatagramBIO(mtu: options.mtu)
    }

    deinit {
        release()
    }

    public var deadline: Instant? { earliest(givesUp, retransmits) }

    public func nextOutput() -> DTLSOutput? {
        outputs.isEmpty ? nil : outputs.removeFirst()
    }

    public func handle(_ input: DTLSInput, at now: Instant) {
        ERR_clear_error()
        switch input {
        case .start(let role, let fingerprints): start(role, fingerprints, at: now)
        case .datagram(let bytes): receive(bytes, at: now)
        case .close: close()
        case .timeout: handleTimeout()
        }
        if state == .handshaking, let givesUp, now >= givesUp {
            fail(.timedOut(seconds: Int(Self.handshakeLimit.seconds)))
        }
        flush(at: now)
    }

    // MARK: - Inputs

    private func start(_ role: DTLSRole, _ fingerprints: [Fingerprint], at now: Instant) {
        guard state == .idle else { return }
        self.role = role
        remoteFingerprints = fingerprints
        guard openConnection() else { return fail(.handshake(OpenSSLError.last)) }
        state = .handshaking
        givesUp = now + Self.handshakeLimit
        advance()
        let waiting = early
        early = []
        for datagram in waiting { receive(datagram, at: now) }
    }

    private func receive(_ datagram: [UInt8], at now: Instant) {
        guard datagram.count >= DTLSRecordFilter.headerLength else { return }
        switch state {
        case .idle:
            if early.count < Self.maximumEarlyDatagrams { early.append(datagram) }
        case .handshaking:
            guard admit(datagram) else { return }
            advance()
        case .connected:
            guard admit(datagram) else { return }
            read()
        case .ended: break
        }
        network.incoming = nil
    }

    /// Lays before OpenSSL what it may see of a datagram; `false` if that is nothing.
    private func admit(_ datagram: [UInt8]) -> Bool {
        let cipher = SSL_get_pending_cipher(ssl) ?? SSL_get_current_cipher(ssl)
        let filter = DTLSRecordFilter(
            cipher: cipher.flatMap(SSL_CIPHER_standard_name).map { String(cString: $0) }, isConnected: state == .connected)
        let admitted = filter.admitted(datagram)
        guard !admitted.isEmpty else { return false }
        network.incoming = admitted
        return true
    }

    private func close() {
        guard state != .ended else { return }
        if state == .connected { sayGoodbye() }
        end()
        outputs.append(.closed)
    }

    private func handleTimeout() {
        guard state == .handshaking else { return }
        // Negative when OpenSSL has lost patience, which its timer's intervals put after our limit.
        if SSL_ctrl(ssl, DTLS_CTRL_HANDLE_TIMEOUT, 0, nil) < 0 {
            fail(.timedOut(seconds: Int(Self.handshakeLimit.seconds)))
        }
    }

    // MARK: - The handshake

    private func openConnection() -> Bool {
        context = Self.makeContext(certificate, options: options)
        guard let context, let ssl = SSL_new(context) else { return false }
        self.ssl = ssl
        guard let bio = network.makeBIO() else { return false }
        SSL_set_bio(ssl, bio, bio)
        guard SSL_ctrl(ssl, SSL_CTRL_SET_MTU, options.mtu, nil) > 0 else { return false }
        DTLS_set_timer_cb(ssl) { ssl, previous in
            OpenSSLDTLSSession.retransmissionInterval(after: previous, retransmissions: DatagramBIO.of(SSL_get_rbio(ssl)))
        }
        switch role {
        case .client: SSL_set_connect_state(ssl)
        case .server: SSL_set_accept_state(ssl)
        }
        return true
    }

    /// Microseconds until a flight is sent again: 50 ms as browsers do (OpenSSL alone would wait 1 s), then twice as long each time.
    ///
    /// OpenSSL bears 12 retransmissions of a flight; the wait after those outlasts the handshake's limit.
    private static func retransmissionInterval(after previous: UInt32, retransmissions counter: DatagramBIO?) -> UInt32 {
        guard previous > 0, let counter else {
            counter?.retransmissions = 0
            return 50_000
        }
        counter.retransmissions += 1
        return counter.retransmissions >= 12 ? 60_000_000 : min(previous * 2, 3_000_000)
    }

    private func advance() {
        let result = SSL_do_handshake(ssl)
        if result == 1 { return verifyPeer() }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: break
        case SSL_ERROR_ZERO_RETURN: fail(.handshake("the peer closed it"))
        default: fail(.handshake(OpenSSLError.last))
        }
    }

    private func verifyPeer() {
        guard let peer = SSL_get1_peer_certificate(ssl) else { return fail(.handshake("the peer has no certificate")) }
        defer { X509_free(peer) }
        guard remoteFingerprints.contains(where: { Fingerprint(of: peer, algorithm: $0.algorithm) == $0 }) else {
            let shown = Fingerprint(of: peer, algorithm: "sha-256") ?? Fingerprint(algorithm: "sha-256", bytes: [])
            sayGoodbye()
            return fail(.wrongCertificate(shown))
        }
        guard let selected = SSL_get_selected_srtp_profile(ssl),
            let profile = SRTPProfile(wireValue: UInt16(truncatingIfNeeded: selected.pointee.id))
        else {
            sayGoodbye()
            return fail(.noCommonProfile)
        }
        guard let keys = exportKeys(profile) else { return fail(.handshake(OpenSSLError.last)) }
        state = .connected
        givesUp = nil
        let cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) } ?? ""
        let version = String(UInt16(truncatingIfNeeded: SSL_version(ssl)), radix: 16, uppercase: true)
        outputs.append(contentsOf: network.takeDatagrams().map(DTLSOutput.transmit))
        outputs.append(.connected(DTLSConnection(keys: keys, cipher: cipher, version: version, role: role)))
        // The datagram with the last flight may hold more: a farewell from a peer that refuses our certificate.
        read()
    }

    /// RFC 5764 section 4.2.
    private func exportKeys(_ profile: SRTPProfile) -> SRTPKeys? {
        let label = "EXTRACTOR-dtls_srtp"
        var material = [UInt8](repeating: 0, count: SRTPKeys.materialLength(profile))
        guard SSL_export_keying_material(ssl, &material, material.count, label, label.utf8.count, nil, 0, 0) == 1 else { return nil }
        return SRTPKeys(profile: profile, material: material, role: role)
    }

    // MARK: - Afterwards

    /// Lets OpenSSL see a record: it answers a repeated Finished with our last flight. Application data has no use here.
    private func read() {
        var ignored = [UInt8](repeating: 0, count: 2048)
        // A datagram holds less than this many records with anything in them.
        for _ in 0..<64 {
            let result = SSL_read(ssl, &ignored, Int32(ignored.count))
            if result > 0 { continue }
            switch SSL_get_error(ssl, result) {
            case SSL_ERROR_ZERO_RETURN:
                sayGoodbye()
                end()
                outputs.append(.closed)
            case SSL_ERROR_SSL where SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN != 0:
                fail(.handshake(OpenSSLError.last))
            default: break
            }
            return
        }
    }

    /// Queues a close_notify alert.
    private func sayGoodbye() {
        SSL_shutdown(ssl)
        outputs.append(contentsOf: network.takeDatagrams().map(DTLSOutput.transmit))
    }

    private func fail(_ error: DTLSError) {
        // An alert that tells the peer why.
        outputs.append(contentsOf: network.takeDatagrams().map(DTLSOutput.transmit))
        end()
        outputs.append(.failed(error))
    }

    private func end() {
        state = .ended
        givesUp = nil
        release()
    }

    private func flush(at now: Instant) {
        outputs.append(contentsOf: network.takeDatagrams().map(DTLSOutput.transmit))
        retransmits = nil
        guard let ssl else { return }
        let left = COpenSSL_dtls_timeout(ssl)
        // OpenSSL says 0 for less than 15 ms, and does act then; a deadline must not be now.
        if left >= 0 { retransmits = now + .microseconds(max(left, 1000)) }
    }

    private func release() {
        SSL_free(ssl)
        SSL_CTX_free(context)
        ssl = nil
        context = nil
    }
}
