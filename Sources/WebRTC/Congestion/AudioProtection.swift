/// Decides how sound is protected from loss: by repeating packets (RFC 2198) or within them (Opus' own copies), and at what bitrate.
///
/// Opus copies only what it takes for speech, in low quality; repeated packets are whole, and reach further back, but take as much
/// again. So they are the choice wherever the path has room for them.
public struct AudioProtection: Sendable, Equatable {
    /// What to do with the packets from now on.
    public struct Plan: Sendable, Equatable {
        /// Bits per second for the encoder.
        public var bitrate: Int
        /// What the encoder is told of loss, 0...1: above 0 it makes copies of its own.
        public var encoderLoss: Double
        /// Which packets are repeated with each: 1 is the last before it.
        public var redundancy: [Int]
    }

    /// From here on single losses are not all: a second copy, of a packet further back, reaches over bursts of three.
    private static let heavyLoss = 0.03
    /// The first copy repairs most, at once; the second one is worth more the further back it reaches, but must be waited for.
    private static let distances = [1, 3]

    private var loss = PacketLossEstimate()
    /// Whether the other side takes packets with copies.
    public var canRepeat = false
    /// What the encoder may take, in bits per second.
    public var bitrate = BitrateAllocation.audioBitrates.upperBound
    /// What the path takes beside the sound and its headers, in bits per second; `nil`: enough.
    public var spareBitrate: Int?

    public init() {}

    /// Takes note of what the path takes. What the present copies take is missing from the picture's share already.
    public mutating func receive(_ allocation: BitrateAllocation) {
        let copies = plan.redundancy.count
        spareBitrate = allocation.video + copies * bitrate
        bitrate = allocation.audio
    }

    /// Takes note of a reception report: what fraction of the packets the other side missed.
    public mutating func receive(reportedLoss: Double) {
        loss.receive(reported: reportedLoss)
    }

    public var plan: Plan {
        var copies = loss.fraction == 0 || !canRepeat ? 0 : 1
        if copies > 0, loss.isMeasured, loss.fraction >= Self.heavyLoss { copies = Self.distances.count }
        // Half of the rest is left for the picture; on a line without any, repeating is left to the encoder.
        if let spareBitrate { copies = min(copies, max(0, spareBitrate) / 2 / max(1, bitrate)) }
        return Plan(
            bitrate: bitrate, encoderLoss: copies > 0 ? 0 : loss.fraction, redundancy: Array(Self.distances.prefix(copies)))
    }
}
