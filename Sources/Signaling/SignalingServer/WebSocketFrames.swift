import NIOCore
import SocketIO

/// Frames as a server writes them: whole and unmasked (RFC 6455 section 5.1).
enum WebSocketFrames {
    /// A message: an object with its `type` and what `writeInner` writes, which is JSON members of `innerLength` bytes in all.
    static func text(type: String, innerLength: Int, _ writeInner: (inout ByteBuffer) -> Void) -> ByteBuffer {
        let separator = innerLength > 0 ? "\"," : "\""
        let length = 9 + type.utf8.count + separator.utf8.count + innerLength + 1
        var buffer = ByteBuffer()
        buffer.reserveCapacity(length + 10)
        buffer.writeWebSocketHeader(opcode: 1, length: length)
        buffer.writeStaticString("{\"type\":\"")
        buffer.writeString(type)
        buffer.writeString(separator)
        writeInner(&buffer)
        buffer.writeStaticString("}")
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
