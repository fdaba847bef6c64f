import Wire

/// Generic NACK: packets that are missing (RFC 4585 section 6.2.1).
public struct GenericNACK: Hashable, Sendable {
    public var senderSSRC: UInt32
    /// The source whose packets are missing.
    public var mediaSSRC: UInt32
    /// The missing packets; read and written in the order of the packet's PID/BLP pairs.
    public var sequenceNumbers: [UInt16]

    public init(senderSSRC: UInt32, mediaSSRC: UInt32, sequenceNumbers: [UInt16]) {
        self.senderSSRC = senderSSRC
        self.mediaSSRC = mediaSSRC
        self.sequenceNumbers = sequenceNumbers
    }

    /// Pairs in one packet: what a datagram of 1200 bytes holds behind a report. Each stands for up to 17 packets.
    static let maximumPairCount = 200

    init(from reader: inout ByteReader) throws(ByteReader.Truncated) {
        senderSSRC = try reader.read()
        mediaSSRC = try reader.read()
        sequenceNumbers = []
        var pairs = 0
        while reader.remaining >= 4, pairs < Self.maximumPairCount {
            let first = try reader.read(UInt16.self)
            let mask = try reader.read(UInt16.self)
            sequenceNumbers.append(first)
            for bit in UInt16(0)..<16 where mask >> bit & 1 != 0 { sequenceNumbers.append(first &+ bit &+ 1) }
            pairs += 1
        }
    }

    func write(to writer: inout ByteWriter) {
        writer.write(senderSSRC)
        writer.write(mediaSSRC)
        var pairs: [(first: UInt16, mask: UInt16)] = []
        for number in sequenceNumbers {
            if let last = pairs.last {
                let distance = number &- last.first
                if distance == 0 { continue }
                if distance <= 16 {
                    pairs[pairs.count - 1].mask |= 1 << (distance - 1)
                    continue
                }
            }
            if pairs.count == Self.maximumPairCount { break }
            pairs.append((number, 0))
        }
        for pair in pairs {
            writer.write(pair.first)
            writer.write(pair.mask)
        }
    }
}

/// PLI: the receiver needs a picture that it can decode by itself (RFC 4585 section 6.3.1).
public struct PictureLossIndication: Hashable, Sendable {
    public var senderSSRC: UInt32
    public var mediaSSRC: UInt32

    public init(senderSSRC: UInt32, mediaSSRC: UInt32) {
        self.senderSSRC = senderSSRC
        self.mediaSSRC = mediaSSRC
    }

    init(from reader: inout ByteReader) throws(ByteReader.Truncated) {
        senderSSRC = try reader.read()
        mediaSSRC = try reader.read()
    }

    func write(to writer: inout ByteWriter) {
        writer.write(senderSSRC)
        writer.write(mediaSSRC)
    }
}

/// FIR: a command to send a key frame (RFC 5104 section 4.3.1).
public struct FullIntraRequest: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        /// The source that shall send a key frame.
        public var ssrc: UInt32
        /// Grows by one with each new command; the same number is a repetition, to be acted upon once.
        public var sequenceNumber: UInt8

        public init(ssrc: UInt32, sequenceNumber: UInt8) {
            self.ssrc = ssrc
            self.sequenceNumber = sequenceNumber
        }
    }

    public var senderSSRC: UInt32
    /// The first 128 are written.
    public var entries: [Entry]

    public init(senderSSRC: UInt32, entries: [Entry]) {
        self.senderSSRC = senderSSRC
        self.entries = entries
    }

    init(from reader: inout ByteReader) throws(ByteReader.Truncated) {
        senderSSRC = try reader.read()
        try reader.skip(4)
        entries = []
        while reader.remaining >= 8 {
            entries.append(Entry(ssrc: try reader.read(), sequenceNumber: try reader.read()))
            try reader.skip(3)
        }
    }

    func write(to writer: inout ByteWriter) {
        writer.write(senderSSRC)
        writer.write(UInt32(0))
        for entry in entries.prefix(128) {
            writer.write(entry.ssrc)
            writer.write(entry.sequenceNumber)
            writer.writeZeros(3)
        }
    }
}

/// REMB: the bitrate that the receiver believes the path to carry (draft-alvestrand-rmcat-remb-03).
public struct ReceiverEstimatedMaximumBitrate: Hashable, Sendable {
    public var senderSSRC: UInt32
    /// Bits per second; written with 18 significant bits.
    public var bitrate: UInt64
    /// The sources that share the bitrate; the first 255 are written.
    public var sources: [UInt32]

    public init(senderSSRC: UInt32, bitrate: UInt64, sources: [UInt32]) {
        self.senderSSRC = senderSSRC
        self.bitrate = bitrate
        self.sources = sources
    }

    static let identifier = Array("REMB".utf8)

    init(from reader: inout ByteReader) throws(ByteReader.Truncated) {
        senderSSRC = try reader.read()
        try reader.skip(8)
        let count = try reader.read(UInt8.self)
        let field = UInt64(try reader.readUInt24())
        let exponent = field >> 18
        let mantissa = field & 0x3ffff
        bitrate = mantissa.leadingZeroBitCount >= Int(exponent) ? mantissa << exponent : .max
        sources = []
        for _ in 0..<count { sources.append(try reader.read()) }
    }

    func write(to writer: inout ByteWriter) {
        writer.write(senderSSRC)
        writer.write(UInt32(0))
        writer.write(Self.identifier)
        let written = sources.prefix(255)
        writer.write(UInt8(written.count))
        let exponent = max(0, 64 - 18 - bitrate.leadingZeroBitCount)
        writer.writeUInt24(UInt32(exponent) << 18 | UInt32(bitrate >> UInt64(exponent)))
        for source in written { writer.write(source) }
    }
}
