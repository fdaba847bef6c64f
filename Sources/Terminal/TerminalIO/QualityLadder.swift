/// How much a picture may cost on this line: a step on a ladder from the best, 0, downwards.
///
/// It goes down when too few pictures a second are finished, and up when the line holds nothing up, or so many are finished that twice
/// the cost leaves enough. A step up that had to be taken back is tried again only after twice the time, so that the picture does not
/// change to and fro.
package struct QualityLadder {
    /// How long pictures are watched before a step.
    package static let period: Duration = .seconds(1)
    /// So long the first picture after a step may take, which is painted whole, on a slow line; then the watch begins.
    package static let settling: Duration = .seconds(8)
    /// A step up costs no more than this many times as much.
    package static let dearness = 2.0
    package static let firstPause: Duration = .seconds(2)
    package static let longestPause: Duration = .seconds(120)
    /// A step up that held for so long was right.
    package static let proof: Duration = .seconds(20)

    /// For each step, how many finished pictures in a second are enough to stay on it.
    package let enough: [Double]
    package private(set) var step = 0

    private var since: ContinuousClock.Instant?
    /// When the last step was, until a picture has been finished on it.
    private var unsettledSince: ContinuousClock.Instant?
    /// Whether no pictures came lately: the first then is like the first after a step.
    private var isIdle = true
    private var offered = 0
    private var finished = 0
    private var pause = Self.firstPause
    private var steppedDownAt: ContinuousClock.Instant?
    private var steppedUpAt: ContinuousClock.Instant?

    /// - Parameter enough: an element for each step, at least one.
    package init(enough: [Double]) {
        self.enough = enough.isEmpty ? [0] : enough
    }

    /// There were new pictures to show, whether or not there was time for all of them.
    package mutating func picturesCame(_ count: Int) { offered += count }

    /// The screen shows all of a picture.
    package mutating func pictureFinished() {
        finished += 1
        if unsettledSince != nil {
            unsettledSince = nil
            since = nil
        }
    }

    /// The line did not take pictures for other reasons: what was counted tells nothing.
    package mutating func forget() { since = nil }

    /// Takes a step if it is time.
    ///
    /// - Parameter isLimited: whether the line is what holds pictures up.
    /// - Returns: whether ``step`` has changed.
    package mutating func review(isLimited: Bool, at now: ContinuousClock.Instant) -> Bool {
        if isIdle, offered > 0 {
            isIdle = false
            unsettledSince = now
        }
        if let unsettledSince {
            guard now - unsettledSince >= Self.settling else { return false }
            self.unsettledSince = nil
            since = nil
        }
        guard let since else {
            begin(at: now)
            return false
        }
        guard now - since >= Self.period else { return false }
        defer { begin(at: now) }
        guard offered > 0 else {
            isIdle = true
            return false
        }
        let elapsed = (now - since) / .seconds(1)
        let shown = Double(finished) / elapsed
        // Pictures that come more slowly are not to be finished faster. One of them may be on its way.
        let coming = max(Double(offered - 1) / elapsed * 0.9, 0)
        let wanted = min(coming, enough[step])
        if isLimited, shown < wanted { return stepDown(by: shown < wanted / 4 ? 2 : 1, at: now) }
        return stepUp(isRoomy: step > 0 && (!isLimited || shown >= enough[step - 1] * Self.dearness), at: now)
    }

    private mutating func begin(at now: ContinuousClock.Instant) {
        since = now
        (offered, finished) = (0, 0)
    }

    private mutating func stepUp(isRoomy: Bool, at now: ContinuousClock.Instant) -> Bool {
        if let steppedUpAt, now - steppedUpAt >= Self.proof {
            pause = Self.firstPause
            self.steppedUpAt = nil
        }
        let last = [steppedDownAt, steppedUpAt].compactMap { $0 }.max()
        guard isRoomy, last.map({ now - $0 >= pause }) ?? true else { return false }
        step -= 1
        steppedUpAt = now
        unsettledSince = now
        return true
    }

    private mutating func stepDown(by count: Int, at now: ContinuousClock.Instant) -> Bool {
        guard step < enough.count - 1 else { return false }
        // A step up that had just been tried was a mistake; otherwise the line has become slower.
        let isMistake = steppedUpAt.map { now - $0 < Self.proof } ?? false
        if isMistake { pause = min(pause * 2, Self.longestPause) }
        steppedUpAt = nil
        steppedDownAt = now
        unsettledSince = now
        step = min(step + (isMistake ? 1 : count), enough.count - 1)
        return true
    }
}
