import DequeModule
import RTP
import Wire

/// Finds out how much the path to the other side takes, from what that side tells of the packets' arrival
/// (draft-ietf-rmcat-gcc-02 at the sender, with transport-wide feedback).
///
/// Delay is the first sign: a queue that grows shows long before it is full. Losses limit the rate where they come with it.
/// Probes find what is free at the start and after the path has become wider again.
public struct CongestionController: Machine, Sendable {
    public enum Input: Sendable {
        /// A packet of `size` bytes on the wire leaves.
        case sent(transportSequenceNumber: UInt16, size: Int, probe: Int?)
        case feedback(TransportFeedback)
        /// The other side can take no more than so many bits per second (REMB); `nil` lifts that.
        case maximumBitrate(Int?)
        /// So many bits per second would be sent if the path took them.
        case wanted(Int)
        /// A round trip as measured by others, before there is feedback.
        case roundTripTime(Duration)
        /// Packets take another way from now on, of which nothing is known.
        case pathChanged
        case timeout
    }

    public enum Output: Hashable, Sendable {
        /// Send no more than so many bits per second, headers included.
        case target(Int)
        case probe(Probe)
        /// The path takes less than half of what it took a moment ago: what was meant for it then will not pass in time.
        case collapsed
    }

    /// Bits per second that a call begins with; a probe soon knows better.
    public static let startBitrate = 300_000
    /// Less than any call can do with.
    private static let minimum = 20_000.0
    /// After so long without feedback, the rate is halved, again and again.
    private static let feedbackTimeout = Duration.seconds(1)
    /// Gaps in the feedback after which delays are not compared.
    private static let longestGap = Duration.seconds(2)
    /// Besides a round trip, the time whose packets may be under way: the feedback's interval, and a queue; while one that grew
    /// suddenly is to be emptied, hardly that.
    private static let windowSlack = (usual: Duration.milliseconds(250), draining: Duration.milliseconds(75))
    /// A packet that waited this long, and whose feedback is overdue, met a queue that grew all of a sudden.
    private static let suddenQueue = Duration.milliseconds(50)
    /// The part of the highest target of the last moment below which the path has collapsed.
    private static let (collapse, moment) = (0.4, Duration.seconds(1))
    /// Packets that wait no longer than this meet no queue.
    private static let emptyQueue = Duration.milliseconds(8)
    private static let smallestWindow = 6000
    /// What comes through a queue is far below what was sent if it is less than this part of it.
    private static let muchLess = 0.66

    public private(set) var roundTripTime: Duration?
    /// Bits per second.
    public private(set) var target: Int
    /// Whether more is wanted than the path takes.
    public var isLimited: Bool { target < wanted }
    /// The share of packets lost, over the last seconds.
    public var loss: Double { losses.averageLoss }

    private var history = SendHistory()
    private var groups = ArrivalGroups()
    private var trend = TrendlineDetector()
    private var acknowledged = AcknowledgedBitrate()
    private var rates = RateControl(rate: Double(startBitrate), minimum: minimum)
    private var losses = LossController()
    private var probes = ProbeController()
    private var probeEstimator = ProbeEstimator()
    private var application = ApplicationLimit()
    private var punctuality = FeedbackPunctuality()
    private var transit = TransitTime()
    /// Whether a queue that grew all of a sudden is still there.
    private var isDraining = false
    private var sentRate = RateMeter()
    private var shortestRoundTrip: Duration?
    private var maximumBitrate: Double?
    private var wanted = startBitrate
    /// When the path changed last.
    private var pathBegan: Instant?
    private var startedAt: Instant?
    private var peak: (target: Int, at: Instant)?
    private var lastFeedback: Instant?
    private var feedbackDue: Instant?
    /// The number of the last packet that was told of.
    private var newestTold: Int64?
    private var outputs: Deque<Output> = []

    public init() {
        target = Self.startBitrate
    }

    public mutating func nextOutput() -> Output? { outputs.popFirst() }

