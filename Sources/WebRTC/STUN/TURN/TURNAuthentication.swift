import Security
import Wire

/// Who one is to a TURN server. The password is one to which RFC 8265's OpaqueString profile makes no change.
public struct TURNCredentials: Hashable, Sendable {
    public var username: String
    public var password: String

    public init(username: String, password: String) {
        self.username = username
        self.password = password
    }
}

/// What a server asked for in a 401 or 438 answer, and how requests satisfy it (RFC 8489 section 9.2).
struct TURNAuthentication: Sendable {
    private enum Algorithm: UInt16 {
        case md5 = 0x0001
        case sha256 = 0x0002
    }

    private static let nonceCookie = "obMatJos2"

    let realm: String
    let integrity: STUNIntegrity
    private let attributes: [STUNAttribute]

    /// `nil` if the challenge lacks a part, or was cut down on its way: a nonce that promises password algorithms must come
    /// with them (RFC 8489 section 9.2.1).
    init?(challenge message: STUNMessage, _ credentials: TURNCredentials, previousRealm: String?) {
        guard let nonce = message.nonce, let realm = message.realm ?? previousRealm else { return nil }
        self.realm = realm
        let features = Self.features(of: nonce)
        let (user, password) = (credentials.username, credentials.password)
        let offered = features & 0b01 != 0 ? message[.passwordAlgorithms] : nil
        guard features & 0b01 == 0 || offered != nil else { return nil }
        let name: STUNAttribute =
            features & 0b10 != 0 ? .userHash(STUNIntegrity.userHash(username: user, realm: realm)) : .username(user)
        var attributes = [name, .realm(realm), .nonce(nonce)]
        if let offered {
            let known = Self.algorithms(in: offered)
            guard let algorithm = known.contains(.sha256) ? Algorithm.sha256 : known.first else { return nil }
            var chosen = ByteWriter()
            chosen.write(algorithm.rawValue)
            chosen.write(UInt16(0))
            attributes.append(STUNAttribute(.passwordAlgorithms, offered))
            attributes.append(STUNAttribute(.passwordAlgorithm, chosen.bytes))
            switch algorithm {
            case .sha256: integrity = .longTermSHA256(username: user, realm: realm, password: password)
            case .md5: integrity = .sha256(key: MessageDigest.md5(Array("\(user):\(realm):\(password)".utf8)))
            }
        } else {
            integrity = .longTerm(username: user, realm: realm, password: password)
        }
        self.attributes = attributes
    }

    /// The request as it goes out.
    func encode(_ request: STUNMessage) -> [UInt8] {
        var request = request
        request.attributes += attributes
        return request.encoded(integrity: [integrity], fingerprint: false)
    }

    /// The bits that a nonce with the cookie carries as four characters of Base64 (RFC 8489 section 9.2).
    private static func features(of nonce: String) -> UInt32 {
        guard nonce.hasPrefix(nonceCookie) else { return 0 }
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let digits = nonce.utf8.dropFirst(nonceCookie.utf8.count).prefix(4)
        guard digits.count == 4 else { return 0 }
        return digits.reduce(0) { $0 << 6 | UInt32(alphabet.firstIndex(of: $1) ?? 0) }
    }

    /// Each is a number, the length of its parameters, and those, padded.
    private static func algorithms(in value: [UInt8]) -> [Algorithm] {
        var found: [Algorithm] = []
        var reader = ByteReader(value)
        while let number = try? reader.read(UInt16.self), let length = try? reader.read(UInt16.self),
            (try? reader.skip((Int(length) + 3) / 4 * 4)) != nil
        {
            if let algorithm = Algorithm(rawValue: number) { found.append(algorithm) }
        }
        return found
    }
}
