import Wire

/// A STUN message (RFC 8489).
///
/// A message that was parsed remembers the bytes it came from: what ``verify(_:)`` checks is those, not later changes to
/// the attributes.
public struct STUNMessage: Sendable {
    public enum Class: UInt16, Sendable {
        case request = 0b00
        case indication = 0b01
        case successResponse = 0b10
        case errorResponse = 0b11
    }

    /// What is asked for: 12 bits.
    public struct Method: RawRepresentable, Hashable, Sendable {
        public var rawValue: UInt16

        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        public static let binding = Method(rawValue: 0x001)
    }

    public var messageClass: Class
    public var method: Method
    public var transactionID: STUNTransactionID
    /// In the order in which they stand. MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and FINGERPRINT are not among them:
    /// ``encoded(integrity:fingerprint:)`` writes and ``verify(_:)`` checks those.
    public var attributes: [STUNAttribute]

    /// Where the bytes that authenticate a received message are.
    struct Received: Sendable {
        var bytes: [UInt8]
        var integrityOffset: Int?
        var integritySHA256Offset: Int?
        var hasFingerprint = false
    }

    var received: Received?

    public init(_ messageClass: Class, method: Method = .binding, transactionID: STUNTransactionID, attributes: [STUNAttribute] = []) {
        self.messageClass = messageClass
        self.method = method
        self.transactionID = transactionID
        self.attributes = attributes
    }

    static let magicCookie: UInt32 = 0x2112_a442
    static let headerLength = 20
    static let fingerprintMask: UInt32 = 0x5354_554e

    /// A response to this message, without attributes.
    public func response(_ messageClass: Class) -> STUNMessage {
        STUNMessage(messageClass, method: method, transactionID: transactionID)
    }

    /// An error response to this message.
    public func errorResponse(_ error: STUNErrorCode) -> STUNMessage {
        STUNMessage(.errorResponse, method: method, transactionID: transactionID, attributes: [.errorCode(error)])
    }
}

// MARK: - Attributes

extension STUNMessage {
    /// Limits of texts in bytes, from RFC 8489 sections 14.3, 14.8, 14.9, 14.10 and 14.14.
    enum Limit {
        static let username = 508
        static let text = 763
    }

    /// The value of the first attribute of a type: the others are ignored (RFC 8489 section 14).
    public subscript(_ type: STUNAttributeType) -> [UInt8]? {
        attributes.first { $0.type == type }?.value
    }

    func text(_ type: STUNAttributeType, limit: Int) -> String? {
        guard let value = self[type], value.count <= limit else { return nil }
        return String(validating: value, as: UTF8.self)
    }

    func integer<T: FixedWidthInteger & UnsignedInteger>(_ type: STUNAttributeType) -> T? {
        guard let value = self[type], value.count == T.bitWidth / 8 else { return nil }
        var reader = ByteReader(value)
        return try? reader.read(T.self)
    }

    // Each of these is `nil` if the attribute is missing, longer than it may be, or malformed.

    public var username: String? { text(.username, limit: Limit.username) }
    public var realm: String? { text(.realm, limit: Limit.text) }
    public var nonce: String? { text(.nonce, limit: Limit.text) }
    public var software: String? { text(.software, limit: Limit.text) }

    public var userHash: [UInt8]? {
        guard let value = self[.userHash], value.count == 32 else { return nil }
        return value
    }

    public var priority: UInt32? { integer(.priority) }
    public var iceControlled: UInt64? { integer(.iceControlled) }
    public var iceControlling: UInt64? { integer(.iceControlling) }
    public var useCandidate: Bool { self[.useCandidate] != nil }

    public var errorCode: STUNErrorCode? {
        guard let value = self[.errorCode], value.count >= 4, value.count - 4 <= Limit.text else { return nil }
        let hundreds = Int(value[2] & 0b111)
        guard (3...6).contains(hundreds), value[3] < 100 else { return nil }
        return STUNErrorCode(hundreds * 100 + Int(value[3]), String(decoding: value[4...], as: UTF8.self))
    }

    public var unknownAttributes: [STUNAttributeType]? {
        guard let value = self[.unknownAttributes], value.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: value.count, by: 2).map { STUNAttributeType(rawValue: UInt16(value[$0]) << 8 | UInt16(value[$0 + 1])) }
    }

    /// XOR-MAPPED-ADDRESS or, from a server of RFC 3489's time, MAPPED-ADDRESS.
    public var mappedAddress: TransportAddress? {
        for attribute in attributes {
            if attribute.type == .xorMappedAddress { return attribute.address(mask: transactionID.addressMask) }
        }
        return attributes.first { $0.type == .mappedAddress }?.address(mask: [])
    }

    /// The attributes for which a request must be answered with 420 (RFC 8489 section 6.3.1).
    public func unknownRequiredAttributes(understood: Set<STUNAttributeType> = STUNAttributeType.understood) -> [STUNAttributeType] {
        attributes.map(\.type).filter { $0.isComprehensionRequired && !understood.contains($0) }
    }
}
