import Wire

/// The type of a STUN attribute (RFC 8489 section 18.3).
public struct STUNAttributeType: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    public static let mappedAddress = STUNAttributeType(rawValue: 0x0001)
    public static let username = STUNAttributeType(rawValue: 0x0006)
    public static let messageIntegrity = STUNAttributeType(rawValue: 0x0008)
    public static let errorCode = STUNAttributeType(rawValue: 0x0009)
    public static let unknownAttributes = STUNAttributeType(rawValue: 0x000a)
    public static let realm = STUNAttributeType(rawValue: 0x0014)
    public static let nonce = STUNAttributeType(rawValue: 0x0015)
    public static let messageIntegritySHA256 = STUNAttributeType(rawValue: 0x001c)
    public static let passwordAlgorithm = STUNAttributeType(rawValue: 0x001d)
    public static let userHash = STUNAttributeType(rawValue: 0x001e)
    public static let xorMappedAddress = STUNAttributeType(rawValue: 0x0020)
    public static let priority = STUNAttributeType(rawValue: 0x0024)
    public static let useCandidate = STUNAttributeType(rawValue: 0x0025)
    public static let software = STUNAttributeType(rawValue: 0x8022)
    public static let fingerprint = STUNAttributeType(rawValue: 0x8028)
    public static let iceControlled = STUNAttributeType(rawValue: 0x8029)
    public static let iceControlling = STUNAttributeType(rawValue: 0x802a)

    /// Whether who does not know the attribute must reject the request that carries it (RFC 8489 section 14).
    public var isComprehensionRequired: Bool { rawValue < 0x8000 }

    /// The comprehension-required attributes that this module knows.
    public static let understood: Set<STUNAttributeType> = [
        .mappedAddress, .username, .messageIntegrity, .errorCode, .unknownAttributes, .realm, .nonce, .messageIntegritySHA256,
        .passwordAlgorithm, .userHash, .xorMappedAddress, .priority, .useCandidate,
    ]
}

/// An attribute of a STUN message: its type and its value without padding.
public struct STUNAttribute: Hashable, Sendable {
    public var type: STUNAttributeType
    public var value: [UInt8]

    public init(_ type: STUNAttributeType, _ value: [UInt8]) {
        self.type = type
        self.value = value
    }
}

extension STUNAttribute {
    public static func username(_ name: String) -> STUNAttribute { STUNAttribute(.username, Array(name.utf8)) }
    public static func realm(_ realm: String) -> STUNAttribute { STUNAttribute(.realm, Array(realm.utf8)) }
    public static func nonce(_ nonce: String) -> STUNAttribute { STUNAttribute(.nonce, Array(nonce.utf8)) }
    public static func software(_ name: String) -> STUNAttribute { STUNAttribute(.software, Array(name.utf8)) }

    /// The hash of user and realm in place of the name (RFC 8489 section 14.4): 32 bytes.
    public static func userHash(_ hash: [UInt8]) -> STUNAttribute { STUNAttribute(.userHash, hash) }

    /// The priority of the peer-reflexive candidate that the check may reveal (RFC 8445 section 7.1.1).
    public static func priority(_ priority: UInt32) -> STUNAttribute { integer(.priority, priority) }

    /// Nominates the pair that the check is sent on (RFC 8445 section 7.1.1).
    public static let useCandidate = STUNAttribute(.useCandidate, [])

    public static func iceControlled(tieBreaker: UInt64) -> STUNAttribute { integer(.iceControlled, tieBreaker) }
    public static func iceControlling(tieBreaker: UInt64) -> STUNAttribute { integer(.iceControlling, tieBreaker) }

    static func integer<T: FixedWidthInteger & UnsignedInteger>(_ type: STUNAttributeType, _ value: T) -> STUNAttribute {
        var writer = ByteWriter(reserving: T.bitWidth / 8)
        writer.write(value)
        return STUNAttribute(type, writer.bytes)
    }

    /// ERROR-CODE (RFC 8489 section 14.8).
    public static func errorCode(_ error: STUNErrorCode) -> STUNAttribute {
        var writer = ByteWriter()
        writer.write(UInt16(0))
        writer.write(UInt8(truncatingIfNeeded: error.code / 100))
        writer.write(UInt8(truncatingIfNeeded: error.code % 100))
        writer.write(error.reason.utf8)
        return STUNAttribute(.errorCode, writer.bytes)
    }

    public static func unknownAttributes(_ types: [STUNAttributeType]) -> STUNAttribute {
        var writer = ByteWriter()
        for type in types { writer.write(type.rawValue) }
        return STUNAttribute(.unknownAttributes, writer.bytes)
    }

    public static func mappedAddress(_ address: TransportAddress) -> STUNAttribute {
        STUNAttribute(.mappedAddress, encode(address, mask: []))
    }

    /// `address` hidden from NATs that rewrite what looks like an address (RFC 8489 section 14.2).
    public static func xorMappedAddress(_ address: TransportAddress, transactionID: STUNTransactionID) -> STUNAttribute {
        STUNAttribute(.xorMappedAddress, encode(address, mask: transactionID.addressMask))
    }

    static func encode(_ address: TransportAddress, mask: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(reserving: 20)
        writer.write(UInt8(0))
        writer.write(UInt8(address.ip.isIPv6 ? 2 : 1))
        writer.write(address.port ^ (mask.isEmpty ? 0 : UInt16(mask[0]) << 8 | UInt16(mask[1])))
        let bytes = address.ip.bytes
        writer.write(mask.isEmpty ? bytes : zip(bytes, mask).map { $0 ^ $1 })
        return writer.bytes
    }

    /// The value as an address; with a mask, as an XORed one. `nil` if it is malformed.
    func address(mask: [UInt8]) -> TransportAddress? {
        var reader = ByteReader(value)
        guard (try? reader.skip(1)) != nil, let family = try? reader.read(UInt8.self), let port = try? reader.read(UInt16.self),
            family == 1 && reader.remaining == 4 || family == 2 && reader.remaining == 16
        else { return nil }
        let masked = reader.readRest()
        let bytes = mask.isEmpty ? masked : zip(masked, mask).map { $0 ^ $1 }
        guard let ip = IPAddress(bytes: bytes) else { return nil }
        return TransportAddress(ip: ip, port: port ^ (mask.isEmpty ? 0 : UInt16(mask[0]) << 8 | UInt16(mask[1])))
    }
}

/// An error that a STUN response carries (RFC 8489 section 14.8).
public struct STUNErrorCode: Error, Hashable, Sendable, CustomStringConvertible {
    /// 300...699.
    public var code: Int
    /// For people; at most 763 bytes.
    public var reason: String

    public init(_ code: Int, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    public static let tryAlternate = STUNErrorCode(300, "Try Alternate")
    public static let badRequest = STUNErrorCode(400, "Bad Request")
    public static let unauthenticated = STUNErrorCode(401, "Unauthenticated")
    public static let unknownAttribute = STUNErrorCode(420, "Unknown Attribute")
    public static let staleNonce = STUNErrorCode(438, "Stale Nonce")
    public static let roleConflict = STUNErrorCode(487, "Role Conflict")
    public static let serverError = STUNErrorCode(500, "Server Error")

    public var description: String { "\(code) \(reason)" }
}
