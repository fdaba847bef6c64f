/// `a=fingerprint`: the hash of a certificate (RFC 8122 section 5).
public struct FingerprintAttribute: Hashable, Sendable, CustomStringConvertible {
    /// The hash function's name in lower case: `sha-256`.
    public var algorithm: String
    public var bytes: [UInt8]

    public init(algorithm: String, bytes: [UInt8]) {
        self.algorithm = algorithm.lowercased()
        self.bytes = bytes
    }

    init(parsing value: some StringProtocol) throws(MalformedField) {
        let fields = value.fields(limit: 2)
        guard fields.count == 2 else { throw MalformedField("expected a hash function and a fingerprint") }
        var bytes: [UInt8] = []
        for pair in fields[1].trimmed().fields(":") {
            guard pair.utf8.count == 2, pair.utf8.first != 0x2b, let byte = UInt8(pair, radix: 16) else {
                throw MalformedField("a fingerprint is written as AB:CD:…")
            }
            bytes.append(byte)
        }
        self.init(algorithm: String(fields[0]), bytes: bytes)
    }

    public var description: String {
        let pairs = bytes.map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return byte < 16 ? "0" + digits : digits
        }
        return "\(algorithm) \(pairs.joined(separator: ":"))"
    }
}
