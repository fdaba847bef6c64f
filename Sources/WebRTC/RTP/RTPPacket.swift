import Wire

/// An RTP packet (RFC 3550 section 5.1).
public struct RTPPacket: Hashable, Sendable {
    /// 0...127; the upper bit is not written.
    public var payloadType: UInt8
    public var sequenceNumber: UInt16
    /// In units of the payload's clock rate.
    public var timestamp: UInt32
    public var ssrc: UInt32
    /// The last packet of a video frame; the first packet after silence for audio.
    public var marker: Bool
    /// The CSRC list; the first 15 are written.
    public var contributingSources: [UInt32]
    public var extensions: RTPHeaderExtensions
    /// What is left between the header and the padding.
    public var payload: [UInt8]
    /// Octets of padding, including the one that counts them; 0 for none.
    public var paddingLength: UInt8

    public init(
        payloadType: UInt8, sequenceNumber: UInt16, timestamp: UInt32, ssrc: UInt32, marker: Bool = false,
        contributingSources: [UInt32] = [], extensions: RTPHeaderExtensions = .init(), payload: [UInt8] = [], paddingLength: UInt8 = 0
    ) {
        self.payloadType = payloadType
        self.sequenceNumber = sequenceNumber
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.marker = marker
        self.contributingSources = contributingSources
        self.extensions = extensions
        self.payload = payload
        self.paddingLength = paddingLength
    }
}

extension RTPPacket {
    /// The bytes of the header with CSRC list and extensions.
    public var headerSize: Int { 12 + 4 * min(15, contributingSources.count) + extensions.encodedSize }

    /// The size of the whole packet, before SRTP adds its tag.
    public var encodedSize: Int { headerSize + payload.count + Int(paddingLength) }

    /// The packet's bytes.
    ///
    /// Extensions take the one-byte form if all of them fit it, else the two-byte form (RFC 8285).
    public func encoded() -> [UInt8] {
        // libsrtp wants 144 bytes of room behind the packet for its trailer; reserving some saves a reallocation there.
        var writer = ByteWriter(reserving: encodedSize + 148)
        let sources = contributingSources.prefix(15)
        let flags: UInt8 = 0x80 | (paddingLength > 0 ? 0x20 : 0) | (extensions.isEmpty ? 0 : 0x10)
        writer.write(flags | UInt8(sources.count))
        writer.write((marker ? 0x80 : 0) | payloadType & 0x7f)
        writer.write(sequenceNumber)
        writer.write(timestamp)
        writer.write(ssrc)
        for source in sources { writer.write(source) }
        extensions.write(to: &writer)
        writer.write(payload)
        if paddingLength > 0 {
            writer.writeZeros(Int(paddingLength) - 1)
            writer.write(paddingLength)
        }
        return writer.bytes
    }

    /// Reads a packet, which must be the whole of `bytes`.
    ///
    /// Throws ``RTPError`` if the bytes are no RTP packet. Extensions that cannot be read are left out, as RFC 8285 asks.
    public init(parsing bytes: [UInt8]) throws(RTPError) {
        let layout = try Layout(of: bytes)
        var reader = ByteReader(bytes)
        do {
            try reader.skip(1)
            let second = try reader.read(UInt8.self)
            marker = second & 0x80 != 0
            payloadType = second & 0x7f
            sequenceNumber = try reader.read()
            timestamp = try reader.read()
            ssrc = try reader.read()
            contributingSources = []
            for _ in 0..<(bytes[0] & 0xf) { contributingSources.append(try reader.read()) }
        } catch { throw .truncated }
        if let (profile, block) = layout.extensionBlock {
            extensions = RTPHeaderExtensions(profile: profile, block: bytes, in: block)
        } else {
            extensions = .init()
        }
        payload = Array(bytes[layout.payload])
        paddingLength = UInt8(bytes.count - layout.payload.upperBound)
    }

    /// Overwrites the value of a header extension that is present in `bytes` with the same length.
    ///
    /// For what is known only at the moment of sending: the time and the transport-wide sequence number. Returns whether
    /// there was such an element.
    @discardableResult public static func overwriteExtension(
        _ identifier: UInt8, with value: some Collection<UInt8>, in bytes: inout [UInt8]
    ) -> Bool {
        guard let layout = try? Layout(of: bytes), let (profile, block) = layout.extensionBlock else { return false }
        var found: Range<Int>?
        RTPHeaderExtensions.forEachElement(profile: profile, of: bytes, in: block) { candidate, range in
            if candidate == identifier, found == nil { found = range }
        }
        guard let found, found.count == value.count else { return false }
        for (index, byte) in zip(found, value) { bytes[index] = byte }
        return true
    }

    /// Where the parts of a packet lie.
    private struct Layout {
        var extensionBlock: (profile: UInt16, range: Range<Int>)?
        var payload: Range<Int>

        init(of bytes: [UInt8]) throws(RTPError) {
            guard bytes.count >= 12 else { throw .truncated }
            let version = bytes[0] >> 6
            guard version == 2 else { throw .version(version) }
            var offset = 12 + 4 * Int(bytes[0] & 0xf)
            if bytes[0] & 0x10 != 0 {
                guard bytes.count >= offset + 4 else { throw .truncated }
                let profile = UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
                let length = 4 * (Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3]))
                guard bytes.count >= offset + 4 + length else { throw .truncated }
                extensionBlock = (profile, (offset + 4)..<(offset + 4 + length))
                offset += 4 + length
            }
            guard bytes.count >= offset else { throw .truncated }
            var end = bytes.count
            if bytes[0] & 0x20 != 0 {
                let padding = Int(bytes[end - 1])
                guard padding > 0, end - padding >= offset else { throw .padding }
                end -= padding
            }
            payload = offset..<end
        }
    }
}
