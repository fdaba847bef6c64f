import Wire

/// SDES: who the sources are (RFC 3550 section 6.5).
public struct SourceDescription: Hashable, Sendable {
    public struct Item: Hashable, Sendable {
        /// 1 is CNAME; 0 ends a list and is never an item.
        public var type: UInt8
        /// UTF-8; the first 255 bytes are written.
        public var value: [UInt8]

        public init(type: UInt8, value: [UInt8]) {
            self.type = type
            self.value = value
        }
    }

    public struct Chunk: Hashable, Sendable {
        public var ssrc: UInt32
        public var items: [Item]

        public init(ssrc: UInt32, items: [Item]) {
            self.ssrc = ssrc
            self.items = items
        }

        public init(ssrc: UInt32, cname: String) { self.init(ssrc: ssrc, items: [Item(type: Self.cnameType, value: Array(cname.utf8))]) }

        private static let cnameType: UInt8 = 1

        /// The canonical name, which ties the sources of one endpoint together.
        public var cname: String? { items.first { $0.type == Self.cnameType }.map { String(decoding: $0.value, as: UTF8.self) } }
    }

    public var chunks: [Chunk]

    public init(chunks: [Chunk]) { self.chunks = chunks }

    init(count: UInt8, from reader: inout ByteReader) throws(ByteReader.Truncated) {
        chunks = []
        for _ in 0..<count {
            let start = reader.position
            var chunk = Chunk(ssrc: try reader.read(), items: [])
            while true {
                let type = try reader.read(UInt8.self)
                if type == 0 { break }
                let length = try reader.read(UInt8.self)
                chunk.items.append(Item(type: type, value: try reader.readBytes(Int(length))))
            }
            // Each chunk ends on a word; the body starts on one. Tolerate an end that is cut short.
            try reader.skip(min(reader.remaining, (4 - (reader.position - start) % 4) % 4))
            chunks.append(chunk)
        }
    }

    func write(to writer: inout ByteWriter) -> UInt8 {
        let written = chunks.prefix(31)
        for chunk in written {
            writer.write(chunk.ssrc)
            for item in chunk.items where item.type != 0 {
                let value = item.value.prefix(255)
                writer.write(item.type)
                writer.write(UInt8(value.count))
                writer.write(value)
            }
            writer.write(UInt8(0))
            writer.pad(to: 4)
        }
        return UInt8(written.count)
    }
}

/// BYE: sources that end (RFC 3550 section 6.6).
public struct Goodbye: Hashable, Sendable {
    public var sources: [UInt32]
    /// The first 255 bytes of its UTF-8 are written; empty means none.
    public var reason: String

    public init(sources: [UInt32], reason: String = "") {
        self.sources = sources
        self.reason = reason
    }

    init(count: UInt8, from reader: inout ByteReader) throws(ByteReader.Truncated) {
        sources = []
        for _ in 0..<count { sources.append(try reader.read()) }
        reason = ""
        if !reader.isAtEnd {
            let length = Int(try reader.read(UInt8.self))
            reason = String(decoding: try reader.readBytes(min(length, reader.remaining)), as: UTF8.self)
        }
    }

    func write(to writer: inout ByteWriter) -> UInt8 {
        let written = sources.prefix(31)
        for source in written { writer.write(source) }
        let text = reason.utf8.prefix(255)
        if !text.isEmpty {
            writer.write(UInt8(text.count))
            writer.write(text)
        }
        return UInt8(written.count)
    }
}
