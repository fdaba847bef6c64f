import DequeModule
import Wire

/// Whether a queue on the path grows.
package enum BandwidthUsage: Hashable, Sendable {
    case normal
    /// More is sent than the path takes.
    case overusing
    /// A queue empties.
    case underusing
}

/// Sees from the delays of packet groups whether a queue grows: a line is laid through the last of them, and its slope is held
/// against a threshold that adapts to how uneven the path is (draft-ietf-rmcat-gcc-02 sections 5.3 and 5.4, with libwebrtc's
/// linear regression in the Kalman filter's place).
package struct TrendlineDetector: Sendable {
    private static let window = 20
    /// Where packets come slowly, fewer groups show a trend, if they span this much.
    private static let sparse = (count: 8, milliseconds: 300.0)
    private static let smoothing = 0.9
    private static let gain = 4.0
    /// The slope counts the more, the more groups it rests on, up to this many.
    private static let maximumCount = 60
    /// Milliseconds.
    private static let thresholds = 6.0...600.0
    private static let thresholdUp = 0.0087
    private static let thresholdDown = 0.039
    /// What exceeds the threshold by more than this does not teach it.
    private static let maximumAdaptOffset = 15.0
    /// Milliseconds for which the slope must exceed the threshold.
    private static let overuseTime = 10.0

    package private(set) var usage = BandwidthUsage.normal
    private var threshold = 12.5
    private var points: Deque<(time: Double, delay: Double)> = []
    private var firstArrival: Instant?
    private var accumulated = 0.0
    private var smoothed = 0.0
    private var count = 0
    private var previousTrend = 0.0
    private var timeOver: Double?
    private var overuses = 0
    private var lastUpdate: Instant?

    package init() {}

    package mutating func add(_ delta: ArrivalGroups.Delta) {
        let first = firstArrival ?? delta.arrivedAt
        firstArrival = first
        count = min(count + 1, 1000)
        accumulated += (delta.arrived - delta.sent).milliseconds
        smoothed = Self.smoothing * smoothed + (1 - Self.smoothing) * accumulated
        points.append(((delta.arrivedAt - first).milliseconds, smoothed))
        if points.count > Self.window { points.removeFirst() }
        let isSparse = points.count >= Self.sparse.count && points[points.count - 1].time - points[0].time >= Self.sparse.milliseconds
        let trend = points.count == Self.window || isSparse ? slope ?? previousTrend : previousTrend
        detect(trend, sentOver: delta.sent.milliseconds, at: delta.arrivedAt)
    }

    private var slope: Double? {
        let n = Double(points.count)
        let (sumX, sumY) = points.reduce((0.0, 0.0)) { ($0.0 + $1.time, $0.1 + $1.delay) }
        let (meanX, meanY) = (sumX / n, sumY / n)
        var (covariance, variance) = (0.0, 0.0)
        for point in points {
            covariance += (point.time - meanX) * (point.delay - meanY)
            variance += (point.time - meanX) * (point.time - meanX)
        }
        return variance > 0 ? covariance / variance : nil
    }

    private mutating func detect(_ trend: Double, sentOver time: Double, at now: Instant) {
        guard count >= 2 else { return }
        let modified = Double(min(count, Self.maximumCount)) * trend * Self.gain
        if modified > threshold {
            timeOver = timeOver.map { $0 + time } ?? time / 2
            overuses += 1
            if timeOver ?? 0 > Self.overuseTime, overuses > 1, trend >= previousTrend {
                (timeOver, overuses) = (0, 0)
                usage = .overusing
            }
        } else {
            (timeOver, overuses) = (nil, 0)
            usage = modified < -threshold ? .underusing : .normal
        }
        previousTrend = trend
        adapt(modified, at: now)
    }

    private mutating func adapt(_ modified: Double, at now: Instant) {
        let elapsed = min((now - (lastUpdate ?? now)).milliseconds, 100)
        lastUpdate = now
        let size = abs(modified)
        guard size <= threshold + Self.maximumAdaptOffset else { return }
        let rate = size < threshold ? Self.thresholdDown : Self.thresholdUp
        threshold = min(max(threshold + rate * (size - threshold) * elapsed, Self.thresholds.lowerBound), Self.thresholds.upperBound)
    }
}
