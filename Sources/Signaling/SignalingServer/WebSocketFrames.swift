import NIOCore
import NIOWebSocket

/// Frames as a server writes them: whole and unmasked (RFC 6455 section 5.1).
///
/// Written by hand and not by NIO's encoder, so that what is told to a whole room is encoded once for all.
enum WebSocketFrames {
    static func text(_ json: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(json.count + 10)
        buffer.writeInteger(UInt8(0x81))
        switch json.count {
        case ...125: buffer.writeInteger(UInt8(json.count))
        case ...0xffff:
            buffer.writeInteger(UInt8(126))
            buffer.writeInteger(UInt16(json.count))
        default:
            buffer.writeInteger(UInt8(127))
            buffer.writeInteger(UInt64(json.count))
        }
        buffer.writeBytes(json)
        return buffer
    }

    static let ping = ByteBuffer(bytes: [0x89, 0])

    static func close(_ code: UInt16) -> ByteBuffer {
        var buffer = ByteBuffer(bytes: [0x88, 2])
        buffer.writeInteger(code)
        return buffer
    }

    /// - Parameter data: at most 125 bytes, as the ping had (RFC 6455 section 5.5).
    static func pong(_ data: ByteBuffer) -> ByteBuffer {
        var buffer = ByteBuffer(bytes: [0x8a, UInt8(truncatingIfNeeded: min(data.readableBytes, 125))])
        buffer.writeImmutableBuffer(data.getSlice(at: data.readerIndex, length: min(data.readableBytes, 125)) ?? ByteBuffer())
        return buffer
    }
}
