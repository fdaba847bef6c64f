import Wire

/// The least that a STUN server does: tell a client its address (RFC 8489 section 6 and 14.2).
enum STUNResponder {
    private static let magicCookie: UInt32 = 0x2112_a442

    /// The success response to a Binding request; `nil` for anything else.
    static func answer(to request: [UInt8], from source: TransportAddress) -> [UInt8]? {
        var reader = ByteReader(request)
        guard let type = try? reader.read(UInt16.self), type == 0x0001,
            let length = try? reader.read(UInt16.self), Int(length) == request.count - 20,
            let cookie = try? reader.read(UInt32.self), cookie == magicCookie,
            let transaction = try? reader.readBytes(12)
        else { return nil }
        let mask = [0x21, 0x12, 0xa4, 0x42] + transaction
        let address = zip(source.ip.bytes, mask).map { $0 ^ $1 }
        var writer = ByteWriter(reserving: 44)
        writer.write(0x0101 as UInt16)
        writer.write(UInt16(8 + address.count))
        writer.write(magicCookie)
        writer.write(transaction)
        // XOR-MAPPED-ADDRESS
        writer.write(0x0020 as UInt16)
        writer.write(UInt16(4 + address.count))
        writer.write((source.ip.isIPv6 ? 0x0002 : 0x0001) as UInt16)
        writer.write(source.port ^ 0x2112)
        writer.write(address)
        return writer.bytes
    }
}
