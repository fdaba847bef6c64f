import Security

/// What a session counts beside its streams.
public struct Counters: Hashable, Sendable {
    public var packetsSent = 0
    public var bytesSent = 0
    /// W3C's name: packets that found no room before they were sent.
    public var packetsDiscardedOnSend = 0
    public var packetsReceived = 0
    public var bytesReceived = 0
    public var selectedCandidatePairChanges = 0
    /// Datagrams of no protocol that is known, from an address that was not checked, or before there were keys.
    public var strayDatagrams = 0
    public var malformedPackets = 0
    public var malformedCandidates = 0
    public var unauthenticatedPackets = 0
    public var replayedPackets = 0
    /// Packets of streams that belong to no transceiver.
    public var unknownStreamPackets = 0

    mutating func count(_ error: SRTPError) {
        switch error {
        case .authenticationFailed: unauthenticatedPackets += 1
        case .replayed: replayedPackets += 1
        default: malformedPackets += 1
        }
    }
}
