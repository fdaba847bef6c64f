import COpenSSL

/// A self-signed certificate that names this end of a peer connection by its fingerprint (RFC 8827 section 6.5).
public final class Certificate: @unchecked Sendable {
    /// OpenSSL could not make a certificate.
    public struct CreationFailed: Error, CustomStringConvertible {
        public var reason: String

        public var description: String { "No certificate for the call could be made (\(reason)); check the installation of OpenSSL." }
    }

    package enum KeyType: Sendable {
        case ecdsaP256
        case rsa2048
    }

    // Never changed once made, and OpenSSL counts references to them atomically: that is why the class is Sendable.
    let x509: OpaquePointer
    let privateKey: OpaquePointer

    /// The SHA-256 hash of the certificate.
    public let fingerprint: Fingerprint

    /// How long a certificate is valid: as long as browsers' are. It lives as long as one run of the program.
    private static let validity = 30 * 24 * 3600
    /// Clocks of two machines may differ: valid from a day ago.
    private static let backdating = 24 * 3600

    /// A new P-256 key and a certificate for it with a random serial number, valid for 30 days.
    public convenience init() throws(CreationFailed) {
        try self.init(key: .ecdsaP256)
    }

    package init(key: KeyType) throws(CreationFailed) {
        ERR_clear_error()
        let generated: OpaquePointer? =
            switch key {
            case .ecdsaP256: COpenSSL_generate_p256()
            case .rsa2048: COpenSSL_generate_rsa(2048)
            }
        guard let generated else { throw CreationFailed(reason: OpenSSLError.last) }
        guard let certificate = X509_new() else {
            EVP_PKEY_free(generated)
            throw CreationFailed(reason: OpenSSLError.last)
        }
        guard Self.fill(certificate, key: generated), let fingerprint = Fingerprint(of: certificate, algorithm: "sha-256") else {
            let reason = OpenSSLError.last
            X509_free(certificate)
            EVP_PKEY_free(generated)
            throw CreationFailed(reason: reason)
        }
        x509 = certificate
        privateKey = generated
        self.fingerprint = fingerprint
    }

    deinit {
        X509_free(x509)
        EVP_PKEY_free(privateKey)
    }

    private static func fill(_ certificate: OpaquePointer, key: OpaquePointer) -> Bool {
        // 20 bytes at most, positive (RFC 5280 section 4.1.2.2): 127 random bits and one that keeps it from being short.
        guard let serial = BN_new() else { return false }
        defer { BN_free(serial) }
        guard BN_rand(serial, 128, 0, 0) == 1,
            BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != nil,
            X509_set_version(certificate, 2) == 1,
            X509_gmtime_adj(X509_getm_notBefore(certificate), -backdating) != nil,
            X509_gmtime_adj(X509_getm_notAfter(certificate), validity) != nil,
            X509_set_pubkey(certificate, key) == 1,
            let name = X509_get_subject_name(certificate)
        else { return false }
        let commonName = Array("WebRTC".utf8)
        guard X509_NAME_add_entry_by_txt(name, "CN", COpenSSL_MBSTRING_UTF8, commonName, Int32(commonName.count), -1, 0) == 1,
            X509_set_issuer_name(certificate, name) == 1
        else { return false }
        return X509_sign(certificate, key, EVP_sha256()) > 0
    }
}

extension Fingerprint {
    /// The hash of an X.509 certificate; `nil` if OpenSSL cannot compute it, or `algorithm` is none that RFC 8122 trusts.
    init?(of certificate: OpaquePointer, algorithm: String) {
        let digest: OpaquePointer?
        switch algorithm {
        case "sha-256": digest = EVP_sha256()
        case "sha-384": digest = EVP_sha384()
        case "sha-512": digest = EVP_sha512()
        default: return nil
        }
        var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        guard X509_digest(certificate, digest, &bytes, &length) == 1 else { return nil }
        self.init(algorithm: algorithm, bytes: Array(bytes.prefix(Int(length))))
    }
}

enum OpenSSLError {
    /// The newest error of this thread in OpenSSL's words.
    static var last: String {
        let code = ERR_peek_last_error()
        guard code != 0, let reason = ERR_reason_error_string(code) else { return "no reason given" }
        return String(cString: reason)
    }
}
