import NIOCore

/// A packet of Engine.IO, protocol 4.
public struct EngineIOPacket: Hashable, Sendable {
    /// What it is for; the raw value is the character that it begins with.
    public enum Kind: UInt8, Sendable {
        case open = 0x30
        case close, ping, pong, message, upgrade, noop
    }

    public var kind: Kind
    /// UTF-8, unless the packet is binary.
    public var payload: ByteBuffer
    /// Only messages can be.
    public var isBinary: Bool

    public init(_ kind: Kind, _ payload: ByteBuffer = ByteBuffer()) {
        self.kind = kind
        self.payload = payload
        isBinary = false
    }

    /// A message of bytes.
    public init(binary payload: ByteBuffer) {
        kind = .message
        self.payload = payload
        isBinary = true
    }

    /// Reads a packet as a text frame carries it.
    public init(parsing text: ByteBuffer) throws(EngineIOError) {
        var rest = text
        guard let kind = rest.readInteger(as: UInt8.self).flatMap(Kind.init) else { throw EngineIOError.unknownPacket }
        guard rest.isUTF8 else { throw EngineIOError.notUTF8 }
        self.init(kind, rest)
    }
}

/// What a client did against the protocol.
public enum EngineIOError: Error, Hashable, Sendable {
    /// A packet of no known type, or of one that only servers send.
    case unknownPacket
    case notUTF8
    case notBase64
}

/// The body of a polling request: one packet or more.
public struct EngineIOPayload: Sendable {
    /// What separates packets.
    static let separator: UInt8 = 0x1e
    /// What a binary message begins with; base64 follows.
    static let base64Mark = UInt8(ascii: "b")

    private var rest: ByteBuffer?

    public init(_ body: ByteBuffer) {
        rest = body
    }

    /// Reads the next packet; `nil` after the last.
    public mutating func next() throws(EngineIOError) -> EngineIOPacket? {
        guard var rest else { return nil }
        let end = rest.readableBytesView.firstIndex(of: Self.separator) ?? rest.writerIndex
        guard let text = rest.readSlice(length: end - rest.readerIndex) else { return nil }
        self.rest = rest.readInteger(as: UInt8.self) == nil ? nil : rest
        guard text.getInteger(at: text.readerIndex, as: UInt8.self) == Self.base64Mark else { return try EngineIOPacket(parsing: text) }
        return EngineIOPacket(binary: try Base64.decode(text.readableBytesView.dropFirst()))
    }
}

extension ByteBuffer {
    var isUTF8: Bool {
        (try? UTF8Span(validating: readableBytesUInt8Span)) != nil
    }
}
