import Wire

/// The RTCP packets of one datagram (RFC 3550 section 6.1).
public struct RTCPCompound: Hashable, Sendable {
    /// The packets up to the first that could not be read.
    public var packets: [RTCPPacket]
    /// What was wrong with the first packet that could not be read; the bytes from there on are left out.
    public var error: RTPError?

    /// Reads packets until the end or the first malformed one.
    public init(parsing bytes: [UInt8]) {
        packets = []
        var offset = 0
        do {
            while offset < bytes.count {
                let packet = try Self.packet(in: bytes, at: &offset)
                packets.append(packet)
            }
        } catch { self.error = error }
    }

    private static func packet(in bytes: [UInt8], at offset: inout Int) throws(RTPError) -> RTCPPacket {
        guard bytes.count - offset >= 4 else { throw .truncated }
        let first = bytes[offset]
        guard first >> 6 == 2 else { throw .version(first >> 6) }
        let size = 4 + 4 * (Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3]))
        guard bytes.count - offset >= size else { throw .truncated }
        var end = offset + size
        if first & 0x20 != 0 {
            let padding = Int(bytes[end - 1])
            guard padding > 0, padding <= size - 4 else { throw .padding }
            end -= padding
        }
        let body = Array(bytes[(offset + 4)..<end])
        let packet = try RTCPPacket(count: first & 0x1f, type: bytes[offset + 1], body: body)
        offset += size
        return packet
    }

    /// Whether the compound may be used: it starts with a sender or receiver report (RFC 3550 appendix A.2), or reduced-size
    /// RTCP was negotiated and it starts with anything (RFC 5506).
    public func isValid(reducedSize: Bool) -> Bool {
        switch packets.first {
        case .senderReport, .receiverReport: true
        case .none: false
        default: reducedSize
        }
    }
}