    public var deadline: Instant? { lastFeedback == nil || history.bytesInFlight == 0 ? nil : feedbackDue }

    /// Whether the path holds packets up, or has lost its way: what is under way should have been told of, or is more than a round
    /// trip at the target explains.
    public func isHeldUp(at now: Instant) -> Bool {
        guard let shortestRoundTrip else { return false }
        if isFeedbackOverdue(at: now) { return true }
        return !isWithinWindow(shortestRoundTrip + (isDraining ? Self.windowSlack.draining : Self.windowSlack.usual))
    }

    private func isWithinWindow(_ time: Duration) -> Bool {
        history.bytesInFlight <= max(Self.smallestWindow, Int(Double(target) / 8 * time.seconds))
    }

    private func isFeedbackOverdue(at now: Instant) -> Bool {
        guard let oldest = history.oldestInFlight, let limit = punctuality.limit else { return false }
        return now - oldest > limit
    }

    public mutating func handle(_ input: Input, at now: Instant) {
        switch input {
        case .sent(let number, let size, let probe): sent(number, size, probe, at: now)
        case .feedback(let feedback): receive(feedback, at: now)
        case .maximumBitrate(let bitrate): maximumBitrate = bitrate.map(Double.init)
        case .wanted(let bitrate): wanted = bitrate
        case .roundTripTime(let time): shortestRoundTrip = min(shortestRoundTrip ?? time, time)
        case .pathChanged: pathChanged(at: now)
        case .timeout: break
        }
        if let deadline, deadline <= now {
            rates.set(rates.rate / 2, at: now)
            feedbackDue = now + Self.feedbackTimeout
        }
        updateTarget(at: now)
        while let probe = probes.nextProbe() {
            probeEstimator.began(probe, at: now)
            outputs.append(.probe(probe))
        }
    }

    private mutating func sent(_ number: UInt16, _ size: Int, _ probe: Int?, at now: Instant) {
        // Where nothing was to be told of, nothing was due.
        if history.bytesInFlight == 0 || feedbackDue == nil { feedbackDue = now + Self.feedbackTimeout }
        history.add(number, size: size, probe: probe, at: now)
        sentRate.add(size, at: now)
        application.sent(size, rate: Double(target), at: now)
        if startedAt == nil {
            startedAt = now
            probes.start(estimate: rates.rate, wanted: goal, at: now)
        }
    }

    private mutating func pathChanged(at now: Instant) {
        guard startedAt != nil else { return }
        self = CongestionController(resuming: self)
        pathBegan = now
    }

    /// Begins anew, with what was sent counted as it was; the rate is the lower of the old one and a call's first.
    private init(resuming old: CongestionController) {
        self.init()
        history = old.history
        (wanted, maximumBitrate, outputs, target) = (old.wanted, old.maximumBitrate, old.outputs, old.target)
        rates = RateControl(rate: min(old.rates.rate, Double(Self.startBitrate)), minimum: Self.minimum)
    }

    // MARK: - Feedback

