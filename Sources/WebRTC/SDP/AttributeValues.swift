/// Which way media flows, seen from who wrote the description (RFC 8866 section 6.7).
public enum MediaDirection: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case sendrecv, sendonly, recvonly, inactive

    public init(send: Bool, receive: Bool) {
        self = send ? (receive ? .sendrecv : .sendonly) : (receive ? .recvonly : .inactive)
    }

    public var canSend: Bool { self == .sendrecv || self == .sendonly }
    public var canReceive: Bool { self == .sendrecv || self == .recvonly }

    /// The same seen from the other side.
    public var reversed: MediaDirection { MediaDirection(send: canReceive, receive: canSend) }

    /// What both allow.
    public func intersection(_ other: MediaDirection) -> MediaDirection {
        MediaDirection(send: canSend && other.canSend, receive: canReceive && other.canReceive)
    }

    public var description: String { rawValue }
}

/// Who opens the DTLS connection (RFC 4145 section 4, RFC 8842).
public enum SetupRole: String, Hashable, Sendable {
    case active, passive, actpass, holdconn
}

/// `a=rtpmap`: what a payload type stands for (RFC 8866 section 6.6).
public struct RTPMap: Hashable, Sendable, CustomStringConvertible {
    /// 0 to 127.
    public var payloadType: UInt8
    public var encodingName: String
    /// In hertz.
    public var clockRate: UInt32
    /// Audio channels; 1 if not written.
    public var channels: Int

    public init(payloadType: UInt8, encodingName: String, clockRate: UInt32, channels: Int = 1) {
        self.payloadType = payloadType
        self.encodingName = encodingName
        self.clockRate = clockRate
        self.channels = channels
    }

    init(parsing value: some StringProtocol) throws(MalformedField) {
        let fields = value.fields(limit: 2)
        guard fields.count == 2 else { throw MalformedField("expected a payload type and an encoding") }
        let encoding = fields[1].trimmed().fields("/")
        guard encoding.count >= 2, let rate = decimal(encoding[1], as: UInt32.self) else {
            throw MalformedField("expected an encoding as name/rate, like VP8/90000")
        }
        payloadType = try parsePayloadType(fields[0])
        encodingName = String(encoding[0])
        clockRate = rate
        channels = encoding.count > 2 ? decimal(encoding[2], as: UInt8.self).map(Int.init) ?? 1 : 1
    }

    public var description: String {
        "\(payloadType) \(encodingName)/\(clockRate)" + (channels > 1 ? "/\(channels)" : "")
    }
}

/// A payload type of 0 to 127: the RTP header has seven bits for it.
func parsePayloadType(_ text: some StringProtocol) throws(MalformedField) -> UInt8 {
    guard let number = decimal(text, as: UInt8.self), number <= 127 else {
        throw MalformedField("payload type \(printable(text, limit: 16)) is not a number of 0 to 127")
    }
    return number
}

/// `a=rtcp-fb`: feedback that the writer sends or wants (RFC 4585 section 4.2).
public struct FeedbackAttribute: Hashable, Sendable, CustomStringConvertible {
    /// `nil` stands for `*`, all payload types of the section.
    public var payloadType: UInt8?
    /// As written after the payload type, like `nack pli`.
    public var value: String

    public init(payloadType: UInt8?, value: String) {
        self.payloadType = payloadType
        self.value = value
    }

    init(parsing text: some StringProtocol) throws(MalformedField) {
        let fields = text.fields(limit: 2)
        guard fields.count == 2 else { throw MalformedField("expected a payload type and a kind of feedback") }
        payloadType = fields[0] == "*" ? nil : try parsePayloadType(fields[0])
        value = String(fields[1].trimmed())
    }

    public var description: String { "\(payloadType.map(String.init) ?? "*") \(value)" }
}

/// `a=extmap`: the id of a header extension (RFC 8285 section 5).
public struct ExtensionMap: Hashable, Sendable, CustomStringConvertible {
    /// 1 to 14 fit one-byte headers, up to 255 two-byte ones; 4096 to 4351 are proposals for an answerer to choose among.
    public var id: UInt16
    /// `nil`, not written, means sendrecv.
    public var direction: MediaDirection?
    public var uri: String
    /// What follows the URI.
    public var extensionAttributes: String?

    public init(id: UInt16, direction: MediaDirection? = nil, uri: String, extensionAttributes: String? = nil) {
        self.id = id
        self.direction = direction
        self.uri = uri
        self.extensionAttributes = extensionAttributes
    }

    init(parsing value: some StringProtocol) throws(MalformedField) {
        let fields = value.fields(limit: 3)
        guard fields.count >= 2 else { throw MalformedField("expected an id and a URI") }
        let (number, direction) = fields[0].divided(at: "/")
        guard let id = decimal(number, as: UInt16.self), (1...255).contains(id) || (4096...4351).contains(id) else {
            throw MalformedField("header extension id \(printable(number, limit: 16)) is neither in 1 to 255 nor in 4096 to 4351")
        }
        self.id = id
        if let direction {
            guard let known = MediaDirection(rawValue: String(direction)) else {
                throw MalformedField("\(printable(direction, limit: 16)) is no direction")
            }
            self.direction = known
        }
        uri = String(fields[1])
        extensionAttributes = fields.count > 2 ? String(fields[2]) : nil
    }

    public var description: String {
        "\(id)\(direction.map { "/\($0)" } ?? "") \(uri)\(extensionAttributes.map { " \($0)" } ?? "")"
    }
}

/// `a=group`: media sections that belong together, by mid (RFC 5888 section 5).
public struct MediaGroup: Hashable, Sendable, CustomStringConvertible {
    /// `BUNDLE`, `LS`.
    public var semantics: String
    public var mids: [String]

    public init(semantics: String, mids: [String]) {
        self.semantics = semantics
        self.mids = mids
    }

    init(parsing value: some StringProtocol) throws(MalformedField) {
        let fields = value.fields()
        guard let first = fields.first else { throw MalformedField("expected the group's semantics") }
        semantics = String(first)
        mids = fields.dropFirst().map(String.init)
    }

    public var description: String { ([semantics] + mids).joined(separator: " ") }
}

/// `a=msid`: the stream and track that a section's media belongs to (RFC 8830).
public struct MediaStreamIdentifier: Hashable, Sendable, CustomStringConvertible {
    /// `-` for no stream.
    public var stream: String
    public var track: String?

    public init(stream: String, track: String? = nil) {
        self.stream = stream
        self.track = track
    }

    init?(parsing value: some StringProtocol) {
        let fields = value.fields(limit: 2)
        guard let stream = fields.first else { return nil }
        self.init(stream: String(stream), track: fields.count > 1 ? String(fields[1].trimmed()) : nil)
    }

    public var description: String { stream + (track.map { " \($0)" } ?? "") }
}
