/// Where a signaling server listens: `ws://host[:port][/path]`, or `wss://` for TLS.
public struct SignalingURL: Hashable, Sendable, CustomStringConvertible {
    public var isSecure: Bool
    /// A name or an address; an IPv6 address without its brackets.
    public var host: String
    public var port: Int
    /// With its query, if it has one.
    public var path: String

    /// A URL without a path means `/ws`. `http` and `https` are taken for `ws` and `wss`.
    public init(_ text: String) throws(SignalingFailure) {
        guard let colon = text.firstRange(of: "://") else { throw Self.wrong(text, "it does not begin with ws:// or wss://") }
        switch text[..<colon.lowerBound].lowercased() {
        case "ws", "http": isSecure = false
        case "wss", "https": isSecure = true
        default: throw Self.wrong(text, "it does not begin with ws:// or wss://")
        }
        let rest = text[colon.upperBound...]
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw Self.wrong(text, "it has a character that no URL has") }
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        var authority = rest[..<end]
        guard !authority.contains("@") else { throw Self.wrong(text, "it names a user; use --token for a secret") }
        var target = rest[end...].prefix { $0 != "#" }
        if target.first == "?" { target = "/ws" + target }
        path = target.isEmpty || target == "/" ? "/ws" : String(target)

        if authority.first == "[" {
            guard let bracket = authority.firstIndex(of: "]") else { throw Self.wrong(text, "a bracket is not closed") }
            host = String(authority[authority.index(after: authority.startIndex)..<bracket])
            authority = authority[authority.index(after: bracket)...]
            guard host.contains(":"), authority.isEmpty || authority.first == ":" else {
                throw Self.wrong(text, "its IPv6 address is not whole")
            }
        } else {
            let portColon = authority.firstIndex(of: ":") ?? authority.endIndex
            host = String(authority[..<portColon])
            authority = authority[portColon...]
        }
        guard !host.isEmpty else { throw Self.wrong(text, "it names no host") }
        if authority.isEmpty {
            port = isSecure ? 443 : 80
        } else {
            guard let number = UInt16(authority.dropFirst()), number > 0 else {
                throw Self.wrong(text, "its port is not a number between 1 and 65535")
            }
            port = Int(number)
        }
    }

    private static func wrong(_ text: String, _ why: String) -> SignalingFailure {
        SignalingFailure(.wrongURL, "The server URL \"\(text)\" cannot be used: \(why). Give one like ws://localhost:8080.")
    }

    /// The host as URLs and the `Host` header have it, with the port where it is not the scheme's own.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    public var description: String {
        "\(isSecure ? "wss" : "ws")://\(authority)\(path)"
    }
}
