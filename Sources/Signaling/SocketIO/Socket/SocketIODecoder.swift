import NIOCore

/// Reads packets of Socket.IO, protocol 5, from the messages of Engine.IO: a text, then the attachments that it announces.
public struct SocketIODecoder: Sendable {
    /// What one client can make us keep.
    public struct Limits: Sendable {
        /// Attachments of a packet.
        public var attachments: Int
        /// Bytes of a packet's attachments.
        public var attachmentBytes: Int
        /// Bytes of a namespace's name.
        public var namespace: Int

        public init(attachments: Int = 10, attachmentBytes: Int = 1_000_000, namespace: Int = 128) {
            self.attachments = attachments
            self.attachmentBytes = attachmentBytes
            self.namespace = namespace
        }
    }

    /// Names that the protocol's libraries use for what happens to a connection; no client may send them.
    private static let reservedNames: Set<String> = [
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    ]

    private let limits: Limits
    /// A packet whose attachments are still coming.
    private var incomplete: (packet: SocketIOPacket, missing: Int, size: Int)?

    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// - Returns: `nil` while attachments are missing.
    public mutating func decode(_ message: EngineIOMessage) throws(SocketIOError) -> SocketIOPacket? {
        switch message {
        case .text(let text):
            guard incomplete == nil else {
                incomplete = nil
                throw SocketIOError.badAttachments
            }
            let (packet, attachmentCount) = try parse(text)
            guard attachmentCount > 0 else { return packet }
            incomplete = (packet, attachmentCount, 0)
            return nil
        case .binary(let bytes):
            guard var (packet, missing, size) = incomplete else { throw SocketIOError.badAttachments }
            incomplete = nil
            packet.attachments.append(bytes)
            size += bytes.readableBytes
            missing -= 1
            guard size <= limits.attachmentBytes else { throw SocketIOError.badAttachments }
            guard missing > 0 else { return packet }
            incomplete = (packet, missing, size)
            return nil
        }
    }

    private func parse(_ buffer: ByteBuffer) throws(SocketIOError) -> (packet: SocketIOPacket, attachmentCount: Int) {
        var text = buffer
        let (kind, attachmentCount) = try parseKind(&text)
        let namespace = try parseNamespace(&text)
        let id = try parseID(&text)
        var packet = SocketIOPacket(kind, namespace: namespace, id: id)
        switch kind {
        case .connect, .connectError:
            guard id == nil else { throw SocketIOError.badAcknowledgementID }
            if text.readableBytes > 0 { packet.arguments = [try parseObject(text)] }
        case .disconnect:
            guard id == nil, text.readableBytes == 0 else { throw SocketIOError.badPayload }
        case .event, .acknowledgement:
            let largestPlaceholder = try parseArray(text, into: &packet)
            guard largestPlaceholder < attachmentCount || attachmentCount == 0 else { throw SocketIOError.badAttachments }
        }
        return (packet, attachmentCount)
    }

    private func parseKind(_ text: inout ByteBuffer) throws(SocketIOError) -> (SocketIOPacket.Kind, attachmentCount: Int) {
        guard let type = text.readInteger(as: UInt8.self) else { throw SocketIOError.unknownPacket }
        if let kind = SocketIOPacket.Kind(rawValue: type) { return (kind, 0) }
        guard type == UInt8(ascii: "5") || type == UInt8(ascii: "6") else { throw SocketIOError.unknownPacket }
        guard let count = try text.readDecimal(orThrow: .badAttachments), text.readInteger(as: UInt8.self) == UInt8(ascii: "-"),
            count > 0, count <= limits.attachments
        else { throw SocketIOError.badAttachments }
        return (type == UInt8(ascii: "5") ? .event : .acknowledgement, Int(count))
    }

    private func parseNamespace(_ text: inout ByteBuffer) throws(SocketIOError) -> String {
        guard text.getInteger(at: text.readerIndex, as: UInt8.self) == UInt8(ascii: "/") else { return "/" }
        let end = text.readableBytesView.firstIndex(of: UInt8(ascii: ",")) ?? text.writerIndex
        let length = end - text.readerIndex
        guard length <= limits.namespace, let name = text.readString(length: length) else { throw SocketIOError.badNamespace }
        if text.readableBytes > 0 { text.moveReaderIndex(forwardBy: 1) }
        return name
    }

    private func parseID(_ text: inout ByteBuffer) throws(SocketIOError) -> UInt64? {
        try text.readDecimal(orThrow: .badAcknowledgementID)
    }

