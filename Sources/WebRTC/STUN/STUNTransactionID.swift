import Wire

/// The 96 bits that tie a response to its request (RFC 8489 section 5).
public struct STUNTransactionID: Hashable, Sendable {
    private var high: UInt32
    private var low: UInt64

    /// Unguessable if `random` is: on that rests the safety of responses without integrity.
    public init(random: inout RandomSource) {
        high = UInt32(truncatingIfNeeded: random.next())
        low = random.next()
    }

    init(reading reader: inout ByteReader) throws(ByteReader.Truncated) {
        high = try reader.read(UInt32.self)
        low = try reader.read(UInt64.self)
    }

    /// From 12 bytes; `nil` for any other number.
    public init?(bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard bytes.count == 12, let id = try? STUNTransactionID(reading: &reader) else { return nil }
        self = id
    }

    func write(to writer: inout ByteWriter) {
        writer.write(high)
        writer.write(low)
    }

    /// What an address is XORed with: the magic cookie and the transaction id, 16 bytes.
    var addressMask: [UInt8] {
        var writer = ByteWriter(reserving: 16)
        writer.write(STUNMessage.magicCookie)
        write(to: &writer)
        return writer.bytes
    }
}
