/// Takes DTLS datagrams apart (RFC 6347 section 4.1).
enum DTLSRecords {
    /// The records of a datagram, one datagram each.
    static func split(_ datagram: [UInt8]) -> [[UInt8]] {
        var records: [[UInt8]] = []
        var rest = datagram[...]
        while rest.count >= 13 {
            let length = 13 + Int(rest[rest.startIndex + 11]) << 8 + Int(rest[rest.startIndex + 12])
            records.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return records
    }
}
