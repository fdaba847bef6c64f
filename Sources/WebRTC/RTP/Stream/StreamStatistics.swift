import Wire

/// Of a sent stream, by the names of W3C's `outbound-rtp`. Retransmissions are counted in.
public struct OutboundStatistics: Hashable, Sendable {
    public var packetsSent = 0
    /// Payload bytes.
    public var bytesSent = 0
    /// Bytes of RTP headers and padding.
    public var headerBytesSent = 0
    public var retransmittedPacketsSent = 0
    public var retransmittedBytesSent = 0
    /// NACK packets that came.
    public var nackCount = 0
    public var pliCount = 0
    /// New FIR commands; repetitions are not counted.
    public var firCount = 0

    public init() {}

    mutating func count(_ packet: RTPPacket, isRetransmission: Bool) {
        packetsSent += 1
        bytesSent += packet.payload.count
        headerBytesSent += packet.headerSize + Int(packet.paddingLength)
        if isRetransmission {
            retransmittedPacketsSent += 1
            retransmittedBytesSent += packet.payload.count
        }
    }
}

/// What the remote end reports on a sent stream, by the names of W3C's `remote-inbound-rtp`.
public struct RemoteInboundStatistics: Hashable, Sendable {
    public var packetsLost = 0
    /// 0...1, since the report before.
    public var fractionLost = 0.0
    /// Seconds.
    public var jitter = 0.0
    /// Seconds; `nil` if no report has told it.
    public var roundTripTime: Double?
    public var totalRoundTripTime = 0.0
    public var roundTripTimeMeasurements = 0

    public init() {}
}

/// Of a received stream, by the names of W3C's `inbound-rtp`. Retransmissions are counted in.
public struct InboundStatistics: Hashable, Sendable {
    public var packetsReceived = 0
    /// Negative if duplicates outnumber the losses. Packets that a retransmission recovered stay lost.
    public var packetsLost = 0
    /// Seconds.
    public var jitter = 0.0
    /// Payload bytes.
    public var bytesReceived = 0
    /// Bytes of RTP headers and padding.
    public var headerBytesReceived = 0
    public var retransmittedPacketsReceived = 0
    public var retransmittedBytesReceived = 0
    /// Packets that came too late or far out of sequence, or could not be read.
    public var packetsDiscarded = 0
    /// Packets that had come before.
    public var packetsDuplicated = 0
    public var lastPacketReceivedTimestamp: Instant?
    /// NACK packets sent.
    public var nackCount = 0
    public var pliCount = 0
    public var firCount = 0

    public init() {}
}

/// What the remote end tells of a stream that it sends, by the names of W3C's `remote-outbound-rtp`.
public struct RemoteOutboundStatistics: Hashable, Sendable {
    public var packetsSent: UInt32
    public var bytesSent: UInt32
    /// When the last report was sent, by the remote end's clock.
    public var remoteTimestamp: NTPTime
    public var reportsSent: Int
}
