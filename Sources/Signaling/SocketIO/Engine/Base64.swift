import NIOCore

/// Base64 (RFC 4648 section 4), as polling carries binary messages.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 1
            guard count == 3 else { continue }
            for shift in [18, 12, 6, 0] as [UInt32] { text.append(alphabet[Int(bits >> shift & 63)]) }
            bits = 0
            count = 0
        }
        if count == 1 {
            text += [alphabet[Int(bits >> 2 & 63)], alphabet[Int(bits << 4 & 63)], padding, padding]
        } else if count == 2 {
            text += [alphabet[Int(bits >> 10 & 63)], alphabet[Int(bits >> 4 & 63)], alphabet[Int(bits << 2 & 63)], padding]
        }
        return text
    }

    /// Reads whole groups of four characters; nothing else is base64 here.
    static func decode(_ text: some Collection<UInt8>) throws(EngineIOError) -> ByteBuffer {
        guard text.count % 4 == 0 else { throw EngineIOError.notBase64 }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        var count = 0
        var padded = 0
        for character in text {
            if character == padding, count >= 2 {
                padded += 1
                bits <<= 6
            } else {
                guard padded == 0, let value = value(of: character) else { throw EngineIOError.notBase64 }
                bits = bits << 6 | value
            }
            count += 1
            guard count == 4 else { continue }
            for shift in ([16, 8, 0] as [UInt32]).dropLast(padded) { bytes.writeInteger(UInt8(truncatingIfNeeded: bits >> shift)) }
            bits = 0
            // What follows a padded group is caught above, for `padded` stays.
            count = 0
        }
        return bytes
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a") + 26)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0") + 52)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
