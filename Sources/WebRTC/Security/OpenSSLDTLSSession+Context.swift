import COpenSSL

extension OpenSSLDTLSSession {
    /// AES-128-GCM first: browsers take the first that suits them, and it is the cheapest where there are AES instructions.
    private static let cipherSuites = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA",
    ]
    private static let groups = "X25519:P-256"

    /// What a session's options may change; tests do.
    package struct Options: Sendable {
        /// The greatest datagram to send, in bytes: at least 256. 1200 passes every path that WebRTC uses (RFC 8831 section 5).
        package var mtu = 1200
        package var profiles = SRTPProfile.allCases
        /// Lengthens the client's first message by a list of application protocols, in bytes.
        package var padding = 0

        package init() {}
    }

    /// A context for one session; `nil` if OpenSSL lacks something that is asked of it.
    static func makeContext(_ certificate: Certificate, options: Options) -> OpaquePointer? {
        guard let context = SSL_CTX_new(DTLS_method()) else { return nil }
        guard configure(context, certificate, options) else {
            SSL_CTX_free(context)
            return nil
        }
        return context
    }

    private static func configure(_ context: OpaquePointer, _ certificate: Certificate, _ options: Options) -> Bool {
        let profiles = options.profiles.map(\.openSSLName).joined(separator: ":")
        guard SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(DTLS1_2_VERSION), nil) == 1,
            SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(DTLS1_2_VERSION), nil) == 1,
            SSL_CTX_set_cipher_list(context, cipherSuites.joined(separator: ":")) == 1,
            COpenSSL_set_groups(context, groups) == 1,
            // Unlike its neighbours this one returns 0 when it succeeds.
            SSL_CTX_set_tlsext_use_srtp(context, profiles) == 0,
            SSL_CTX_use_certificate(context, certificate.x509) == 1,
            SSL_CTX_use_PrivateKey(context, certificate.privateKey) == 1
        else { return false }
        SSL_CTX_set_options(context, COpenSSL_DTLS_OPTIONS)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        // No authority signs these certificates: any is let through here, and its fingerprint decides before keys are derived.
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT) { _, _ in 1 }
        if options.padding > 0 {
            let protocols = [UInt8](repeating: 0x78, count: options.padding)
            let list = stride(from: 0, to: protocols.count, by: 200).flatMap { start in
                let part = protocols[start..<min(start + 200, protocols.count)]
                return [UInt8(part.count)] + part
            }
            guard SSL_CTX_set_alpn_protos(context, list, UInt32(list.count)) == 0 else { return false }
        }
        return true
    }
}

extension SRTPProfile {
    fileprivate var openSSLName: String {
        switch self {
        case .aeadAES128GCM: "SRTP_AEAD_AES_128_GCM"
        case .aeadAES256GCM: "SRTP_AEAD_AES_256_GCM"
        case .aes128CMSHA1_80: "SRTP_AES128_CM_SHA1_80"
        }
    }
}
