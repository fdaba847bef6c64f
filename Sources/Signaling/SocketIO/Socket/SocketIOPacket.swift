import NIOCore

/// A packet of Socket.IO, protocol 5.
///
/// JSON stays as it came: checked, and not made into values. An attachment is referred to by `{"_placeholder":true,"num":0}`.
public struct SocketIOPacket: Hashable, Sendable {
    /// What it is for. Whether it has attachments decides which of the protocol's types it is written with.
    public enum Kind: UInt8, Sendable {
        case connect = 0x30
        case disconnect, event, acknowledgement, connectError
    }

    public var kind: Kind
    /// Begins with a slash.
    public var namespace: String
    /// Of an acknowledgement, or of an event that asks for one.
    public var id: UInt64?
    /// Of an event: its name.
    public var name: String
    /// The JSON values that follow the name; at most one for what is no event and no acknowledgement.
    public var arguments: [ByteBuffer]
    public var attachments: [ByteBuffer]

    public init(
        _ kind: Kind, namespace: String = "/", id: UInt64? = nil, name: String = "", arguments: [ByteBuffer] = [],
        attachments: [ByteBuffer] = []
    ) {
        self.kind = kind
        self.namespace = namespace
        self.id = id
        self.name = name
        self.arguments = arguments
        self.attachments = attachments
    }

    /// An event with JSON texts as its arguments.
    public static func event(
        _ name: String, _ arguments: [ByteBuffer], namespace: String = "/", id: UInt64? = nil, attachments: [ByteBuffer] = []
    ) -> SocketIOPacket {
        SocketIOPacket(.event, namespace: namespace, id: id, name: name, arguments: arguments, attachments: attachments)
    }
}

extension SocketIOPacket {
    /// The messages that carry the packet: its text, then its attachments.
    public var messages: [EngineIOMessage] {
        [.text(text)] + attachments.map(EngineIOMessage.binary)
    }

    /// The same, ready to be sent.
    public var frames: [EngineIOFrame] {
        messages.map { EngineIOFrame($0) }
    }

    private var text: ByteBuffer {
        var text = ByteBuffer()
        switch (kind, attachments.isEmpty) {
        case (.event, false): text.writeString("5\(attachments.count)-")
        case (.acknowledgement, false): text.writeString("6\(attachments.count)-")
        default: text.writeInteger(kind.rawValue)
        }
        if namespace != "/" { text.writeString("\(namespace),") }
        if let id { text.writeString("\(id)") }
        switch kind {
        case .event:
            text.writeString("[")
            text.writeJSONString(name)
            for argument in arguments {
                text.writeString(",")
                text.writeImmutableBuffer(argument)
            }
            text.writeString("]")
        case .acknowledgement:
            text.writeString("[")
            for (index, argument) in arguments.enumerated() {
                if index > 0 { text.writeString(",") }
                text.writeImmutableBuffer(argument)
            }
            text.writeString("]")
        case .connect, .connectError, .disconnect:
            if let argument = arguments.first { text.writeImmutableBuffer(argument) }
        }
        return text
    }
}

/// What a client did against the protocol.
public enum SocketIOError: Error, Hashable, Sendable {
    case unknownPacket
    case badNamespace
    case badAcknowledgementID
    case badJSON
    /// JSON that this kind of packet may not have.
    case badPayload
    /// More attachments than the limit, in number or bytes; none where they were announced; or a placeholder of one that is not there.
    case badAttachments
    /// A packet for a namespace to which the client is not connected, or a connection to one to which it is.
    case notConnected
    case alreadyConnected
    /// No connection to any namespace in time.
    case connectTimeout
}

extension ByteBuffer {
    /// A string in quotation marks, escaped as JSON wants.
    package mutating func writeJSONString(_ string: String) {
        writeInteger(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                writeInteger(UInt8(ascii: "\\"))
                writeInteger(byte)
            case 0..<0x20:
                writeString("\\u00")
                for nibble in [byte >> 4, byte & 15] { writeInteger(nibble < 10 ? 0x30 + nibble : 0x57 + nibble) }
            default: writeInteger(byte)
            }
        }
        writeInteger(UInt8(ascii: "\""))
    }
}
