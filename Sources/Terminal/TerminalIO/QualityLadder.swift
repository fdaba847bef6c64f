/// How much a picture may cost on this line: a step on a ladder from the best, 0, downwards.
///
/// It goes down when pictures are not finished before the next ones come, and up when they are and the line has room. A step up that had
/// to be taken back is tried again only after twice the time, so that the picture does not change to and fro.
package struct QualityLadder {
    /// How long pictures are watched before a step.
    package static let period: Duration = .seconds(1)
    /// So many pictures a second, finished, are enough: as many are recognised as movement.
    package static let enough = 8.0
    /// The line has room if no more than this share of it is used.
    package static let roomyShare = 0.6
    package static let firstPause: Duration = .seconds(2)
    package static let longestPause: Duration = .seconds(120)
    /// A step up that held for so long was right.
    package static let proof: Duration = .seconds(20)

    /// The number of steps, at least 1.
    package let steps: Int
    package private(set) var step = 0

    private var since: ContinuousClock.Instant?
    private var offered = 0
    private var finished = 0
    private var bytes = 0
    private var pause = Self.firstPause
    private var steppedDownAt: ContinuousClock.Instant?
    private var steppedUpAt: ContinuousClock.Instant?

    package init(steps: Int) {
        self.steps = max(1, steps)
    }

    /// A new picture is to be shown.
    package mutating func pictureCame() { offered += 1 }

    /// - Parameter isFinished: whether the screen shows all of the newest picture after this.
    package mutating func painted(bytes: Int, isFinished: Bool) {
        self.bytes += bytes
        if isFinished, bytes > 0 { finished += 1 }
    }

    /// The line did not take pictures for other reasons: what was counted tells nothing.
    package mutating func forget() { since = nil }

    /// Back to the best: another line, another choice of the person.
    package mutating func restart() {
        self = QualityLadder(steps: steps)
    }

    /// Takes a step if it is time.
    ///
    /// - Parameters:
    ///   - rate: what the line takes, in bytes a second.
    ///   - isLimited: whether the line is what holds pictures up.
    /// - Returns: whether ``step`` has changed.
    package mutating func review(rate: Int, isLimited: Bool, at now: ContinuousClock.Instant) -> Bool {
        guard let since else {
            begin(at: now)
            return false
        }
        let elapsed = (now - since) / .seconds(1)
        guard now - since >= Self.period else { return false }
        defer { begin(at: now) }
        // Pictures that come more slowly are not to be finished faster.
        let wanted = min(Double(offered) / elapsed, Self.enough)
        let shown = Double(finished) / elapsed
        guard offered > 0 else { return false }
        if isLimited, shown < wanted * 0.75 { return stepDown(by: shown < wanted / 4 ? 2 : 1, at: now) }
        // A line that holds nothing up may take more than was ever tried.
        let isRoomy = !isLimited || Double(bytes) / elapsed <= Double(rate) * Self.roomyShare
        if let steppedUpAt, now - steppedUpAt >= Self.proof {
            pause = Self.firstPause
            self.steppedUpAt = nil
        }
        let last = [steppedDownAt, steppedUpAt].compactMap { $0 }.max()
        guard step > 0, isRoomy, last.map({ now - $0 >= pause }) ?? true else { return false }
        step -= 1
        steppedUpAt = now
        return true
    }

    private mutating func begin(at now: ContinuousClock.Instant) {
        since = now
        (offered, finished, bytes) = (0, 0, 0)
    }

    private mutating func stepDown(by count: Int, at now: ContinuousClock.Instant) -> Bool {
        guard step < steps - 1 else { return false }
        // Only a step up that had just been tried was a mistake; otherwise the line has become slower.
        if let steppedUpAt, now - steppedUpAt < Self.proof { pause = min(pause * 2, Self.longestPause) }
        steppedUpAt = nil
        steppedDownAt = now
        step = min(step + count, steps - 1)
        return true
    }
}
