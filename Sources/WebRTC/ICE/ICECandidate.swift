import Wire

/// What kind of address a candidate is (RFC 8445 section 5.1.1); the raw values are SDP's.
public enum ICECandidateType: String, Hashable, Sendable {
    case host
    case serverReflexive = "srflx"
    case peerReflexive = "prflx"
    case relayed = "relay"

    /// The recommended type preference (RFC 8445 section 5.1.2.2).
    public var preference: UInt32 {
        switch self {
        case .host: 126
        case .peerReflexive: 110
        case .serverReflexive: 100
        case .relayed: 0
        }
    }
}

/// An address at which a peer may be reached (RFC 8445 section 5.1, RFC 8839 section 5.1).
public struct ICECandidate: Hashable, Sendable {
    public enum Address: Hashable, Sendable {
        case ip(TransportAddress)
        /// A name to be resolved first: browsers hide host addresses behind `<uuid>.local`.
        case name(String, port: UInt16)
    }

    public enum Transport: String, Hashable, Sendable {
        case udp, tcp
    }

    /// Equal for candidates of one type, base and server: 1 to 32 characters.
    public var foundation: String
    /// 1...256; with RTP and RTCP on one port there is only 1.
    public var component: Int
    public var transport: Transport
    /// 0...2^31 - 1.
    public var priority: UInt32
    public var address: Address
    public var type: ICECandidateType
    /// The base of a reflexive or relayed candidate.
    public var related: TransportAddress?
    /// `active`, `passive` or `so`, on TCP only (RFC 6544).
    public var tcpType: String?
    /// The user fragment of the ICE generation that the candidate belongs to.
    public var usernameFragment: String?

    public init(
        foundation: String, component: Int = 1, transport: Transport = .udp, priority: UInt32, address: Address,
        type: ICECandidateType, related: TransportAddress? = nil, tcpType: String? = nil, usernameFragment: String? = nil
    ) {
        self.foundation = foundation
        self.component = component
        self.transport = transport
        self.priority = priority
        self.address = address
        self.type = type
        self.related = related
        self.tcpType = tcpType
        self.usernameFragment = usernameFragment
    }

    /// The address, if it needs no resolving.
    public var transportAddress: TransportAddress? {
        if case .ip(let address) = address { address } else { nil }
    }

    /// RFC 8445 section 5.1.2.1, for component 1.
    ///
    /// - Parameter localPreference: 0...65535, greater for addresses to be preferred.
    public static func priority(_ type: ICECandidateType, localPreference: UInt16) -> UInt32 {
        type.preference << 24 | UInt32(localPreference) << 8 | 255
    }
}

/// User fragment and password of one end and one ICE generation (RFC 8839 section 5.4).
public struct ICECredentials: Hashable, Sendable {
    /// 4 to 256 characters.
    public var usernameFragment: String
    /// 22 to 256 characters.
    public var password: String

    public init(usernameFragment: String, password: String) {
        self.usernameFragment = usernameFragment
        self.password = password
    }

    /// New credentials: 48 random bits of user fragment, so that generations never meet, and 144 of password.
    public init(random: inout RandomSource) {
        usernameFragment = random.iceCharacters(8)
        password = random.iceCharacters(24)
    }

    /// Whether both parts have the lengths and characters that RFC 8839 section 5.4 asks for.
    public var isValid: Bool {
        (4...256).contains(usernameFragment.utf8.count) && (22...256).contains(password.utf8.count)
            && usernameFragment.utf8.allSatisfy(\.isICECharacter) && password.utf8.allSatisfy(\.isICECharacter)
    }
}

extension UInt8 {
    /// A-Z, a-z, 0-9, + and /.
    var isICECharacter: Bool {
        switch self {
        case 0x41...0x5a, 0x61...0x7a, 0x30...0x39, 0x2b, 0x2f: true
        default: false
        }
    }
}

/// Which end nominates (RFC 8445 section 6.1.1).
public enum ICERole: Sendable, Hashable {
    case controlling, controlled

    var opposite: ICERole { self == .controlling ? .controlled : .controlling }
}
