import DequeModule
import Wire

/// Spreads packets over time, so that a picture of many packets does not fill the path's queue at once: sound leaves at once,
/// then what was asked for again, then pictures.
public struct Pacer<Packet> {
    public enum Kind: Hashable, Sendable {
        case audio, retransmission, video
    }

    public enum Action {
        /// Send this packet, which may belong to a probe.
        case send(Packet, probe: Int?)
        /// Send something that nobody needs: the probe has nothing else. It is small or whole.
        case padding(isSmall: Bool, probe: Int)
    }

    private struct Item {
        var packet: Packet
        var size: Int
    }

    /// How much faster than the target pictures leave, so that a key frame is not late.
    public static var factor: Double { 2.0 }
    /// So much may leave at once: timers finer than this cost more than they are worth.
    private static var burst: Double { 0.005 }
    /// Bits per second that are left while the path holds packets up: enough to learn when it no longer does.
    private static var crawl: Double { 20_000 }
    /// Packets that wait: more than any encoder makes before it is told to stop.
    private static var capacity: Int { 2000 }
    /// Bytes on the wire, about.
    private static func paddingSize(isSmall: Bool) -> Int { isSmall ? 320 : 1200 }

    private var audio: Deque<Item> = []
    private var retransmissions: Deque<Item> = []
    private var video: Deque<Item> = []
    private var queuedBytes = 0
    /// Bytes sent that the rate has not made up for yet.
    private var debt = 0.0
    private var lastUpdate: Instant?
    private var waiting: Deque<Probe> = []
    private var probe: (probe: Probe, began: Instant, packets: Int, bytes: Int)?

    /// Bits per second that pictures leave with.
    private var rate = Double(CongestionController.startBitrate) * Self.factor
    /// More is under way than the path seems to take.
    public var isHeldUp = false

    public init() {}

    public mutating func setTarget(_ bitrate: Int) {
        rate = max(1, Double(bitrate) * Self.factor)
    }

    /// How long the last packet waits from now on.
    public var queueingDelay: Duration {
        .microseconds(Int64((Double(queuedBytes) + max(0, debt)) * 8 / rate * 1e6))
    }

    /// Whether pictures wait that the path will not take for now, so that no further ones are wanted.
    public var isHoldingPictures: Bool { isHeldUp && queuedBytes > 0 }

    /// - Returns: `false` if there is no room; the packet is lost then.
    public mutating func add(_ packet: Packet, size: Int, kind: Kind) -> Bool {
        let item = Item(packet: packet, size: size)
        if kind == .audio {
            guard audio.count < Self.capacity else { return false }
            audio.append(item)
            return true
        }
        guard video.count + retransmissions.count < Self.capacity else { return false }
        queuedBytes += size
        if kind == .video { video.append(item) } else { retransmissions.append(item) }
        return true
    }

    /// Throws away what waits but the sound: by the time that it came nobody would want it.
    public mutating func discardPictures() {
        video.removeAll()
        retransmissions.removeAll()
        queuedBytes = 0
    }

    public mutating func start(_ probe: Probe) {
        if waiting.count < 4 { waiting.append(probe) }
    }

    /// Nothing can fill a probe up.
    public mutating func cancelProbes() {
        waiting.removeAll()
        probe = nil
    }

    /// When ``next(at:)`` is to be called again; what waits then leaves as a burst, since each awakening costs more than a packet.
    public var deadline: Instant? {
        if let probe { return probe.began + Self.time(probe.bytes, Double(probe.probe.rate)) }
        guard queuedBytes > 0, let lastUpdate else { return audio.isEmpty ? nil : lastUpdate }
        return lastUpdate + .nanoseconds(Int64((debt > allowance ? debt : 0) * 8 / currentRate * 1e9) + 1000)
    }

    public mutating func next(at now: Instant) -> Action? {
        debt = max(0, debt - (now - (lastUpdate ?? now)).seconds * currentRate / 8)
        lastUpdate = now
        if let item = audio.popFirst() {
            debt += Double(item.size)
            return .send(item.packet, probe: nil)
        }
        if probe == nil, !isHeldUp, queuedBytes > 0, let next = waiting.popFirst() { probe = (next, now, 0, 0) }
        if let running = probe {
            guard running.began + Self.time(running.bytes, Double(running.probe.rate)) <= now else { return nil }
            return continueProbe(running.probe)
        }
        guard queuedBytes > 0, debt <= allowance, let item = popQueued() else { return nil }
        debt += Double(item.size)
        return .send(item.packet, probe: nil)
    }

    private mutating func continueProbe(_ running: Probe) -> Action {
        let item = popQueued()
        let size = item?.size ?? Self.paddingSize(isSmall: running.isSmall)
        probe?.packets += 1
        probe?.bytes += size
        debt += Double(size)
        if let probe, probe.packets >= running.minimumPackets, probe.bytes >= running.minimumBytes { self.probe = nil }
        if let item { return .send(item.packet, probe: running.id) }
        return .padding(isSmall: running.isSmall, probe: running.id)
    }

    private mutating func popQueued() -> Item? {
        guard let item = retransmissions.popFirst() ?? video.popFirst() else { return nil }
        queuedBytes -= item.size
        return item
    }

    private var currentRate: Double { isHeldUp ? min(rate, Self.crawl) : rate }
    /// Bytes.
    private var allowance: Double { currentRate * Self.burst / 8 }

    private static func time(_ bytes: Int, _ rate: Double) -> Duration {
        .nanoseconds(Int64(Double(bytes) * 8 / rate * 1e9))
    }
}
