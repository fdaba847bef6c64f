import Wire

/// What a receiver tells about one source (RFC 3550 section 6.4.1).
public struct ReportBlock: Hashable, Sendable {
    /// The source that the block is about.
    public var ssrc: UInt32
    /// The part of packets lost since the last report, in 1/256.
    public var fractionLost: UInt8
    /// Packets lost since the beginning, -2^23...2^23-1; negative if duplicates outnumber the losses.
    public var cumulativeLost: Int32
    /// The highest sequence number received, with the count of wraps in the upper half.
    public var extendedHighestSequenceNumber: UInt32
    /// Interarrival jitter, in timestamp units.
    public var jitter: UInt32
    /// The middle 32 bits of the NTP time of the last sender report; 0 if none has come.
    public var lastSenderReport: UInt32
    /// The time since that report came, in 1/65536 s.
    public var delaySinceLastSenderReport: UInt32

    public init(
        ssrc: UInt32, fractionLost: UInt8 = 0, cumulativeLost: Int32 = 0, extendedHighestSequenceNumber: UInt32 = 0, jitter: UInt32 = 0,
        lastSenderReport: UInt32 = 0, delaySinceLastSenderReport: UInt32 = 0
    ) {
        self.ssrc = ssrc
        self.fractionLost = fractionLost
        self.cumulativeLost = cumulativeLost
        self.extendedHighestSequenceNumber = extendedHighestSequenceNumber
        self.jitter = jitter
        self.lastSenderReport = lastSenderReport
        self.delaySinceLastSenderReport = delaySinceLastSenderReport
    }

    /// Blocks in one report: what five bits count.
    static let maximumCount = 31

    init(from reader: inout ByteReader) throws(ByteReader.Truncated) {
        ssrc = try reader.read()
        fractionLost = try reader.read()
        let lost = Int32(bitPattern: try reader.readUInt24())
        cumulativeLost = lost >= 1 << 23 ? lost - 1 << 24 : lost
        extendedHighestSequenceNumber = try reader.read()
        jitter = try reader.read()
        lastSenderReport = try reader.read()
        delaySinceLastSenderReport = try reader.read()
    }

    func write(to writer: inout ByteWriter) {
        writer.write(ssrc)
        writer.write(fractionLost)
        writer.writeUInt24(UInt32(bitPattern: min(max(cumulativeLost, -(1 << 23)), 1 << 23 - 1)) & 0xff_ffff)
        writer.write(extendedHighestSequenceNumber)
        writer.write(jitter)
        writer.write(lastSenderReport)
        writer.write(delaySinceLastSenderReport)
    }

    static func read(count: UInt8, from reader: inout ByteReader) throws(ByteReader.Truncated) -> [ReportBlock] {
        var blocks: [ReportBlock] = []
        for _ in 0..<count { blocks.append(try ReportBlock(from: &reader)) }
        return blocks
    }

    /// Returns how many were written.
    static func write(_ blocks: [ReportBlock], to writer: inout ByteWriter) -> UInt8 {
        let written = blocks.prefix(maximumCount)
        for block in written { block.write(to: &writer) }
        return UInt8(written.count)
    }
}

/// SR: what a sender has sent, and the wallclock time of a media timestamp (RFC 3550 section 6.4.1).
public struct SenderReport: Hashable, Sendable {
    public var ssrc: UInt32
    /// The wallclock time of ``rtpTimestamp``.
    public var ntpTime: NTPTime
    public var rtpTimestamp: UInt32
    public var packetCount: UInt32
    /// Payload octets, without headers and padding.
    public var octetCount: UInt32
    public var reports: [ReportBlock]

    public init(ssrc: UInt32, ntpTime: NTPTime, rtpTimestamp: UInt32, packetCount: UInt32, octetCount: UInt32, reports: [ReportBlock] = [])
    {
        self.ssrc = ssrc
        self.ntpTime = ntpTime
        self.rtpTimestamp = rtpTimestamp
        self.packetCount = packetCount
        self.octetCount = octetCount
        self.reports = reports
    }

    init(count: UInt8, from reader: inout ByteReader) throws(ByteReader.Truncated) {
        ssrc = try reader.read()
        ntpTime = NTPTime(rawValue: try reader.read())
        rtpTimestamp = try reader.read()
        packetCount = try reader.read()
        octetCount = try reader.read()
        reports = try ReportBlock.read(count: count, from: &reader)
    }

    func write(to writer: inout ByteWriter) -> UInt8 {
        writer.write(ssrc)
        writer.write(ntpTime.rawValue)
        writer.write(rtpTimestamp)
        writer.write(packetCount)
        writer.write(octetCount)
        return ReportBlock.write(reports, to: &writer)
    }
}

/// RR: reception reports of one that sends nothing, or more of them than an SR could hold (RFC 3550 section 6.4.2).
public struct ReceiverReport: Hashable, Sendable {
    /// The reporter.
    public var ssrc: UInt32
    public var reports: [ReportBlock]

    public init(ssrc: UInt32, reports: [ReportBlock] = []) {
        self.ssrc = ssrc
        self.reports = reports
    }

    init(count: UInt8, from reader: inout ByteReader) throws(ByteReader.Truncated) {
        ssrc = try reader.read()
        reports = try ReportBlock.read(count: count, from: &reader)
    }

    func write(to writer: inout ByteWriter) -> UInt8 {
        writer.write(ssrc)
        return ReportBlock.write(reports, to: &writer)
    }
}
