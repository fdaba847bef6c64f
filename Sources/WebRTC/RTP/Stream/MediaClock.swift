import Wire

/// Gives the frames of one stream their RTP timestamps, and tells which timestamp belongs to an instant (RFC 3550 section 5.1).
struct MediaClock: Sendable {
    let clockRate: UInt32
    /// The random timestamp that the stream starts with.
    private let initial: UInt32
    private var first: Instant?
    /// Ticks are counted from the first frame, so that they neither wrap nor start at random.
    private var last: (capture: Instant, ticks: Int64)?
    /// Where an uninterrupted stream of samples goes on.
    private var next: (capture: Instant, ticks: Int64)?

    init(clockRate: UInt32, initial: UInt32) {
        self.clockRate = max(1, clockRate)
        self.initial = initial
    }

    /// A capture that comes this much later than the samples before it would end means that samples were left out. Less is
    /// the unrest of the capturing thread, which the timestamps of audio must not show.
    private static let discontinuity = Duration.milliseconds(250)

    /// Leaps of a continued stream are rounded to the shortest Opus frame: so many make a second.
    private static let stepsPerSecond: Int64 = 400

    /// The timestamp of a picture: its time of capture in ticks, always past the one before.
    mutating func timestamp(capturedAt capture: Instant) -> UInt32 {
        let origin = first ?? capture
        first = origin
        let ticks = max(ticks(capture - origin), (last?.ticks ?? -1) + 1)
        last = (capture, ticks)
        return timestamp(ticks)
    }

    /// The timestamp of a run of samples: the one at which the run before ended, unless much time lies between them.
    mutating func timestamp(capturedAt capture: Instant, sampleCount: Int) -> UInt32 {
        var ticks = next?.ticks ?? 0
        if let next, capture - next.capture > Self.discontinuity {
            let step = max(1, Int64(clockRate) / Self.stepsPerSecond)
            ticks += (self.ticks(capture - next.capture) + step / 2) / step * step
        }
        last = (capture, ticks)
        next = (capture, ticks)
        skip(sampleCount: sampleCount)
        return timestamp(ticks)
    }

    /// Samples that are not sent.
    mutating func skip(sampleCount: Int) {
        guard let next else { return }
        let duration = Duration.nanoseconds(Int64(sampleCount) &* 1_000_000_000 / Int64(clockRate))
        self.next = (next.capture + duration, next.ticks &+ Int64(sampleCount))
    }

    /// The timestamp that something captured at `instant` would carry; `nil` before the first frame.
    func timestamp(at instant: Instant) -> UInt32? { last.map { timestamp($0.ticks &+ ticks(instant - $0.capture)) } }

    private func timestamp(_ ticks: Int64) -> UInt32 { initial &+ UInt32(truncatingIfNeeded: ticks) }

    private func ticks(_ duration: Duration) -> Int64 {
        let (seconds, nanoseconds) = duration.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return seconds &* Int64(clockRate) &+ nanoseconds * Int64(clockRate) / 1_000_000_000
    }
}
