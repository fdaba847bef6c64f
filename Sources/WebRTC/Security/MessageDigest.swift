import COpenSSL

/// Hash functions that WebRTC's protocols name.
public enum MessageDigest: Sendable, CaseIterable {
    case sha1, sha256, md5

    /// Length of the digest in bytes.
    public var length: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .md5: 16
        }
    }

    /// The digest of `message`, ``length`` bytes.
    public func digest(of message: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: length)
        var written: UInt32 = 0
        let done = EVP_Digest(message, message.count, &output, &written, algorithm, nil)
        precondition(done == 1 && Int(written) == length, "OpenSSL computes no \(self): its default provider is not loaded")
        return output
    }

    public static func sha1(_ message: [UInt8]) -> [UInt8] { MessageDigest.sha1.digest(of: message) }
    public static func sha256(_ message: [UInt8]) -> [UInt8] { MessageDigest.sha256.digest(of: message) }
    public static func md5(_ message: [UInt8]) -> [UInt8] { MessageDigest.md5.digest(of: message) }

    var algorithm: OpaquePointer? {
        switch self {
        case .sha1: EVP_sha1()
        case .sha256: EVP_sha256()
        case .md5: EVP_md5()
        }
    }
}

/// Keyed-hash message authentication, RFC 2104.
public enum HMAC {
    /// HMAC-SHA1: 20 bytes.
    public static func sha1(key: [UInt8], message: [UInt8]) -> [UInt8] {
        compute(.sha1, key: key, message: message)
    }

    /// HMAC-SHA256: 32 bytes.
    public static func sha256(key: [UInt8], message: [UInt8]) -> [UInt8] {
        compute(.sha256, key: key, message: message)
    }

    /// Whether two codes are equal, in a time that does not tell where they differ.
    public static func verify(_ code: [UInt8], equals expected: [UInt8]) -> Bool {
        code.count == expected.count && CRYPTO_memcmp(code, expected, code.count) == 0
    }

    private static func compute(_ digest: MessageDigest, key: [UInt8], message: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: digest.length)
        var written: UInt32 = 0
        // A null key means "the key of before" to OpenSSL: an empty array must still be a pointer.
        let padded = key.isEmpty ? [0] : key
        let result = COpenSSL.HMAC(digest.algorithm, padded, Int32(clamping: key.count), message, message.count, &output, &written)
        precondition(result != nil && Int(written) == digest.length, "OpenSSL computes no HMAC: its default provider is not loaded")
        return output
    }
}
