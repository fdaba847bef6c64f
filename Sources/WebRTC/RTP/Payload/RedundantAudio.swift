import Wire

/// Audio that brings copies of what was sent before it (RFC 2198), as one RTP payload.
public struct RedundantAudio: Hashable, Sendable {
    /// A frame that was sent before.
    public struct Copy: Hashable, Sendable {
        public var payloadType: UInt8
        /// By how many timestamp ticks it is older than the frame that brings it, 0...``RedundantAudio/maximumOffset``.
        public var timestampOffset: UInt32
        /// At most ``RedundantAudio/maximumCopySize`` bytes.
        public var payload: [UInt8]

        public init(payloadType: UInt8, timestampOffset: UInt32, payload: [UInt8]) {
            self.payloadType = payloadType
            self.timestampOffset = timestampOffset
            self.payload = payload
        }
    }

    /// Fourteen bits: 341 ms at 48 kHz.
    public static let maximumOffset: UInt32 = 0x3fff
    /// Ten bits.
    public static let maximumCopySize = 0x3ff
    /// More copies than that no sender makes; libwebrtc takes up to 32.
    private static let maximumCopies = 32

    /// The oldest first.
    public var copies: [Copy]
    public var payloadType: UInt8
    public var payload: [UInt8]

    public init(copies: [Copy], payloadType: UInt8, payload: [UInt8]) {
        self.copies = copies
        self.payloadType = payloadType
        self.payload = payload
    }

    /// - Throws: ``RTPError/truncated`` if the headers promise more than there is, ``RTPError/malformed(_:)`` for too many copies.
    public init(parsing bytes: [UInt8]) throws(RTPError) {
        var reader = ByteReader(bytes)
        do throws(ByteReader.Truncated) {
            var headers: [(payloadType: UInt8, rest: UInt32)] = []
            var first = try reader.read(UInt8.self)
            while first & 0x80 != 0 {
                headers.append((first & 0x7f, try reader.readUInt24()))
                first = try reader.read(UInt8.self)
            }
            payloadType = first
            copies = []
            for (payloadType, rest) in headers {
                let payload = try reader.readBytes(Int(rest & 0x3ff))
                // Senders fill places up with empty blocks.
                if payload.isEmpty { continue }
                copies.append(Copy(payloadType: payloadType, timestampOffset: rest >> 10, payload: payload))
            }
            payload = reader.readRest()
        } catch {
            throw .truncated
        }
        guard copies.count <= Self.maximumCopies else { throw .malformed("\(copies.count) copies in one packet of audio") }
    }

    /// The size in bytes of ``encoded()``.
    public var size: Int {
        copies.reduce(1 + payload.count) { $0 + 4 + $1.payload.count }
    }

    /// The RTP payload. Copies that are too old or too long for their header are left out.
    public func encoded() -> [UInt8] {
        let fitting = copies.filter { $0.timestampOffset <= Self.maximumOffset && $0.payload.count <= Self.maximumCopySize }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        for copy in fitting {
            let rest = copy.timestampOffset << 10 | UInt32(copy.payload.count)
            bytes += [0x80 | copy.payloadType & 0x7f, UInt8(rest >> 16), UInt8(rest >> 8 & 0xff), UInt8(rest & 0xff)]
        }
        bytes.append(payloadType & 0x7f)
        for copy in fitting { bytes += copy.payload }
        return bytes + payload
    }
}