    private mutating func receive(_ feedback: TransportFeedback, at now: Instant) {
        if let lastFeedback, now - lastFeedback > Self.longestGap {
            groups.restart()
            trend = TrendlineDetector()
        }
        let oldest = history.oldestInFlight
        let wasOverdue = isFeedbackOverdue(at: now)
        // What became of packets on a path that is left, and may be dead, says nothing of this one.
        let results = history.results(of: feedback).filter { result in pathBegan.map { result.packet.sentAt >= $0 } ?? true }
        guard !results.isEmpty else { return }
        lastFeedback = now
        if let oldest, history.oldestInFlight != oldest, oldest >= pathBegan ?? oldest { punctuality.measure(now - oldest) }
        feedbackDue = now + Self.feedbackTimeout
        measureRoundTrip(results, at: now)
        var probed: Double?
        var isOverusing = false
        if let first = results.first?.packet.number, let newestTold, first > newestTold + 1 { acknowledged.missed() }
        newestTold = max(newestTold ?? 0, results.last?.packet.number ?? 0)
        transit.mark()
        for (result, arrival) in Self.inOrderOfArrival(results) {
            transit.add(arrival - result.packet.sentAt, at: now)
            acknowledged.add(
                size: result.packet.size, at: arrival, queueing: transit.queueing, isApplicationLimited: application.since != nil)
            if let delta = groups.add(sentAt: result.packet.sentAt, arrivedAt: arrival) { trend.add(delta) }
            if trend.usage == .overusing { isOverusing = true }
            if let rate = probeEstimator.add(result) { probed = rate }
        }
        // Feedback that was held up itself tells in few packets what the trend needs many for.
        if wasOverdue, transit.growth > Self.suddenQueue { (isOverusing, isDraining) = (true, true) }
        var usage = isOverusing ? BandwidthUsage.overusing : trend.usage
        // A trend outlives the queue that made it.
        if usage == .overusing, transit.queueing < Self.emptyQueue { usage = .normal }
        if let probed, usage != .overusing { take(probed, at: now) }
        let sent = Double(sentRate.rate(at: now))
        // Where no more is sent than that, what looks like a queue may be jitter.
        let atFullQueue = acknowledged.atFullQueue.flatMap { application.since == nil || $0 < sent * Self.muchLess ? $0 : nil }
        rates.update(
            usage, acknowledged: acknowledged.estimate, atFullQueue: atFullQueue, sent: sent,
            mayGrow: application.since == nil && rates.rate < goal * 1.5,
            roundTripTime: roundTripTime ?? .milliseconds(200), at: now)
        if let shortestRoundTrip, isWithinWindow(shortestRoundTrip + Self.windowSlack.draining) { isDraining = false }
        losses.update(results, delayBased: rates.rate, acknowledged: acknowledged.estimate)
        probes.update(
            estimate: estimate, wanted: goal, isRestless: usage == .overusing || losses.isDecreasing, at: now)
    }

    private mutating func take(_ probed: Double, at now: Instant) {
        // Later, a lower result may be the work of jitter: then the delay decides.
        let isStart = startedAt.map { now - $0 < .seconds(2) } ?? false
        if probed > rates.rate || (isStart && acknowledged.estimate == nil) {
            rates.set(probed, at: now)
            acknowledged.expectChange()
        }
        losses.set(probed)
        probes.probed(probed, wanted: goal, at: now)
    }

    private mutating func measureRoundTrip(_ results: [PacketResult], at now: Instant) {
        guard let newest = results.last(where: { $0.receivedAt != nil }) else { return }
        let measured = now - newest.packet.sentAt
        shortestRoundTrip = min(shortestRoundTrip ?? measured, measured)
        roundTripTime = roundTripTime.map { $0 + (measured - $0) / 8 } ?? measured
    }

    private static func inOrderOfArrival(_ results: [PacketResult]) -> [(PacketResult, Instant)] {
        let arrived = results.compactMap { result in result.receivedAt.map { (result, $0) } }
        let isInOrder = zip(arrived, arrived.dropFirst()).allSatisfy { $0.1 <= $1.1 }
        return isInOrder ? arrived : arrived.sorted { ($0.1, $0.0.packet.number) < ($1.1, $1.0.packet.number) }
    }

    /// What is worth looking for.
    private var goal: Double { min(Double(wanted), maximumBitrate ?? .infinity) }

    private var estimate: Double {
        max(Self.minimum, min(rates.rate, losses.limit ?? .infinity, maximumBitrate ?? .infinity))
    }

    private mutating func updateTarget(at now: Instant) {
        let new = Int(min(estimate, 1e9))
        guard new != target else { return }
        target = new
        outputs.append(.target(new))
        if let peak, now - peak.at < Self.moment, new < peak.target {
            guard Double(new) < Double(peak.target) * Self.collapse else { return }
            outputs.append(.collapsed)
        }
        peak = (new, now)
    }
}
