/// How many bytes a second tmux passes on, read off what it throws away.
///
/// tmux answers status reports itself, so they tell nothing of the line between it and the terminal. What its client has not taken it keeps,
/// up to eight bytes a cell (`TTY_BLOCK_START` in `tty.c` of 3.3); beyond that it throws all away, and paints the whole screen at most ten
/// times a second, which is dearer than what it saves. It counts what it throws away (`client_discarded`): so the rate falls when that grows,
/// and is tried again higher, each time after a longer pause if that was too much.
package struct TmuxPace {
    /// The first try at a higher rate comes after this, later ones after up to ``longestPause``.
    package static let firstPause: Duration = .seconds(2)
    package static let longestPause: Duration = .seconds(60)
    /// However slow the line, in bytes a second.
    package static let smallestRate = 2048
    /// No limit at all is needed beyond this, in bytes a second: pictures take less.
    package static let largestRate = 4 << 20

    /// The most bytes a second that pictures may take; nil for no limit.
    package private(set) var rate: Int?
    private var last: (discarded: Int, sent: Int, at: ContinuousClock.Instant)?
    private var pause = Self.firstPause
    private var changedAt: ContinuousClock.Instant?
    private var isRising = false

    package init() {}

    /// - Parameters:
    ///   - discarded: bytes that tmux has thrown away since its client came.
    ///   - sent: bytes that it was sent since some time.
    /// - Returns: whether ``rate`` has changed.
    package mutating func report(discarded: Int, sent: Int, at now: ContinuousClock.Instant) -> Bool {
        defer { last = (discarded, sent, now) }
        guard let last, now > last.at else { return false }
        // Another client has counted from 0.
        guard discarded >= last.discarded else { return false }
        if discarded > last.discarded {
            let used = Double(sent - last.sent) / ((now - last.at) / .seconds(1))
            pause = isRising ? min(pause * 2, Self.longestPause) : Self.firstPause
            isRising = false
            return set(max(Int(min(used, Double(rate ?? .max)) * 0.6), Self.smallestRate), at: now)
        }
        guard let rate, let changedAt, now - changedAt >= pause else { return false }
        isRising = true
        return set(rate < Self.largestRate ? rate * 5 / 4 + 1 : nil, at: now)
    }

    private mutating func set(_ new: Int?, at now: ContinuousClock.Instant) -> Bool {
        changedAt = now
        defer { rate = new }
        return new != rate
    }
}
