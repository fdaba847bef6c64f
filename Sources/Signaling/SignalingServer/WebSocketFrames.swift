import NIOCore

/// Frames as a server writes them: whole and unmasked (RFC 6455 section 5.1).
enum WebSocketFrames {
    /// `members` is a JSON object; the message's `type` is put before them.
    static func text(type: String, members: [UInt8]) -> ByteBuffer {
        let separator = members.count > 2 ? "\"," : "\""
        let count = 9 + type.utf8.count + separator.utf8.count + members.count - 1
        var buffer = ByteBuffer()
        buffer.reserveCapacity(count + 10)
        buffer.writeInteger(UInt8(0x81))
        switch count {
        case ...125: buffer.writeInteger(UInt8(count))
        case ...0xffff:
            buffer.writeInteger(UInt8(126))
            buffer.writeInteger(UInt16(count))
        default:
            buffer.writeInteger(UInt8(127))
            buffer.writeInteger(UInt64(count))
        }
        buffer.writeStaticString("{\"type\":\"")
        buffer.writeString(type)
        buffer.writeString(separator)
        buffer.writeBytes(members.dropFirst())
        return buffer
    }

    static let ping = ByteBuffer(bytes: [0x89, 0])

    static func close(_ code: UInt16) -> ByteBuffer {
        var buffer = ByteBuffer(bytes: [0x88, 2])
        buffer.writeInteger(code)
        return buffer
    }

    /// - Parameter data: at most 125 bytes, as the ping had (RFC 6455 section 5.5).
    static func pong(_ data: [UInt8]) -> ByteBuffer {
        ByteBuffer(bytes: [0x8a, UInt8(data.count)] + data)
    }
}
