import Wire

/// A line that becomes narrower in mid-call.
public struct Narrowing: Sendable {
    /// Since the ends began to connect.
    public var at: Duration
    /// Bits per second from then on, the headers of IP and UDP counted.
    public var rate: Int
    /// The longest that a packet may wait for the line.
    public var queue: Duration
    /// Of the path without a queue.
    public var roundTrip: Duration
}

extension NetworkReport.Direction {
    /// The share of a second's sound that had to be made up after `narrowing`, however this direction's sender had behaved.
    ///
    /// Nothing that a sender does is moved by news that has not reached it, and none can before a round trip is over. Until then it
    /// goes on as before, and what exceeds the new rate stands before the sound that comes next. Of that wait, the sound's own
    /// delay covers a part, and so does what the listener's side drew out; the rest can only be made up.
    public func leastConcealed(after narrowing: Narrowing) -> Double {
        let start = narrowing.at
        let excess = sentRate((start - .milliseconds(500))..<start) / Double(narrowing.rate) - 1
        let wait = min(narrowing.queue, narrowing.roundTrip * max(0, excess))
        let ages = heard.filter { $0.at >= start - .seconds(1) && $0.at < start }.map(\.age)
        let reserve = ages.isEmpty ? .zero : ages.reduce(.zero, +) / ages.count - narrowing.roundTrip / 2
        return max(0, (wait - reserve - drawnOut(start..<(start + .seconds(1)))).seconds)
    }
}

extension NetworkReport {
    /// The worst second's share of sound that was made up, beside the least that any sender could have reached there.
    public func concealed(after narrowing: Narrowing) -> (worst: Double, least: Double) {
        directions.map { ($0.audioConcealedInWorstSecond, $0.leastConcealed(after: narrowing)) }.max { $0.0 < $1.0 } ?? (0, 0)
    }
}
