import Security

/// MESSAGE-INTEGRITY-SHA256 as RFC 8489 section 14.6 describes it, apart from the module's own.
enum STUNIntegrityCode {
    static func sha256(key: [UInt8], bytes: [UInt8], length: Int) -> [UInt8]? {
        guard bytes.count >= 20 else { return nil }
        var covered = bytes
        let messageLength = bytes.count - 20 + 4 + length
        covered[2] = UInt8(messageLength >> 8)
        covered[3] = UInt8(messageLength & 0xff)
        return HMAC.sha256(key: key, message: covered)
    }
}
