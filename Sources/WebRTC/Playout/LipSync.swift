import Wire

/// Keeps sound and picture of one sender together.
///
/// The sender's reports tell for both streams which RTP timestamp belongs to which time of the sender's clock. With the times at
/// which samples are heard and frames are seen, that gives both streams' latency up to the same unknown constant, and so their
/// difference. Whichever is ahead by more than people put up with is held back.
///
/// People notice sound more than 45 ms early or 125 ms late (ITU-R BT.1359); within 20 ms early and 60 ms late nothing is held back.
public struct LipSync: Sendable {
    public enum Kind: Sendable {
        case audio
        case video
    }

    /// The longest that either is held back: beyond it a call is better out of sync than late.
    public static let maximumDelay = Duration.milliseconds(500)
    private static let earliest = Duration.milliseconds(-20)
    private static let latest = Duration.milliseconds(60)
    /// A lag of 10 s, in nanoseconds: then the two streams' reports do not speak of the same clock.
    private static let implausible = 1e10
    /// The delays change by at most this much a second, so that nobody sees it.
    private static let slew = 0.05
    /// Smaller corrections are not made.
    private static let tolerance = Duration.milliseconds(10)

    /// How long frames should be held back before they are shown.
    public private(set) var videoDelay: Duration = .zero
    /// How much longer than its jitter needs sound should wait.
    public private(set) var audioDelay: Duration = .zero

    private var audio = Stream(clockRate: 48_000)
    private var video = Stream(clockRate: 90_000)
    private var lastUpdate: Instant?

    public init() {}

    /// A sender report said that `rtpTimestamp` of a stream belongs to `ntp` on the sender's clock.
    public mutating func senderReport(_ kind: Kind, ntp: NTPTime, rtpTimestamp: UInt32) {
        let reference = (ntp: ntp, rtpTimestamp: rtpTimestamp)
        switch kind {
        case .audio: audio.reference = reference
        case .video: video.reference = reference
        }
    }

    /// What has `rtpTimestamp` is heard or seen now; `now` includes the output device's latency.
    ///
    /// To be called for every frame shown, and for sound at least a few times a second.
    public mutating func presented(_ kind: Kind, rtpTimestamp: UInt32, at now: Instant) {
        switch kind {
        case .audio: audio.presented(rtpTimestamp, heldBack: audioDelay, at: now)
        case .video: video.presented(rtpTimestamp, heldBack: videoDelay, at: now)
        }
        update(at: now)
    }

    /// A stream ended or began anew: what was learnt of it no longer holds.
    public mutating func reset(_ kind: Kind) {
        switch kind {
        case .audio: audio = Stream(clockRate: 48_000)
        case .video: video = Stream(clockRate: 90_000)
        }
        lastUpdate = nil
    }

    /// By how much sound comes later than its picture; negative if it comes first, `nil` while that is not known.
    public var audioLag: Duration? {
        naturalLag.map { $0 + audioDelay - videoDelay }
    }

    /// What ``audioLag`` would be if nothing were held back.
    private var naturalLag: Duration? {
        guard let audio = audio.latency, let video = video.latency, abs(audio - video) < Self.implausible else { return nil }
        return .nanoseconds(Int64(audio - video))
    }

    private mutating func update(at now: Instant) {
        guard let lag = naturalLag else { return }
        let elapsed = lastUpdate.map { now - $0 } ?? .milliseconds(10)
        guard elapsed >= .milliseconds(10) else { return }
        lastUpdate = now
        let step = min(elapsed, .seconds(1)) * Self.slew
        videoDelay = Self.moved(videoDelay, towards: lag - Self.latest, by: step)
        audioDelay = Self.moved(audioDelay, towards: Self.earliest - lag, by: step)
    }

    private static func moved(_ delay: Duration, towards wanted: Duration, by step: Duration) -> Duration {
        let goal = min(max(wanted, .zero), maximumDelay)
        if delay < goal - tolerance { return min(goal, delay + step) }
        if delay > goal + tolerance || goal == .zero { return max(goal, delay - step) }
        return delay
    }
}

extension LipSync {
    private struct Stream: Sendable {
        /// The latency follows what is measured with this time constant, in seconds.
        private static let timeConstant = 0.5
        /// A latency this far (10 s) from the last one means that one of the clocks was set.
        private static let discontinuity = 1e10

        let clockRate: Int64
        var reference: (ntp: NTPTime, rtpTimestamp: UInt32)?
        /// Local time of presentation minus the sender's time, in nanoseconds, without what was held back.
        private(set) var latency: Double?
        private var measuredAt: Instant?

        init(clockRate: Int64) {
            self.clockRate = clockRate
        }

        mutating func presented(_ rtpTimestamp: UInt32, heldBack: Duration, at now: Instant) {
            guard let reference else { return }
            let ticks = Int64(Int32(bitPattern: rtpTimestamp &- reference.rtpTimestamp))
            let sent = reference.ntp.unixNanoseconds &+ ticks * 1_000_000_000 / clockRate
            let measured = Double(now.nanoseconds) - Double(sent) - Double(heldBack.nanoseconds)
            if let latency, let measuredAt, abs(measured - latency) < Self.discontinuity {
                let elapsed = max(0, (now - measuredAt).seconds)
                self.latency = latency + (measured - latency) * elapsed / (elapsed + Self.timeConstant)
            } else {
                latency = measured
            }
            measuredAt = now
        }
    }
}
