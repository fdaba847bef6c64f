import Wire

/// A datagram on a channel of a TURN allocation (RFC 8656 section 12.4): four bytes before the data.
public struct ChannelData: Hashable, Sendable {
    /// The channels there are (RFC 8656 section 12).
    public static let channels: ClosedRange<UInt16> = 0x4000...0x4fff

    public var channel: UInt16
    public var data: [UInt8]

    public init(channel: UInt16, data: [UInt8]) {
        self.channel = channel
        self.data = data
    }

    /// `nil` if the bytes are no ChannelData, or are cut short. What stands behind the data is padding.
    public init?(parsing bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let channel = try? reader.read(UInt16.self), Self.channels.contains(channel),
            let length = try? reader.read(UInt16.self), let data = try? reader.readBytes(Int(length))
        else { return nil }
        self.init(channel: channel, data: data)
    }

    /// - Parameter isPadded: whether it fills a multiple of four bytes, as it must on TCP and TLS.
    public func encoded(isPadded: Bool) -> [UInt8] {
        var writer = ByteWriter(reserving: data.count + 8)
        writer.write(channel)
        writer.write(UInt16(clamping: data.count))
        writer.write(data.prefix(Int(UInt16.max)))
        if isPadded { writer.pad(to: 4) }
        return writer.bytes
    }
}

/// Finds the messages in the stream of a TURN connection over TCP or TLS (RFC 8656 section 3.1): STUN messages and
/// ChannelData, each of which says how long it is.
public struct TURNStreamDecoder: Sendable {
    private var bytes: [UInt8] = []
    private var start = 0
    /// Something came that is neither: the stream is of no more use.
    public private(set) var isBroken = false

    public init() {}

    public mutating func append(_ more: some Sequence<UInt8>) {
        guard !isBroken else { return }
        // What was taken is dropped only now and then, so that many small messages in one read cost no copying each.
        if start > 0 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next complete message, without padding between messages; `nil` if it has not come whole.
    public mutating func next() -> [UInt8]? {
        let available = bytes.count - start
        guard !isBroken, available >= 4 else { return nil }
        let length = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
        let (size, stride): (Int, Int)
        switch bytes[start] >> 6 {
        case 0 where length.isMultiple(of: 4): (size, stride) = (STUNMessage.headerLength + length, STUNMessage.headerLength + length)
        case 1: (size, stride) = (4 + length, (4 + length + 3) / 4 * 4)
        default:
            isBroken = true
            bytes = []
            start = 0
            return nil
        }
        guard available >= stride else { return nil }
        defer { start += stride }
        return Array(bytes[start..<(start + size)])
    }
}
