import Wire

/// Counts freezes as W3C defines them: a frame that is shown more than max(3 d, d + 150 ms) after the one before, where d is
/// the average time between the last thirty frames.
public struct FreezeDetector: Sendable {
    private static let memory = 30

    public private(set) var freezeCount = 0
    /// The sum of the times between frames that were freezes.
    public private(set) var totalFreezesDuration: Duration = .zero

    private var intervals: [Duration] = []
    private var next = 0
    private var last: Instant?

    public init() {}

    /// A frame is shown.
    public mutating func rendered(at now: Instant) {
        guard let last else {
            last = now
            return
        }
        let interval = now - last
        if let average, interval > max(average * 3, average + .milliseconds(150)) {
            freezeCount += 1
            totalFreezesDuration += interval
        }
        self.last = now
        if intervals.count < Self.memory {
            intervals.append(interval)
        } else {
            intervals[next] = interval
            next = (next + 1) % Self.memory
        }
    }

    /// The sender stopped on purpose: the time until the next frame is no freeze.
    public mutating func paused() { last = nil }

    private var average: Duration? {
        if intervals.isEmpty { return nil }
        let sum: Duration = intervals.reduce(.zero, +)
        return sum / intervals.count
    }
}
