/// What is kept from OpenSSL of a datagram that nobody has authenticated yet.
///
/// OpenSSL drops records that fail authentication, except those that are too short to hold it: its cipher then reports an internal error,
/// for which it gives the connection up and says so to the peer. Fifteen bytes from anyone would end a call.
struct DTLSRecordFilter {
    /// A record's header has 13 bytes (RFC 6347 section 4.1).
    static let headerLength = 13

    /// DTLS 1.2 on the wire. The first messages of a handshake may say 1.0.
    private static let version: [UInt8] = [0xfe, 0xfd]

    /// The least that an encrypted record holds: nonce and tag of AES-GCM, or the tag of ChaCha20-Poly1305. Records of the CBC suites
    /// have more than both.
    private let shortest: Int
    private let isConnected: Bool

    /// - Parameter cipher: the standard name of the connection's cipher suite, once there is one.
    init(cipher: String?, isConnected: Bool) {
        shortest = cipher?.contains("CHACHA20") ?? false ? 16 : 24
        self.isConnected = isConnected
    }

    /// The records of `datagram` that OpenSSL may see.
    ///
    /// After a record whose header it drops at sight OpenSSL takes the body for records, so from there on it sees nothing.
    func admitted(_ datagram: [UInt8]) -> [UInt8] {
        var admitted: [UInt8] = []
        var rest = datagram[...]
        while rest.count >= Self.headerLength {
            let header = Array(rest.prefix(Self.headerLength))
            let length = Int(header[11]) << 8 | Int(header[12])
            let isEncrypted = header[3] != 0 || header[4] != 0
            let isKnown = header[1...2].elementsEqual(Self.version) || (!isConnected && !isEncrypted && header[1] == Self.version[0])
            guard isKnown, length <= rest.count - Self.headerLength else { break }
            let record = rest.prefix(Self.headerLength + length)
            if !isEncrypted || length >= shortest { admitted += record }
            rest = rest.dropFirst(record.count)
        }
        return admitted
    }
}
