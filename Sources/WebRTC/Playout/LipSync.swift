import Wire

/// Keeps sound and picture of one sender together.
///
/// The sender's reports tell for both streams which RTP timestamp belongs to which time of the sender's clock. With the times at
/// which samples are heard and frames are seen, that gives both streams' latency up to the same unknown constant, and so their
/// difference. Whichever is ahead by more than people put up with is held back.
///
/// People notice sound more than 45 ms early or 125 ms late (ITU-R BT.1359); within 5 ms early and 60 ms late nothing is held back.
public struct LipSync: Sendable {
    public enum Kind: Sendable {
        case audio
        case video
    }

    /// The longest that either is held back: beyond it a call is better out of sync than late.
    public static let maximumDelay = Duration.milliseconds(500)
    private static let earliest = Duration.milliseconds(-5)
    private static let latest = Duration.milliseconds(60)
    /// A lag of 10 s, in nanoseconds: then the two streams' reports do not speak of the same clock.
    private static let implausible = 1e10
    /// The delays change by at most this much a second, so that nobody sees it: as quickly as ``FrameSchedule``'s, which sound follows.
    private static let slew = 0.1
    /// Smaller corrections are not made.
    private static let tolerance = Duration.milliseconds(5)
    /// Where no picture was shown, or no sound heard, for so long, there is nothing to keep together.
    private static let patience = Duration.seconds(3)

    /// How long frames should be held back before they are shown.
    public private(set) var videoDelay: Duration = .zero
    /// How much later than at the soonest sound should be heard at least, see ``AudioPlayout/minimumDelay``. What it waits for its
    /// jitter is part of that, so that a jitter that changes within it is not heard.
    public private(set) var audioDelay: Duration = .zero

    private var audio = Stream(clockRate: 48_000)
    private var video = Stream(clockRate: 90_000)
    /// By how much later than at the soonest sound is heard now.
    private var soundDelay: Duration = .zero
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

    /// The sound with `rtpTimestamp` is heard at `now`, which includes the output device's latency, and `delay` after it could have
    /// been at the soonest (``AudioPlayout/currentDelay``).
    ///
    /// To be called at least a few times a second.
    public mutating func heard(rtpTimestamp: UInt32, delay: Duration, at now: Instant) {
        soundDelay = delay
        audio.presented(rtpTimestamp, heldBack: delay, at: now)
        update(at: now)
    }

    /// The frame with `rtpTimestamp` was due at `now`, ``videoDelay`` included; whether it came in time does not matter.
    ///
    /// To be called for every frame shown.
    public mutating func seen(rtpTimestamp: UInt32, at now: Instant) {
        video.presented(rtpTimestamp, heldBack: videoDelay, at: now)
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
        soonestLag.map { $0 + soundDelay - videoDelay }
    }

    /// By how much sound would come later than its picture if both came as soon as they can.
    private var soonestLag: Duration? {
        guard let audio = audio.latency, let video = video.latency, abs(audio - video) < Self.implausible else { return nil }
        return .nanoseconds(Int64(audio - video))
    }

    private mutating func update(at now: Instant) {
        let elapsed = lastUpdate.map { now - $0 } ?? .milliseconds(10)
        guard elapsed >= .milliseconds(10) else { return }
        lastUpdate = now
        let step = min(elapsed, .seconds(1)) * Self.slew
        let isTogether = audio.isPresented(at: now, within: Self.patience) && video.isPresented(at: now, within: Self.patience)
        let lag = isTogether ? soonestLag : nil
        videoDelay = Self.moved(videoDelay, towards: lag.map { $0 + soundDelay - Self.latest } ?? .zero, by: step)
        audioDelay = Self.moved(audioDelay, towards: lag.map { Self.earliest + videoDelay - $0 } ?? .zero, by: step)
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

        func isPresented(at now: Instant, within patience: Duration) -> Bool {
            measuredAt.map { now - $0 < patience } ?? false
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
