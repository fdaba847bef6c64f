/// When sound was last stretched.
struct Stretching {
    /// Samples played since.
    var sinceLast = 0
}

extension AudioPlayout {
    /// Samples between two changes: 50 ms, so that nobody hears them; 30 ms when the delay is far off.
    private static var pause: Int { 2400 }
    private static var shortPause: Int { 1440 }
    /// Delays of more than this above the target (700 ms) are not worked off but skipped.
    private static var skipDistance: Int64 { 33_600 }

    /// Brings the delay nearer to the target by shortening or lengthening the sound that is played next.
    mutating func stretch() {
        stretching.sinceLast += Self.frameSize
        guard gap.filled == 0, let delay = delay() else { return }
        let excess = delay - target
        if excess > Self.skipDistance { return skip() }
        let direction: TimeStretcher.Direction
        // What the last packets needed must not be taken from them, even if it is no more than a whim of the network.
        if excess > max(720, target / 4), delay > estimator.recentMaximum + PullClock.frame + 720 {
            direction = .shorten
        } else if -excess > max(240, target / 10) {
            direction = .lengthen
        } else {
            return
        }
        let isUrgent = abs(excess) > max(4800, target)
        guard stretching.sinceLast >= (isUrgent ? Self.shortPause : Self.pause) else { return }
        if direction == .shorten { decodeAhead(TimeStretcher.lookahead) }
        guard gap.filled == 0 else { return }
        // The further off, the worse a seam is put up with.
        let similarity = 0.9 - min(0.6, Double(abs(excess)) / 48_000 * 2)
        let changed = TimeStretcher.stretch(&output, after: history, direction, minimumSimilarity: similarity)
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
