import Wire

/// Multicast DNS messages (RFC 6762), as far as the names of ICE candidates need them.
///
/// Browsers hide host addresses behind names that they answer for on the local network (draft-ietf-mmusic-mdns-ice-candidates).
enum MDNSMessage {
    /// The longest name (RFC 1035 section 2.3.4), which also bounds what following compression pointers can cost.
    private static let maximumNameLength = 255
    /// An answer about one name has an address or two; a message of 9000 bytes could hold hundreds of records.
    private static let maximumRecords = 64

    private static let typeA: UInt16 = 1
    private static let typeAAAA: UInt16 = 28
    private static let classInternet: UInt16 = 1

    /// Asks for both kinds of address of `name`, to be answered to everybody.
    static func query(_ name: String) -> [UInt8] {
        var writer = ByteWriter()
        for word: UInt16 in [0, 0, 2, 0, 0, 0] { writer.write(word) }
        for type in [typeA, typeAAAA] {
            for label in name.split(separator: ".") {
                writer.write(UInt8(truncatingIfNeeded: label.utf8.count))
                writer.write(label.utf8)
            }
            writer.write(UInt8(0))
            writer.write(type)
            writer.write(classInternet)
        }
        return writer.bytes
    }

    /// What a response says of `name`'s addresses; nothing if the bytes are no response.
    static func addresses(of name: String, in bytes: [UInt8]) -> [IPAddress] {
        (try? parse(bytes, name.lowercased())) ?? []
    }

    private static func parse(_ bytes: [UInt8], _ name: String) throws -> [IPAddress] {
        var reader = ByteReader(bytes)
        try reader.skip(2)
        let flags: UInt16 = try reader.read()
        guard flags & 0x8000 != 0 else { return [] }
        let questions: UInt16 = try reader.read()
        let records = try (0..<3).reduce(0) { total, _ in total + Int(try reader.read(UInt16.self)) }
        for _ in 0..<min(Int(questions), maximumRecords) {
            _ = try readName(&reader, of: bytes)
            try reader.skip(4)
        }
        var found: [IPAddress] = []
        for _ in 0..<min(records, maximumRecords) {
            let owner = try readName(&reader, of: bytes)
            let type: UInt16 = try reader.read()
            // The top bit tells caches to flush (RFC 6762 section 10.2); after it the time to live.
            let recordClass = try reader.read(UInt16.self) & 0x7fff
            try reader.skip(4)
            let data = try reader.readBytes(Int(try reader.read(UInt16.self)))
            guard owner == name, recordClass == classInternet, [(typeA, 4), (typeAAAA, 16)].contains(where: { $0 == (type, data.count) })
            else { continue }
            if let address = IPAddress(bytes: data), !found.contains(address) { found.append(address) }
        }
        return found
    }

    /// The name at the reader, in lower case, with compression (RFC 1035 section 4.1.4): pointers only ever lead backwards.
    private static func readName(_ reader: inout ByteReader, of bytes: [UInt8]) throws -> String? {
        var labels: [String] = []
        var length = 0
        var pointed: ByteReader?
        while length <= maximumNameLength {
            let position = pointed?.position ?? reader.position
            let count: UInt8 = try pointed?.read() ?? reader.read()
            switch count >> 6 {
            case 0:
                if count == 0 { return labels.joined(separator: ".") }
                let label = try pointed?.readBytes(Int(count)) ?? reader.readBytes(Int(count))
                labels.append(String(decoding: label, as: UTF8.self).lowercased())
                length += Int(count) + 1
            case 3:
                let low: UInt8 = try pointed?.read() ?? reader.read()
                let target = Int(count & 0x3f) << 8 | Int(low)
                guard target < position else { return nil }
                pointed = try ByteReader(bytes, in: 0..<bytes.count)
                try pointed?.skip(target)
            default: return nil
            }
        }
        return nil
    }
}