    private func parseObject(_ text: ByteBuffer) throws(SocketIOError) -> ByteBuffer {
        guard text.getInteger(at: text.readerIndex, as: UInt8.self) == UInt8(ascii: "{") else { throw SocketIOError.badPayload }
        var scanner = JSONScanner()
        let range = try scanner.value(text.readableBytesUInt8Span)
        guard scanner.position == text.readableBytes,
            let object = text.getSlice(at: text.readerIndex + range.lowerBound, length: range.count)
        else {
            throw SocketIOError.badJSON
        }
        return object
    }

    /// - Returns: the largest number of a placeholder, or -1.
    private func parseArray(_ text: ByteBuffer, into packet: inout SocketIOPacket) throws(SocketIOError) -> Int {
        guard packet.kind == .event || packet.id != nil else { throw SocketIOError.badAcknowledgementID }
        let bytes = text.readableBytesUInt8Span
        var scanner = JSONScanner()
        guard scanner.skip(UInt8(ascii: "["), bytes) else { throw SocketIOError.badPayload }
        if packet.kind == .event {
            scanner.skipSpace(bytes)
            let start = scanner.position
            do { try scanner.string(bytes) } catch { throw SocketIOError.badPayload }
            packet.name = try Self.unescaped(text, start + 1..<scanner.position - 1)
            guard !Self.reservedNames.contains(packet.name) else { throw SocketIOError.badPayload }
            if scanner.skip(UInt8(ascii: "]"), bytes) { return try Self.finish(scanner, text) }
            guard scanner.skip(UInt8(ascii: ","), bytes) else { throw SocketIOError.badJSON }
        } else if scanner.skip(UInt8(ascii: "]"), bytes) {
            return try Self.finish(scanner, text)
        }
        while true {
            let range = try scanner.value(bytes)
            guard let argument = text.getSlice(at: text.readerIndex + range.lowerBound, length: range.count) else {
                throw SocketIOError.badJSON
            }
            packet.arguments.append(argument)
            if scanner.skip(UInt8(ascii: "]"), bytes) { return try Self.finish(scanner, text) }
            guard scanner.skip(UInt8(ascii: ","), bytes) else { throw SocketIOError.badJSON }
        }
    }

    private static func finish(_ scanner: JSONScanner, _ text: ByteBuffer) throws(SocketIOError) -> Int {
        guard scanner.position == text.readableBytes else { throw SocketIOError.badJSON }
        return scanner.largestPlaceholder
    }

    /// The text of a string that was checked, between its quotation marks.
    private static func unescaped(_ text: ByteBuffer, _ range: Range<Int>) throws(SocketIOError) -> String {
        guard var rest = text.getSlice(at: text.readerIndex + range.lowerBound, length: range.count) else { throw SocketIOError.badJSON }
        guard rest.readableBytesView.contains(UInt8(ascii: "\\")) else { return String(buffer: rest) }
        var units: [UInt16] = []
        var plain = ByteBuffer()
        while let byte = rest.readInteger(as: UInt8.self) {
            guard byte == UInt8(ascii: "\\"), let escape = rest.readInteger(as: UInt8.self) else {
                plain.writeInteger(byte)
                continue
            }
            units += Array(String(buffer: plain).utf16)
            plain.clear()
            switch escape {
            case UInt8(ascii: "b"): units.append(8)
            case UInt8(ascii: "f"): units.append(12)
            case UInt8(ascii: "n"): units.append(10)
            case UInt8(ascii: "r"): units.append(13)
            case UInt8(ascii: "t"): units.append(9)
            case UInt8(ascii: "u"): units.append(UInt16(rest.readString(length: 4) ?? "", radix: 16) ?? 0xfffd)
            default: units.append(UInt16(escape))
            }
        }
        units += Array(String(buffer: plain).utf16)
        // Half a surrogate pair becomes U+FFFD.
        return String(decoding: units, as: UTF16.self)
    }
}

extension ByteBuffer {
    /// Reads decimal digits, at most 15, so that a script can hold the number as well; `nil` where there is no digit.
    fileprivate mutating func readDecimal(orThrow error: SocketIOError) throws(SocketIOError) -> UInt64? {
        var value: UInt64 = 0
        var count = 0
        while let byte = getInteger(at: readerIndex, as: UInt8.self), byte >= 0x30, byte <= 0x39 {
            count += 1
            guard count <= 15 else { throw error }
            value = value * 10 + UInt64(byte - 0x30)
            moveReaderIndex(forwardBy: 1)
        }
        return count > 0 ? value : nil
    }
}
