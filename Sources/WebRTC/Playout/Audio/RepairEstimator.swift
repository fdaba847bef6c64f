/// Learns how late the frames are that did not come by themselves but as copies in later packets, and from that how long waiting
/// for copies pays.
///
/// Waiting costs everyone time, all the time; not waiting costs sound. The delay is chosen that makes the sum of both least. All
/// times are in samples at 48 kHz.
struct RepairEstimator {
    /// 5 ms.
    private static let bucketWidth: Int64 = 240
    /// Half a second: copies that are later are never waited for.
    private static let bucketCount = 100
    /// One part in a hundred of the sound is worth 100 ms.
    private static let worth = 480_000.0
    /// Once a second of 20 ms frames what was learnt fades, over about twenty seconds.
    private static let fadingInterval = 50
    private static let fading = 0.95
    /// Two seconds: the very first loss must not count for more.
    private static let leastFrames = 100.0

    private var histogram = [Double](repeating: 0, count: bucketCount)
    private var frames = 0.0
    private var missed = 0.0
    private var untilFading = fadingInterval

    /// The delay, from the soonest arrival on, in which copies come that are worth it; 0 if none are.
    private(set) var delay: Int64 = 0

    /// The part of the frames that was not there when its turn came, 0...1.
    var missing: Double { missed / max(frames, Self.leastFrames) }

    /// So many frames have had their turn; `areMissing`: without being there.
    mutating func passed(_ count: Int = 1, areMissing: Bool = false) {
        frames += Double(count)
        if areMissing { missed += Double(count) }
        untilFading -= count
        guard untilFading <= 0 else { return }
        untilFading = Self.fadingInterval
        frames *= Self.fading
        missed *= Self.fading
        for index in histogram.indices { histogram[index] *= Self.fading }
        choose()
    }

    /// A frame of which nothing else had come was repaired, or could have been, so much later than the soonest packet.
    mutating func repaired(late: Int64) {
        let bucket = max(0, late) / Self.bucketWidth
        guard bucket < Self.bucketCount else { return }
        histogram[Int(bucket)] += 1
        choose()
    }

    private mutating func choose() {
        let scale = Self.worth / max(frames, Self.leastFrames)
        var lost = histogram.reduce(0, +)
        var least = lost * scale
        delay = 0
        for (index, repaired) in histogram.enumerated() where repaired > 0 {
            lost -= repaired
            let wait = Int64(index + 1) * Self.bucketWidth
            let cost = Double(wait) + lost * scale
            if cost < least { (least, delay) = (cost, wait) }
        }
    }
}
