import DequeModule
import Wire

/// How much of what is sent arrives, in bits per second: what the path has shown that it takes.
///
/// Each window's rate moves the estimate, the less the further off it lies and the less is sent (libwebrtc's Bayesian estimate).
package struct AcknowledgedBitrate: Sendable {
    private static let firstWindow = Duration.milliseconds(500)
    private static let window = Duration.milliseconds(150)
    /// Fewer bytes in a window are taken for a pause rather than for the path's limit.
    private static let smallSample = 2000

    /// What arrived last, in this time, tells what a path takes whose queue is never empty.
    private static let lately = Duration.milliseconds(150)
    /// Packets that this takes.
    private static let enough = 6
    /// Packets that waited this long kept the path busy.
    private static let queued = Duration.milliseconds(15)

    /// Bits per second; `nil` before the first half second.
    package private(set) var estimate: Double?
    private var variance = 50.0
    private var windowStart: Instant?
    private var last: Instant?
    private var bytes = 0
    /// The packets since the path's queue was empty, no more than tell of this moment.
    private var newest: Deque<(arrival: Instant, size: Int)> = []

    /// What comes through at this moment; `nil` unless the path's queue was not empty all the while.
    ///
    /// The longest pause does not count, with the packet that ended it: an end that had no time to read holds packets up, too, but
    /// all of them once, where a narrow path does so one by one.
    package var atFullQueue: Double? {
        guard newest.count >= Self.enough, let first = newest.first, let last = newest.last,
            last.arrival - first.arrival > Self.lately / 2
        else { return nil }
        let steps = zip(newest, newest.dropFirst()).map { (length: $1.arrival - $0.arrival, size: $1.size) }
        guard let pause = steps.max(by: { $0.length < $1.length }) else { return nil }
        let length = last.arrival - first.arrival - pause.length
        guard length > Self.lately / 4 else { return nil }
        return Double(steps.reduce(-pause.size) { $0 + $1.size }) * 8 / length.seconds
    }

    /// Nobody will tell whether some packets before the next one arrived.
    package mutating func missed() { newest.removeAll() }

    /// The rate is about to change: what has arrived until now says little of what will.
    mutating func expectChange() { variance += 200 }

    package init() {}

    /// A packet of `size` bytes arrived, by the other side's clock.
    ///
    /// - Parameter queueing: how long it waited on the path.
    package mutating func add(size: Int, at arrival: Instant, queueing: Duration = .zero, isApplicationLimited: Bool) {
        if let last, arrival < last { return count(size) }
        remember(size, queueing, at: arrival)
        let length = estimate == nil ? Self.firstWindow : Self.window
        if let start = windowStart, arrival - start >= length * 4 {
            // Nothing came for long: the window says nothing.
            (windowStart, bytes) = (arrival, 0)
        }
        let start = windowStart ?? arrival
        windowStart = start
        last = arrival
        if arrival - start >= length {
            update(rate: Double(bytes) * 8 / (arrival - start).seconds, isSmall: bytes < Self.smallSample, isApplicationLimited)
            (windowStart, bytes) = (arrival, 0)
        }
        count(size)
    }

    private mutating func count(_ size: Int) { bytes += size }

    private mutating func remember(_ size: Int, _ queueing: Duration, at arrival: Instant) {
        if queueing < Self.queued { newest.removeAll() } else { newest.append((arrival, size)) }
        while newest.count > Self.enough, let first = newest.first, arrival - first.arrival > Self.lately { newest.removeFirst() }
    }

    private mutating func update(rate: Double, isSmall: Bool, _ isApplicationLimited: Bool) {
        let kilobits = rate / 1000
        guard let current = estimate.map({ $0 / 1000 }) else {
            estimate = rate
            return
        }
        // In small or unwilling samples a low rate proves little.
        let scale = isSmall && kilobits < current ? 10.0 : isApplicationLimited && kilobits < current ? 5.0 : 3.0
        let uncertainty = scale * abs(current - kilobits) / max(current, 1)
        let sampleVariance = uncertainty * uncertainty * 100
        let predicted = variance + 5
        estimate = max(0, (sampleVariance * current + predicted * kilobits) / (sampleVariance + predicted)) * 1000
        variance = sampleVariance * predicted / (sampleVariance + predicted)
    }
}
