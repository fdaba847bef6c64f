import NIOCore

/// A packet as it goes out, made once for all who receive it: with the header of a WebSocket frame before it, which polling skips.
public struct EngineIOFrame: Sendable {
    /// A whole, unmasked frame, as servers send (RFC 6455 section 5.1).
    let webSocket: ByteBuffer
    private let headerLength: Int
    private let isBinary: Bool

    /// A packet of text.
    public init(_ kind: EngineIOPacket.Kind, _ payload: some Collection<UInt8> = EmptyCollection()) {
        self.init(kind, length: payload.count) { $0.writeBytes(payload) }
    }

    /// A packet of text with a payload of `length` bytes, which `write` writes.
    package init(_ kind: EngineIOPacket.Kind, length: Int, _ write: (inout ByteBuffer) -> Void) {
        var frame = ByteBuffer()
        frame.reserveCapacity(length + 11)
        frame.writeWebSocketHeader(opcode: 1, length: length + 1)
        headerLength = frame.readableBytes
        frame.writeInteger(kind.rawValue)
        write(&frame)
        webSocket = frame
        isBinary = false
    }

    /// A message of bytes.
    public init(binary payload: ByteBuffer) {
        var frame = ByteBuffer()
        frame.reserveCapacity(payload.readableBytes + 10)
        frame.writeWebSocketHeader(opcode: 2, length: payload.readableBytes)
        headerLength = frame.readableBytes
        frame.writeImmutableBuffer(payload)
        webSocket = frame
        isBinary = true
    }

    /// A message, sent as it was received.
    public init(_ message: EngineIOMessage) {
        switch message {
        case .text(let payload): self.init(.message, payload.readableBytesView)
        case .binary(let payload): self.init(binary: payload)
        }
    }

    /// Bytes of the packet.
    public var size: Int { webSocket.readableBytes - headerLength }

    private var packet: ByteBufferView { webSocket.readableBytesView.dropFirst(headerLength) }

    /// The packet as text.
    package var packetDescription: String { String(decoding: packet, as: UTF8.self) }

    /// Adds the packet to a polling payload.
    func write(toPayload payload: inout ByteBuffer) {
        if payload.readableBytes > 0 { payload.writeInteger(EngineIOPayload.separator) }
        if isBinary {
            payload.writeInteger(EngineIOPayload.base64Mark)
            payload.writeBytes(Base64.encode(packet))
        } else {
            payload.writeBytes(packet)
        }
    }

    static let close = EngineIOFrame(.close)
    static let noop = EngineIOFrame(.noop)
    static let ping = EngineIOFrame(.ping)
    static let probePong = EngineIOFrame(.pong, "probe".utf8)
}

/// What an application sends or receives.
public enum EngineIOMessage: Hashable, Sendable {
    /// UTF-8.
    case text(ByteBuffer)
    case binary(ByteBuffer)
}

extension ByteBuffer {
    /// The header of a frame that is whole and unmasked (RFC 6455 section 5.2).
    package mutating func writeWebSocketHeader(opcode: UInt8, length: Int) {
        writeInteger(0x80 | opcode)
        switch length {
        case ...125: writeInteger(UInt8(clamping: length))
        case ...0xffff:
            writeInteger(UInt8(126))
            writeInteger(UInt16(clamping: length))
        default:
            writeInteger(UInt8(127))
            writeInteger(UInt64(clamping: length))
        }
    }
}
