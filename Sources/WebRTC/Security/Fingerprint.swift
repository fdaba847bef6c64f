/// The hash of a certificate, as an SDP `a=fingerprint` line carries it (RFC 8122 section 5).
public struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
    /// The hash function's name in lower case, such as `sha-256`.
    public let algorithm: String
    public let bytes: [UInt8]

    /// `algorithm` may be in any case.
    public init(algorithm: String, bytes: [UInt8]) {
        self.algorithm = algorithm.lowercased()
        self.bytes = bytes
    }

    /// SHA-512, the longest hash that RFC 8122 names, has 64 bytes.
    private static let longest = 64

    /// Parses `sha-256 AA:BB:…`, in any case; `nil` if it is no such thing.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].utf8.count <= 32 else { return nil }
        let digits = parts[1].utf8.split(separator: UInt8(ascii: ":"), maxSplits: Self.longest, omittingEmptySubsequences: false)
        guard digits.count <= Self.longest else { return nil }
        var bytes: [UInt8] = []
        for pair in digits {
            guard pair.count == 2, let high = pair.first.flatMap(Self.nibble), let low = pair.dropFirst().first.flatMap(Self.nibble) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        self.init(algorithm: String(parts[0]), bytes: bytes)
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// The form that SDP takes after `a=fingerprint:`.
    public var description: String {
        algorithm + " " + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined(separator: ":")
    }
}
