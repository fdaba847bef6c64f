import Wire

/// One direction of a path: a ``LinkModel`` and what it remembers.
public struct Link: Sendable {
    public struct Statistics: Sendable, Hashable {
        public var packets = 0
        public var bytes = 0
        /// Lost on the way.
        public var lost = 0
        /// Found the queue full.
        public var dropped = 0
        public var duplicated = 0
        /// How many packets waited for the bottleneck, by whole milliseconds of waiting; longer ones count as the last.
        public private(set) var waits: [Int] = []

        public init() {}

        /// Bytes with the headers of IP and UDP, which ``LinkModel/rate`` counts too.
        public var bytesOnTheWire: Int { bytes + packets * Link.overhead }

        /// The time that so many of the packets (0...1) waited at most for the bottleneck.
        public func wait(_ fraction: Double) -> Duration {
            var rest = Int((Double(waits.reduce(0, +)) * fraction).rounded(.up))
            for (milliseconds, count) in waits.enumerated() {
                rest -= count
                if rest <= 0 { return .milliseconds(milliseconds) }
            }
            return .zero
        }

        fileprivate mutating func waited(_ time: Duration) {
            if waits.isEmpty { waits = Array(repeating: 0, count: Self.longestWait + 1) }
            waits[min(Self.longestWait, max(0, Int(time.milliseconds)))] += 1
        }

        /// In milliseconds.
        private static let longestWait = 5000
    }

    /// May be changed at any time; what is under way is not affected.
    public var model: LinkModel
    public private(set) var statistics = Statistics()
    private var random: RandomSource
    private var isBad = false
    /// When the bottleneck will have sent all that it was given.
    private var busyUntil = Instant(nanoseconds: .min)
    private var lastArrival = Instant(nanoseconds: .min)

    /// Headers of IPv4 and UDP.
    fileprivate static let overhead = 28

    public init(_ model: LinkModel, random: RandomSource) {
        self.model = model
        self.random = random
    }

    /// When a packet of `size` bytes that enters at `now` arrives: never, once, or twice. `now` must not go back.
    public mutating func send(_ size: Int, at now: Instant) -> [Instant] {
        statistics.packets += 1
        statistics.bytes += size
        guard let departure = passBottleneck(size, at: now) else {
            statistics.dropped += 1
            return []
        }
        guard !losesPacket() else {
            statistics.lost += 1
            return []
        }
        var arrivals = [arrival(departure)]
        if happens(model.duplication) {
            statistics.duplicated += 1
            arrivals.append(arrival(departure))
        }
        return arrivals
    }

    private mutating func passBottleneck(_ size: Int, at now: Instant) -> Instant? {
        guard let rate = model.rate, rate > 0 else { return now }
        let start = max(now, busyUntil)
        let waiting = start - now
        switch model.queue {
        case .time(let limit): guard waiting <= limit else { return nil }
        case .bytes(let limit):
            guard Double(waiting.nanoseconds) * Double(rate) / 8e9 + Double(size) <= Double(max(limit, size)) else { return nil }
        }
        statistics.waited(waiting)
        let bits = Double(size + Self.overhead) * 8
        busyUntil = start + .nanoseconds(Int64(bits / Double(rate) * 1e9))
        return busyUntil
    }

    private mutating func losesPacket() -> Bool {
        if let bursts = model.bursts {
            if happens(isBad ? bursts.end : bursts.begin) { isBad.toggle() }
            if isBad, happens(bursts.loss) { return true }
        }
        return happens(model.loss)
    }

    private mutating func arrival(_ departure: Instant) -> Instant {
        var delay = model.delay
        if model.jitter > .zero {
            delay = max(.zero, delay + .nanoseconds(Int64(normal() * Double(model.jitter.nanoseconds))))
        }
        if happens(model.reordering) { return departure + delay + model.reorderingDelay }
        lastArrival = max(lastArrival, departure + delay)
        return lastArrival
    }

    private mutating func happens(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &random) < probability
    }

    /// A standard normal variable as the sum of twelve uniform ones (Irwin-Hall): exact in mean and variance, never beyond 6.
    private mutating func normal() -> Double {
        (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
    }
}
