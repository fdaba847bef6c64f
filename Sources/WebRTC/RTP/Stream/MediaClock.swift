import Wire

/// Gives the frames of one stream their RTP timestamps, and tells which timestamp belongs to an instant (RFC 3550 section 5.1).
struct MediaClock: Sendable {
    let clockRate: UInt32
    /// The random timestamp that the stream starts with.
    private let initial: UInt32
    private var first: Instant?
    private var last: (capture: Instant, timestamp: UInt32)?
    /// Where an uninterrupted stream of samples goes on.
    private var next: (capture: Instant, timestamp: UInt32)?

    init(clockRate: UInt32, initial: UInt32) {
        self.clockRate = max(1, clockRate)
        self.initial = initial
    }

    /// A capture that comes this much later than the samples before it would end means that samples were left out. Less is
    /// the unrest of the capturing thread, which the timestamps of audio must not show.
    private static let discontinuity = Duration.milliseconds(250)

    /// Samples by which the timestamp of a continued stream jumps are rounded to this: the shortest Opus frame, 2.5 ms.
    private static let samplesPerSecondPerStep: Int64 = 400

    /// The timestamp of a picture: its time of capture in ticks, always past the one before.
    mutating func timestamp(capturedAt capture: Instant) -> UInt32 {
        let origin = first ?? capture
        first = origin
        var timestamp = initial &+ ticks(capture - origin)
        if let last, Int32(bitPattern: timestamp &- last.timestamp) <= 0 { timestamp = last.timestamp &+ 1 }
        last = (capture, timestamp)
        return timestamp
    }

    /// The timestamp of a run of samples: the one at which the run before ended, unless much time lies between them.
    mutating func timestamp(capturedAt capture: Instant, sampleCount: Int) -> UInt32 {
        var timestamp = next?.timestamp ?? initial
        if let next, capture - next.capture > Self.discontinuity {
            let step = max(1, Int64(clockRate) / Self.samplesPerSecondPerStep)
            let gap = Int64(ticks(capture - next.capture))
            timestamp &+= UInt32(truncatingIfNeeded: (gap + step / 2) / step * step)
        }
        last = (capture, timestamp)
        next = (capture, timestamp)
        skip(sampleCount: sampleCount)
        return timestamp
    }

    /// Samples that are not sent.
    mutating func skip(sampleCount: Int) {
        guard let next else { return }
        let duration = Duration.nanoseconds(Int64(clamping: sampleCount) &* 1_000_000_000 / Int64(clockRate))
        self.next = (next.capture + duration, next.timestamp &+ UInt32(truncatingIfNeeded: sampleCount))
    }

    /// The timestamp that something captured at `instant` would carry; `nil` before the first frame.
    func timestamp(at instant: Instant) -> UInt32? { last.map { $0.timestamp &+ ticks(instant - $0.capture) } }

    private func ticks(_ duration: Duration) -> UInt32 {
        let (seconds, nanoseconds) = duration.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return UInt32(truncatingIfNeeded: seconds &* Int64(clockRate) &+ nanoseconds * Int64(clockRate) / 1_000_000_000)
    }
}
