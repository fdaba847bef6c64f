import Wire

/// A whole VP8 frame that the decoder can take: everything that it refers to was handed out before.
public struct AssembledFrame: Hashable, Sendable {
    public var bytes: [UInt8]
    /// In units of 1/90000 s.
    public var rtpTimestamp: UInt32
    public var isKeyFrame: Bool
    public var firstSequenceNumber: UInt16
    public var lastSequenceNumber: UInt16
    public var packetCount: Int
    /// When the first of its packets arrived.
    public var firstPacketAt: Instant
    /// When the last of its packets arrived, perhaps by retransmission.
    public var completedAt: Instant
}
