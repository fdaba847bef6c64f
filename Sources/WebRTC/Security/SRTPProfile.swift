/// A DTLS-SRTP protection profile, in the order in which Glyphone prefers them.
public enum SRTPProfile: Sendable, CaseIterable {
    /// RFC 7714.
    case aeadAES128GCM
    /// RFC 7714.
    case aeadAES256GCM
    /// RFC 5764: AES in counter mode, HMAC-SHA1 with a tag of 80 bits.
    case aes128CMSHA1_80

    /// The value in the `use_srtp` extension.
    public var wireValue: UInt16 {
        switch self {
        case .aeadAES128GCM: 0x0007
        case .aeadAES256GCM: 0x0008
        case .aes128CMSHA1_80: 0x0001
        }
    }

    public init?(wireValue: UInt16) {
        guard let profile = Self.allCases.first(where: { $0.wireValue == wireValue }) else { return nil }
        self = profile
    }

    /// The registered name, which statistics show as `srtpCipher`.
    public var name: String {
        switch self {
        case .aeadAES128GCM: "SRTP_AEAD_AES_128_GCM"
        case .aeadAES256GCM: "SRTP_AEAD_AES_256_GCM"
        case .aes128CMSHA1_80: "SRTP_AES128_CM_HMAC_SHA1_80"
        }
    }

    /// Length of the master key in bytes.
    public var keyLength: Int { self == .aeadAES256GCM ? 32 : 16 }

    /// Length of the master salt in bytes.
    public var saltLength: Int { self == .aes128CMSHA1_80 ? 14 : 12 }

    /// Length of the authentication tag in bytes.
    public var tagLength: Int { self == .aes128CMSHA1_80 ? 10 : 16 }
}

/// The master keys of a connection.
public struct SRTPKeys: Sendable, Hashable {
    public var profile: SRTPProfile
    /// Master key and salt, one after the other, of the packets that this end sends.
    public var localKey: [UInt8]
    /// Master key and salt of the packets that this end receives.
    public var remoteKey: [UInt8]

    public init(profile: SRTPProfile, localKey: [UInt8], remoteKey: [UInt8]) {
        self.profile = profile
        self.localKey = localKey
        self.remoteKey = remoteKey
    }

    /// From the exporter's output, RFC 5764 section 4.2: both keys, then both salts, the client's first.
    ///
    /// - Returns: `nil` unless `material` has ``materialLength(_:)`` bytes.
    public init?(profile: SRTPProfile, material: [UInt8], role: DTLSRole) {
        let (key, salt) = (profile.keyLength, profile.saltLength)
        guard material.count == Self.materialLength(profile) else { return nil }
        let client = material[0..<key] + material[(2 * key)..<(2 * key + salt)]
        let server = material[key..<(2 * key)] + material[(2 * key + salt)...]
        self.init(
            profile: profile,
            localKey: Array(role == .client ? client : server),
            remoteKey: Array(role == .client ? server : client))
    }

    /// How many bytes the exporter must give for `profile`.
    public static func materialLength(_ profile: SRTPProfile) -> Int {
        2 * (profile.keyLength + profile.saltLength)
    }
}
