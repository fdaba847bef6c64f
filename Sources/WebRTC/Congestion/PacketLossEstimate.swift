/// What fraction of the sound's packets the sender is to reckon with losing.
///
/// A receiver reports the loss of about a second of packets, so that at a few percent most reports swing between none and
/// several: the estimate follows a rise at once and a fall over ten reports, and forward error correction stays on between losses.
public struct PacketLossEstimate: Sendable, Equatable {
    /// 0...1. Until the first reports a call is taken to lose some, because its first words matter most.
    public private(set) var fraction = 0.05
    /// Whether there was a report.
    public private(set) var isMeasured = false

    /// Below this, a frame of speech is worth more than the copy of the one before it.
    private static let negligible = 0.005

    public init() {}

    public mutating func receive(reported: Double) {
        let reported = min(max(reported, 0), 1)
        isMeasured = true
        fraction = max(reported, fraction + (reported - fraction) / 10)
        if fraction < Self.negligible { fraction = 0 }
    }
}
