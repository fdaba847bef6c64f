extension AudioPlayout {
    /// The delay aimed at, in samples.
    var target: Int64 {
        let bounds = configuration.delay
        // A frame is fetched at once, so a packet must be there up to a frame before its first sample is played. What is only late
        // is held for, so that half of that will do.
        let needed = max(estimator.delay + PullClock.frame / 2, repairs.delay + PullClock.frame)
        let jitter = min(
            max(needed, Self.samples(bounds.lowerBound)), max(Self.samples(bounds.lowerBound), Self.samples(bounds.upperBound)))
        return max(jitter, Self.samples(min(max(minimumDelay, .zero), LipSync.maximumDelay)))
    }

    /// By how much later than at the soonest the sound at `timestamp` would be played if it came next after ``output``.
    func delay(ifNext timestamp: Int64) -> Int64? {
        guard let base = estimator.base else { return nil }
        return playing &- (timestamp &- Int64(output.count)) &- base
    }

    /// The present delay. An announced silence takes its course: the noise played in its place stands for it.
    func delay() -> Int64? {
        guard let expected else { return nil }
        return delay(ifNext: expected + (gap.isSilence ? gap.filled : 0))
    }
}
