import Security
import Wire

/// A key and the hash function that it is used with, to authenticate STUN messages (RFC 8489 sections 9 and 14.5, 14.6).
public enum STUNIntegrity: Hashable, Sendable {
    /// MESSAGE-INTEGRITY.
    case sha1(key: [UInt8])
    /// MESSAGE-INTEGRITY-SHA256.
    case sha256(key: [UInt8])

    /// The short-term mechanism with MESSAGE-INTEGRITY, as ICE uses it. The password is one to which RFC 8265's
    /// OpaqueString profile makes no change.
    public static func shortTerm(password: String) -> STUNIntegrity {
        .sha1(key: Array(password.utf8))
    }

    /// The long-term mechanism with the key MD5(username ":" realm ":" password) and MESSAGE-INTEGRITY. The parts are given
    /// as RFC 8265's OpaqueString profile makes them.
    public static func longTerm(username: String, realm: String, password: String) -> STUNIntegrity {
        .sha1(key: MessageDigest.md5(Array("\(username):\(realm):\(password)".utf8)))
    }

    /// The long-term mechanism with PASSWORD-ALGORITHM SHA-256 and MESSAGE-INTEGRITY-SHA256.
    public static func longTermSHA256(username: String, realm: String, password: String) -> STUNIntegrity {
        .sha256(key: MessageDigest.sha256(Array("\(username):\(realm):\(password)".utf8)))
    }

    /// What USERHASH holds: SHA-256(username ":" realm) (RFC 8489 section 14.4).
    public static func userHash(username: String, realm: String) -> [UInt8] {
        MessageDigest.sha256(Array("\(username):\(realm)".utf8))
    }

    var attributeType: STUNAttributeType {
        switch self {
        case .sha1: .messageIntegrity
        case .sha256: .messageIntegritySHA256
        }
    }

    /// Length of the code in bytes.
    var length: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        }
    }

    /// The code for a message whose bytes up to the integrity attribute are `bytes`; its header is changed to end with a
    /// code of `length` bytes.
    func code(for bytes: ArraySlice<UInt8>, length: Int) -> [UInt8] {
        var covered = Array(bytes)
        let messageLength = UInt16(truncatingIfNeeded: covered.count - STUNMessage.headerLength + 4 + length)
        covered[2] = UInt8(messageLength >> 8)
        covered[3] = UInt8(truncatingIfNeeded: messageLength)
        return switch self {
        case .sha1(let key): HMAC.sha1(key: key, message: covered)
        case .sha256(let key): HMAC.sha256(key: key, message: covered)
        }
    }
}

extension STUNMessage {
    /// Whether the message as it was received carries this integrity, made with this key.
    public func verify(_ integrity: STUNIntegrity) -> Bool {
        guard let received else { return false }
        let offset =
            switch integrity {
            case .sha1: received.integrityOffset
            case .sha256: received.integritySHA256Offset
            }
        guard let offset, offset + 4 <= received.bytes.count else { return false }
        let length = Int(received.bytes[offset + 2]) << 8 | Int(received.bytes[offset + 3])
        // A SHA-256 code may be cut to any multiple of 4 from 16 bytes (RFC 8489 section 14.6).
        let permitted =
            switch integrity {
            case .sha1: length == integrity.length
            case .sha256: (16...integrity.length).contains(length) && length.isMultiple(of: 4)
            }
        guard permitted, offset + 4 + length <= received.bytes.count else { return false }
        let code = Array(received.bytes[(offset + 4)..<(offset + 4 + length)])
        return HMAC.verify(code, equals: Array(integrity.code(for: received.bytes[..<offset], length: length).prefix(length)))
    }

    /// The message as it goes on the wire.
    ///
    /// - Parameters:
    ///   - integrity: what authenticates it; SHA-1 stands before SHA-256.
    ///   - fingerprint: whether FINGERPRINT ends it, as in every message of ICE.
    public func encoded(integrity: [STUNIntegrity] = [], fingerprint: Bool = true) -> [UInt8] {
        var writer = ByteWriter(reserving: 128)
        let methodBits = method.rawValue & 0xf | method.rawValue << 1 & 0xe0 | method.rawValue << 2 & 0x3e00
        writer.write(methodBits | (messageClass.rawValue & 0b01) << 4 | (messageClass.rawValue & 0b10) << 7)
        writer.write(UInt16(0))
        writer.write(Self.magicCookie)
        transactionID.write(to: &writer)
        for attribute in attributes { writer.write(attribute) }
        for integrity in integrity.sorted(by: { $0.length < $1.length }) {
            let code = integrity.code(for: writer.bytes[...], length: integrity.length)
            writer.write(STUNAttribute(integrity.attributeType, code))
        }
        if fingerprint {
            let length = UInt16(truncatingIfNeeded: writer.count + 8 - Self.headerLength)
            writer.write(STUNAttribute(.fingerprint, Self.fingerprint(of: writer.bytes[...], messageLength: length)))
        }
        writer.overwrite(UInt16(truncatingIfNeeded: writer.count - Self.headerLength), at: 2)
        return writer.bytes
    }
}

extension ByteWriter {
    fileprivate mutating func write(_ attribute: STUNAttribute) {
        let length = UInt16(clamping: attribute.value.count)
        write(attribute.type.rawValue)
        write(length)
        write(attribute.value.prefix(Int(length)))
        pad(to: 4)
    }
}
