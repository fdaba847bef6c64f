/// When sound was last stretched.
struct Stretching {
    /// Samples played since.
    var sinceLast = 0
    /// The timestamp that the sound was last drawn out for.
    var heldFor: Int64?
}

extension AudioPlayout {
    /// Samples between two changes: 50 ms, so that nobody hears them; 30 ms when the delay is far off.
    private static var pause: Int { 2400 }
    private static var shortPause: Int { 1440 }
    /// Delays of more than this above the target (700 ms) are not worked off but skipped.
    private static var skipDistance: Int64 { 33_600 }
    /// 10 ms: voices from 100 Hz on repeat within it.
    private static var usualPeriod: Int { 480 }
    /// How much of the sound may be missing for a packet that is not here to count as late rather than lost.
    private static var fewLosses: Double { 0.01 }

    /// Brings the delay nearer to the target by shortening or lengthening the sound that is played next.
    mutating func stretch() {
        stretching.sinceLast += Self.frameSize
        guard gap.filled == 0, let delay = delay() else { return }
        let excess = delay - target
        if excess > Self.skipDistance { return skip() }
        if isRunningDry { return hold() }
        let direction: TimeStretcher.Direction
        // What the last packets needed must not be taken from them, even if it is no more than a whim of the network.
        if excess > max(360, target / 12), delay > estimator.recentMaximum + PullClock.frame + 240 {
            direction = .shorten
        } else if -excess > 120 {
            direction = .lengthen
        } else {
            return
        }
        let isUrgent = abs(excess) > max(4800, target)
        guard stretching.sinceLast >= (isUrgent ? Self.shortPause : Self.pause) else { return }
        if direction == .shorten { decodeAhead(TimeStretcher.lookahead) }
        guard gap.filled == 0 else { return }
        // The further off, the worse a seam is put up with. Beyond the target it goes no further than a period of most voices is long.
        change(
            direction, maximumLag: max(Self.usualPeriod, Int(abs(excess))),
            minimumSimilarity: 0.9 - min(0.6, Double(abs(excess)) / 48_000 * 2))
    }

    /// Whether the sound after this frame is still to come, and may come yet if it is waited for once.
    private var isRunningDry: Bool {
        guard let expected, expected != stretching.heldFor, !gap.isSilence, output.count < 2 * Self.frameSize else { return false }
        return repairs.missing < Self.fewLosses && packets.first.map { $0.timestamp > expected } ?? true
    }

    /// Draws out what there is, which is not heard where making something up would be.
    private mutating func hold() {
        stretching.heldFor = expected
        change(.lengthen, maximumLag: TimeStretcher.lags.upperBound, minimumSimilarity: 0.5)
    }

    private mutating func change(_ direction: TimeStretcher.Direction, maximumLag: Int, minimumSimilarity: Double) {
        let changed = TimeStretcher.stretch(
            &output, after: history, direction, maximumLag: maximumLag, minimumSimilarity: minimumSimilarity)
        guard changed > 0 else { return }
        stretching.sinceLast = 0
        switch direction {
        case .shorten: statistics.removedSamplesForAcceleration += changed
        case .lengthen: statistics.insertedSamplesForDeceleration += changed
        }
        while output.count < Self.frameSize { fill() }
    }

    /// Decodes packets that follow without a gap until `count` samples are there.
    private mutating func decodeAhead(_ count: Int) {
        while output.count < count, let first = packets.first, let expected, first.timestamp <= expected { fill() }
    }

    /// Drops packets until the delay is what it should be.
    private mutating func skip() {
        while let first = packets.first, (delay(ifNext: first.timestamp) ?? 0) > target {
            _ = packets.popFirst()
            statistics.packetsDiscarded += 1
            expected = first.timestamp + Int64(decoder.duration(of: first.payload))
            gap.lastSequenceNumber = first.sequenceNumber
        }
    }
}
