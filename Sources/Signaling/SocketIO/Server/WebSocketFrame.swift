import NIOCore

/// A frame of a client's, unmasked (RFC 6455 section 5.2).
///
/// Read by hand and not by NIO's decoder, which takes as much time as all the rest that is done with a message.
package struct WebSocketFrame {
    package enum Opcode: UInt8 {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    package enum Failure: Error {
        /// Not what a client may send: sections 5.1, 5.2 and 5.5.
        case broken
        /// More than the limit.
        case tooLarge
    }

    package var opcode: Opcode
    package var isFinal: Bool
    package var payload: [UInt8]

    /// Takes the next frame from `buffer`; `nil` when it is not there as a whole.
    ///
    /// - Parameter limit: how much a frame may hold, in bytes.
    package static func read(from buffer: inout ByteBuffer, limit: Int) throws(Failure) -> WebSocketFrame? {
        var index = buffer.readerIndex
        guard let first: UInt8 = buffer.getInteger(at: index), let second: UInt8 = buffer.getInteger(at: index + 1) else { return nil }
        index += 2
        // Clients mask, and nobody uses reserved bits without an extension.
        guard first & 0x70 == 0, let opcode = Opcode(rawValue: first & 0x0f), second & 0x80 != 0 else { throw .broken }
        let isFinal = first & 0x80 != 0
        var length = Int(second & 0x7f)
        if opcode.rawValue >= Opcode.close.rawValue {
            guard isFinal, length <= 125 else { throw .broken }
        } else if length == 126 {
            guard let long: UInt16 = buffer.getInteger(at: index) else { return nil }
            (index, length) = (index + 2, Int(long))
        } else if length == 127 {
            guard let long: UInt64 = buffer.getInteger(at: index) else { return nil }
            (index, length) = (index + 8, Int(clamping: long))
        }
        guard length <= limit else { throw .tooLarge }
        guard let key: UInt32 = buffer.getInteger(at: index, endianness: .host), buffer.writerIndex - index - 4 >= length else {
            return nil
        }
        index += 4
        let payload = buffer.withUnsafeReadableBytes { bytes in
            unmasked(UnsafeRawBufferPointer(rebasing: bytes[(index - buffer.readerIndex)..<(index - buffer.readerIndex + length)]), key)
        }
        buffer.moveReaderIndex(to: index + length)
        return WebSocketFrame(opcode: opcode, isFinal: isFinal, payload: payload)
    }

    /// - Parameter key: as it lies in memory.
    private static func unmasked(_ masked: UnsafeRawBufferPointer, _ key: UInt32) -> [UInt8] {
        Array(unsafeUninitializedCapacity: masked.count) { bytes, count in
            count = masked.count
            let target = UnsafeMutableRawBufferPointer(bytes)
            let wide = UInt64(key) << 32 | UInt64(key)
            var index = 0
            while index + 8 <= count {
                target.storeBytes(
                    of: masked.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ wide, toByteOffset: index, as: UInt64.self)
                index += 8
            }
            while index < count {
                bytes[index] = masked[index] ^ UInt8(truncatingIfNeeded: key.littleEndian >> UInt32(8 * (index & 3)))
                index += 1
            }
        }
    }
}
