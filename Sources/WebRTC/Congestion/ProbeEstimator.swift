import DequeModule
import Wire

/// A burst of packets at a rate beyond the target, to see whether it passes.
public struct Probe: Hashable, Sendable {
    public var id: Int
    /// Bits per second.
    public var rate: Int
    public var minimumPackets: Int { Self.minimumPackets }
    public var minimumBytes: Int

    private static let minimumPackets = 5
    private static let length = 0.015
    /// At lower rates a burst of whole packets would hold the sound up.
    private static let wholePackets = 600_000.0

    init(id: Int, rate: Double) {
        self.id = id
        self.rate = Int(rate)
        minimumBytes = Int(rate * Self.length / 8)
    }

    /// Whether the packets that fill it up should be small.
    public var isSmall: Bool { Double(rate) < Self.wholePackets }

    /// About how many bytes a probe of so many bits per second takes.
    static func cost(_ rate: Double) -> Double {
        max(rate * length / 8, Double(minimumPackets) * (rate < wholePackets ? 330 : 1250))
    }
}

/// Reads from a probe's arrival how much passed.
struct ProbeEstimator: Sendable {
    private struct Cluster: Sendable {
        var probe: Probe
        var began: Instant
        var packets = 0
        var bytes = 0
        var firstSent: (at: Instant, size: Int)?
        var lastSent: (at: Instant, size: Int)?
        var firstReceived: (at: Instant, size: Int)?
        var lastReceived: (at: Instant, size: Int)?
    }

    /// This much of a probe is enough.
    private static let enough = 0.8
    /// What arrives faster than it was sent by more than this was held up together, and says nothing.
    private static let maximumRatio = 2.0
    /// Below this part of the sent rate the path's limit has been met; a little less than the limit is then aimed at.
    private static let (full, utilization) = (0.9, 0.95)
    private static let longest = Duration.seconds(1)
    private static let maximumAge = Duration.seconds(3)

    private var clusters: Deque<Cluster> = []

    mutating func began(_ probe: Probe, at now: Instant) {
        clusters.removeAll { now - $0.began > Self.maximumAge }
        clusters.append(Cluster(probe: probe, began: now))
    }

    /// A packet of a probe arrived; what the probe has shown once enough of it has, in bits per second.
    mutating func add(_ result: PacketResult) -> Double? {
        guard let id = result.packet.probe, let arrival = result.receivedAt else { return nil }
        guard let index = clusters.firstIndex(where: { $0.probe.id == id }) else { return nil }
        let size = result.packet.size
        var cluster = clusters[index]
        cluster.packets += 1
        cluster.bytes += size
        if cluster.firstSent.map({ result.packet.sentAt < $0.at }) ?? true { cluster.firstSent = (result.packet.sentAt, size) }
        if cluster.lastSent.map({ result.packet.sentAt >= $0.at }) ?? true { cluster.lastSent = (result.packet.sentAt, size) }
        if cluster.firstReceived.map({ arrival < $0.at }) ?? true { cluster.firstReceived = (arrival, size) }
        if cluster.lastReceived.map({ arrival >= $0.at }) ?? true { cluster.lastReceived = (arrival, size) }
        clusters[index] = cluster
        return Self.rate(cluster)
    }

    private static func rate(_ cluster: Cluster) -> Double? {
        guard Double(cluster.packets) >= enough * Double(cluster.probe.minimumPackets),
            Double(cluster.bytes) >= enough * Double(cluster.probe.minimumBytes),
            let firstSent = cluster.firstSent, let lastSent = cluster.lastSent, let firstReceived = cluster.firstReceived,
            let lastReceived = cluster.lastReceived
        else { return nil }
        let (sending, receiving) = (lastSent.at - firstSent.at, lastReceived.at - firstReceived.at)
        guard sending > .zero, receiving > .zero, sending <= longest, receiving <= longest else { return nil }
        // The last packet's bytes were sent after the interval, the first one's had arrived before it.
        let sent = Double(cluster.bytes - lastSent.size) * 8 / sending.seconds
        let received = Double(cluster.bytes - firstReceived.size) * 8 / receiving.seconds
        guard received / sent <= maximumRatio else { return nil }
        return received < full * sent ? utilization * received : min(sent, received)
    }
}
