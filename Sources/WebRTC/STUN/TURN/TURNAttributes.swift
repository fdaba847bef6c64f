import Wire

// What TURN (RFC 8656) adds to STUN, and what STUN servers say of themselves.

extension STUNMessage.Method {
    public static let allocate = STUNMessage.Method(rawValue: 0x003)
    public static let refresh = STUNMessage.Method(rawValue: 0x004)
    public static let send = STUNMessage.Method(rawValue: 0x006)
    public static let data = STUNMessage.Method(rawValue: 0x007)
    public static let createPermission = STUNMessage.Method(rawValue: 0x008)
    public static let channelBind = STUNMessage.Method(rawValue: 0x009)
}

extension STUNAttributeType {
    public static let channelNumber = STUNAttributeType(rawValue: 0x000c)
    public static let lifetime = STUNAttributeType(rawValue: 0x000d)
    public static let xorPeerAddress = STUNAttributeType(rawValue: 0x0012)
    public static let data = STUNAttributeType(rawValue: 0x0013)
    public static let xorRelayedAddress = STUNAttributeType(rawValue: 0x0016)
    public static let requestedAddressFamily = STUNAttributeType(rawValue: 0x0017)
    public static let requestedTransport = STUNAttributeType(rawValue: 0x0019)
    public static let additionalAddressFamily = STUNAttributeType(rawValue: 0x8000)
    public static let passwordAlgorithms = STUNAttributeType(rawValue: 0x8002)
    public static let alternateDomain = STUNAttributeType(rawValue: 0x8003)
    public static let alternateServer = STUNAttributeType(rawValue: 0x8023)
    /// Another address of the same server's (RFC 5780 section 7.4): to find out how a NAT maps.
    public static let otherAddress = STUNAttributeType(rawValue: 0x802c)
}

/// What REQUESTED-ADDRESS-FAMILY and its siblings carry (RFC 8656 section 18.6).
public enum TURNAddressFamily: UInt8, Sendable {
    case ipv4 = 0x01
    case ipv6 = 0x02
}

extension STUNAttribute {
    /// 17 is UDP, the only one here (RFC 8656 section 18.8).
    public static let requestedTransportUDP = STUNAttribute(.requestedTransport, [17, 0, 0, 0])

    public static func lifetime(_ seconds: UInt32) -> STUNAttribute { integer(.lifetime, seconds) }

    public static func channelNumber(_ number: UInt16) -> STUNAttribute { integer(.channelNumber, UInt32(number) << 16) }

    public static func data(_ bytes: [UInt8]) -> STUNAttribute { STUNAttribute(.data, bytes) }

    public static func requestedAddressFamily(_ family: TURNAddressFamily) -> STUNAttribute {
        STUNAttribute(.requestedAddressFamily, [family.rawValue, 0, 0, 0])
    }

    /// Asks for an address of this family beside the one of IPv4: servers know IPv6 here, or nothing.
    public static func additionalAddressFamily(_ family: TURNAddressFamily) -> STUNAttribute {
        STUNAttribute(.additionalAddressFamily, [family.rawValue, 0, 0, 0])
    }

    public static func xorPeerAddress(_ address: TransportAddress, transactionID: STUNTransactionID) -> STUNAttribute {
        STUNAttribute(.xorPeerAddress, encode(address, mask: transactionID.addressMask))
    }

    public static func xorRelayedAddress(_ address: TransportAddress, transactionID: STUNTransactionID) -> STUNAttribute {
        STUNAttribute(.xorRelayedAddress, encode(address, mask: transactionID.addressMask))
    }

    public static func alternateServer(_ address: TransportAddress) -> STUNAttribute {
        STUNAttribute(.alternateServer, encode(address, mask: []))
    }
}

extension STUNMessage {
    // Each of these is `nil` if the attribute is missing or malformed.

    /// Seconds.
    public var lifetime: UInt32? { integer(.lifetime) }

    public var channelNumber: UInt16? {
        integer(.channelNumber).map { (value: UInt32) in UInt16(value >> 16) }
    }

    public var peerAddress: TransportAddress? { address(.xorPeerAddress, mask: transactionID.addressMask) }

    /// One for each family that was granted.
    public var relayedAddresses: [TransportAddress] {
        attributes.filter { $0.type == .xorRelayedAddress }.compactMap { $0.address(mask: transactionID.addressMask) }
    }

    public var alternateServer: TransportAddress? { address(.alternateServer, mask: []) }

    /// The name that the alternate server's certificate bears.
    public var alternateDomain: String? { text(.alternateDomain, limit: 255) }

    public var otherAddress: TransportAddress? { address(.otherAddress, mask: []) }

    private func address(_ type: STUNAttributeType, mask: [UInt8]) -> TransportAddress? {
        attributes.first { $0.type == type }?.address(mask: mask)
    }
}
