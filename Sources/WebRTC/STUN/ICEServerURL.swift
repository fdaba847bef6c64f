import Wire

/// The address of a STUN or TURN server as a person or a signaling server gives it (RFC 7064, RFC 7065):
/// `stun:HOST[:PORT]`, `turn:HOST[:PORT][?transport=udp|tcp]`, `turns:HOST[:PORT]`.
public struct ICEServerURL: Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        case stun
        case turn(TURNTransport)
    }

    public var kind: Kind
    /// A name, or an IP address without brackets.
    public var host: String
    public var port: UInt16

    /// The longest name that DNS allows.
    private static let maximumHost = 253

    public init(kind: Kind, host: String, port: UInt16) {
        self.kind = kind
        self.host = host
        self.port = port
    }

    /// - Throws: ``ICEServerURLError``, which says what can be written.
    public init(parsing text: String) throws(ICEServerURLError) {
        guard let colon = text.firstIndex(of: ":") else { throw ICEServerURLError(text: text) }
        var rest = text[text.index(after: colon)...]
        var transport: Substring?
        if let mark = rest.firstIndex(of: "?") {
            let query = rest[rest.index(after: mark)...].lowercased()
            guard query.hasPrefix("transport=") else { throw ICEServerURLError(text: text) }
            transport = query.dropFirst(10)
            rest = rest[..<mark]
        }
        var defaultPort: UInt16 = 3478
        switch (text[..<colon].lowercased(), transport) {
        case ("stun", nil): kind = .stun
        case ("turn", nil), ("turn", "udp"): kind = .turn(.udp)
        case ("turn", "tcp"): kind = .turn(.tcp)
        case ("turns", nil), ("turns", "tcp"):
            kind = .turn(.tls)
            defaultPort = 5349
        default: throw ICEServerURLError(text: text)
        }
        guard let (host, port) = Self.authority(rest) else { throw ICEServerURLError(text: text) }
        self.host = host
        self.port = port ?? defaultPort
    }

    private static func authority(_ text: Substring) -> (host: String, port: UInt16?)? {
        var host = text
        var port: UInt16?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard IPAddress(String(host))?.isIPv6 == true, rest.isEmpty || rest.hasPrefix(":") else { return nil }
            if !rest.isEmpty {
                guard let number = UInt16(rest.dropFirst()), number > 0 else { return nil }
                port = number
            }
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            guard let number = UInt16(text[text.index(after: colon)...]), number > 0 else { return nil }
            port = number
        }
        let isPlain = host.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x3a, 0x5f: true
            default: false
            }
        }
        guard (1...maximumHost).contains(host.utf8.count), isPlain else { return nil }
        return (String(host), port)
    }

    public var description: String {
        let address = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        return switch kind {
        case .stun: "stun:\(address)"
        case .turn(.udp): "turn:\(address)"
        case .turn(.tcp): "turn:\(address)?transport=tcp"
        case .turn(.tls): "turns:\(address)"
        }
    }
}

/// What lies between a client and a TURN server.
public enum TURNTransport: String, Hashable, Sendable, CaseIterable {
    case udp, tcp, tls
}

/// A text that names no STUN or TURN server.
public struct ICEServerURLError: Error, Hashable, Sendable, CustomStringConvertible {
    public var text: String

    public var description: String {
        "'\(text)' names no STUN or TURN server: write stun:HOST[:PORT], turn:HOST[:PORT], turn:HOST[:PORT]?transport=tcp or turns:HOST[:PORT]"
    }
}
