import Wire

/// Why bytes are no STUN message.
public enum STUNParsingError: Error, Hashable, Sendable, CustomStringConvertible {
    case truncated
    case notSTUN
    case wrongLength
    case tooManyAttributes
    case wrongFingerprint

    public var description: String {
        switch self {
        case .truncated: "the STUN message is cut short"
        case .notSTUN: "no STUN message: the first bits or the magic cookie are others"
        case .wrongLength: "the STUN message is not as long as its header says"
        case .tooManyAttributes: "the STUN message has more than \(STUNMessage.maximumAttributes) attributes"
        case .wrongFingerprint: "the STUN message's FINGERPRINT does not match, or is not its last attribute"
        }
    }
}

extension STUNMessage {
    /// The richest message in use (a TURN allocation) has about 15.
    static let maximumAttributes = 64

    /// Whether a datagram's first bytes look like STUN, as RFC 7983 tells protocols on one port apart.
    public static func isSTUN(_ bytes: [UInt8]) -> Bool {
        bytes.count >= headerLength && bytes[0] < 4
    }

    /// Whether the bytes look like a STUN message with this method: servers of TURN answer Binding requests at the same port.
    public static func isSTUN(_ bytes: [UInt8], method: Method) -> Bool {
        guard isSTUN(bytes) else { return false }
        let type = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        return type & 0xf | type >> 1 & 0x70 | type >> 2 & 0xf80 == method.rawValue
    }

    /// Parses a datagram that holds one message and nothing else.
    ///
    /// A FINGERPRINT is checked here, integrity by ``verify(_:)``. What stands behind MESSAGE-INTEGRITY is dropped unless
    /// it is MESSAGE-INTEGRITY-SHA256 or FINGERPRINT (RFC 8489 section 14.5).
    public init(parsing bytes: [UInt8]) throws(STUNParsingError) {
        do {
            try self.init(reading: bytes)
        } catch let error as STUNParsingError {
            throw error
        } catch {
            throw .truncated
        }
    }

    private init(reading bytes: [UInt8]) throws {
        var reader = ByteReader(bytes)
        let type = try reader.read(UInt16.self)
        let length = Int(try reader.read(UInt16.self))
        let cookie = try reader.read(UInt32.self)
        guard type & 0xc000 == 0, cookie == Self.magicCookie else { throw STUNParsingError.notSTUN }
        transactionID = try STUNTransactionID(reading: &reader)
        guard length.isMultiple(of: 4), length == reader.remaining else { throw STUNParsingError.wrongLength }
        messageClass = Class(rawValue: type >> 7 & 0b10 | type >> 4 & 0b01) ?? .request
        method = Method(rawValue: type & 0xf | type >> 1 & 0x70 | type >> 2 & 0xf80)
        attributes = []
        var received = Received(bytes: bytes)
        var count = 0
        while !reader.isAtEnd {
            count += 1
            guard count <= Self.maximumAttributes else { throw STUNParsingError.tooManyAttributes }
            guard !received.hasFingerprint else { throw STUNParsingError.wrongFingerprint }
            let offset = reader.position
            let type = STUNAttributeType(rawValue: try reader.read(UInt16.self))
            let length = Int(try reader.read(UInt16.self))
            let value = try reader.readBytes(length)
            try reader.skip((4 - length % 4) % 4)
            switch type {
            case .fingerprint:
                guard value == Self.fingerprint(of: bytes[..<offset], messageLength: UInt16(offset + 8 - Self.headerLength)) else {
                    throw STUNParsingError.wrongFingerprint
                }
                received.hasFingerprint = true
            case .messageIntegritySHA256:
                if received.integritySHA256Offset == nil { received.integritySHA256Offset = offset }
            case .messageIntegrity:
                if received.integrityOffset == nil, received.integritySHA256Offset == nil { received.integrityOffset = offset }
            default:
                if received.integrityOffset == nil, received.integritySHA256Offset == nil {
                    attributes.append(STUNAttribute(type, value))
                }
            }
        }
        self.received = received
    }

    /// Whether the message came with a FINGERPRINT (a wrong one does not parse).
    public var hasFingerprint: Bool { received?.hasFingerprint ?? false }

    /// Whether the message came with an integrity attribute, right or wrong.
    public var hasIntegrity: Bool { received?.integrityOffset != nil || received?.integritySHA256Offset != nil }

    /// The CRC over a message up to its FINGERPRINT, as the attribute's value.
    static func fingerprint(of bytes: ArraySlice<UInt8>, messageLength: UInt16) -> [UInt8] {
        var covered = Array(bytes)
        covered[2] = UInt8(messageLength >> 8)
        covered[3] = UInt8(truncatingIfNeeded: messageLength)
        var writer = ByteWriter(reserving: 4)
        writer.write(CRC32.checksum(covered) ^ fingerprintMask)
        return writer.bytes
    }
}
