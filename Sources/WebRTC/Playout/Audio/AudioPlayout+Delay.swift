/// What is remembered of losses, which make it worth waiting for the copies that later packets carry.
struct LossMemory {
    /// The part of the last hundred packets or so that was missing when its turn came.
    private(set) var fraction = 0.0
    /// The length of what was copied lately, in samples.
    private var copied: Int64 = 0
    /// Packets until that is forgotten.
    private var copiesLeft = 0

    /// Whether copies matter at all.
    var isLossy: Bool { fraction > 0.01 }

    /// A successor arrives one packet later, and as late as any; waiting for it pays once one packet in a hundred is lost. Where
    /// packets come so late that it would take long (60 ms more), part of the successors must do.
    func delayForCopies(jitter: Int64) -> Int64 {
        isLossy && copiesLeft > 0 ? copied + min(max(jitter, 480), 2880) : 0
    }

    mutating func played() {
        fraction *= 0.99
        copiesLeft = max(0, copiesLeft - 1)
    }

    mutating func missed() { fraction = fraction * 0.99 + 0.01 }

    /// A packet carried a copy of the `samples` before it.
    mutating func copySeen(of samples: Int64) {
        copied = samples
        copiesLeft = 100
    }
}

extension AudioPlayout {
    /// The delay aimed at, in samples.
    var target: Int64 {
        let bounds = configuration.delay
        // A frame is fetched at once, so its last sample must be there when its first one is played.
        let needed = max(estimator.delay, loss.delayForCopies(jitter: estimator.delay)) + PullClock.frame
        let jitter = min(
            max(needed, Self.samples(bounds.lowerBound)), max(Self.samples(bounds.lowerBound), Self.samples(bounds.upperBound)))
        return jitter + Self.samples(min(max(additionalDelay, .zero), LipSync.maximumDelay))
    }

    /// By how much later than at the soonest the sound at `timestamp` would be played if it came next after ``output``.
    func delay(ifNext timestamp: Int64) -> Int64? {
        guard let base = estimator.base else { return nil }
        return playing &- (timestamp &- Int64(output.count)) &- base
    }

    /// The present delay.
    func delay() -> Int64? {
        guard let expected else { return nil }
        return delay(ifNext: expected)
    }
}
