import Wire

/// Says when each decoded frame is to be shown, so that the picture moves evenly although frames come unevenly.
///
/// Frames that had to be repaired come late, by a round trip or more. Where many do, all frames wait about as long; where few do,
/// a late one is shown late and the rest at once. All times are in nanoseconds within.
public struct FrameSchedule: Sendable {
    /// Beyond this a call is better jerky than late.
    public static let maximumDelay = Duration.milliseconds(300)
    /// The delay covers this part of the frames; those beyond are shown late.
    private static let coverage = 0.97
    /// 5 ms.
    private static let bucketWidth = 5e6
    private static let bucketCount = 60
    /// A frame's lateness is forgotten over about ten seconds at 30 frames a second.
    private static let forgetting = 0.997
    /// The soonest frame of the last two to four seconds is what lateness counts from, so that clocks may drift.
    private static let window = Duration.seconds(2)
    /// The delay changes by at most this much a second, so that nobody sees it.
    private static let slew = 0.1
    /// A frame further from the last ones than that belongs to another clock.
    private static let discontinuity = Duration.seconds(3)

    private var timestamps = SequenceUnwrapper<UInt32>()
    private var histogram = [Double](repeating: 0, count: bucketCount)
    private var weight = 0.0
    private var frames = 0
    private var soonest: (offset: Int64, since: Instant)?
    private var nextSoonest: Int64 = .max
    private var lastShown: Instant?
    private var lastChange: Instant?
    /// How much later than at the soonest frames are shown.
    public private(set) var delay: Duration = .zero

    /// When the last frame was to be shown; earlier than it was if it came too late for that.
    public private(set) var due = Instant.zero

    public init() {}

    /// When to show the frame that was decoded at `now`: never before the one before it.
    ///
    /// - Parameter heldBack: how much longer frames wait for their sound.
    public mutating func show(rtpTimestamp: UInt32, decodedAt now: Instant, heldBack: Duration) -> Instant {
        let captured = timestamps.unwrap(rtpTimestamp) * 100_000 / 9
        let offset = now.nanoseconds - captured
        if let soonest, abs(offset - soonest.offset) > Self.discontinuity.nanoseconds { beginAnew() }
        let late = noteSoonest(offset, at: now)
        learn(late)
        let elapsed = lastChange.map { now - $0 } ?? .zero
        lastChange = now
        let step = min(elapsed, .seconds(1)) * Self.slew
        delay = wanted > delay ? min(wanted, delay + step) : max(wanted, delay - step)
        due = Instant(nanoseconds: now.nanoseconds - late) + delay + heldBack
        let time = max(now, due, lastShown ?? now)
        lastShown = time
        return time
    }

    /// The other side began anew: nothing that was learnt of its clock holds.
    private mutating func beginAnew() {
        soonest = nil
        nextSoonest = .max
    }

    private mutating func noteSoonest(_ offset: Int64, at now: Instant) -> Int64 {
        guard let current = soonest else {
            soonest = (offset, now)
            return 0
        }
        nextSoonest = min(nextSoonest, offset)
        if now - current.since >= Self.window {
            soonest = (nextSoonest, now)
            nextSoonest = .max
        } else if offset < current.offset {
            soonest?.offset = offset
        }
        return max(0, offset - (soonest?.offset ?? offset))
    }

    private mutating func learn(_ late: Int64) {
        frames += 1
        // The first few weigh less than those after them: a call's first frames are late because the path is not known yet.
        let forgetting = min(Self.forgetting, 1 - 2 / Double(frames + 1))
        weight = weight * forgetting + 1
        for index in histogram.indices { histogram[index] *= forgetting }
        histogram[min(Self.bucketCount - 1, Int(Double(late) / Self.bucketWidth))] += 1
    }

    private var wanted: Duration {
        var sum = 0.0
        for (index, share) in histogram.enumerated() {
            sum += share
            // What comes within 5 ms needs no delay.
            if sum >= weight * Self.coverage { return min(Self.maximumDelay, .nanoseconds(Int64(Double(index) * Self.bucketWidth))) }
        }
        return Self.maximumDelay
    }
}
