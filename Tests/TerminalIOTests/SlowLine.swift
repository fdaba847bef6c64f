import TerminalIO

/// A terminal behind a line of some rate and round trip, in virtual time, and someone who draws on it as the console does.
struct SlowLine {
    typealias Instant = ContinuousClock.Instant

    /// Bytes a second.
    var rate: Double
    var roundTrip: Duration
    /// While the terminal takes nothing.
    var stop: (from: Duration, to: Duration)?
    /// How often the terminal, or the machine, is busy with something else, and how long: nothing is answered then, though the line goes on.
    var stalls: (every: Duration, length: Duration)?
    /// Whether status reports are answered.
    var answersStatus = true

    let start = ContinuousClock.now
    private(set) var now: Instant
    var flow = FlowControl()
    private var lineFree: Instant
    private var answers: [Instant] = []
    /// For each thing sent: how long it was on the line and waited for it.
    private(set) var waits: [(at: Duration, wait: Duration)] = []
    private(set) var bytes = 0
    /// Sizes of pieces of pictures, as they were sent.
    private(set) var pieces: [(at: Duration, bytes: Int)] = []
    /// Bytes sent that were not a picture's: questions.
    private(set) var questions = 0

    init(rate: Double, roundTrip: Duration) {
        self.rate = rate
        self.roundTrip = roundTrip
        now = start
        lineFree = start
    }

    var elapsed: Duration { now - start }

    /// The terminal is asked who it is, and answers.
    mutating func probe() {
        flow.asked(at: now)
        now += roundTrip
        flow.answered(at: now)
    }

    private mutating func send(_ count: Int) {
        bytes += count
        var begin = max(lineFree, now)
        if let stop, begin >= start + stop.from, begin < start + stop.to { begin = start + stop.to }
        lineFree = begin + .seconds(Double(count) / rate)
        if let stop, lineFree >= start + stop.from, begin < start + stop.from { lineFree += stop.to - stop.from }
        waits.append((elapsed, lineFree - now))
        let isQuestion = flow.wantsQuestion
        flow.sent(count, isQuestion: isQuestion, at: now)
        if isQuestion, answersStatus { answers.append(afterStall(lineFree + roundTrip)) }
        if !isQuestion { flow.flushed(queued: 0, at: now) }
    }

    private func afterStall(_ instant: Instant) -> Instant {
        guard let stalls else { return instant }
        let into = (instant - start) - stalls.every * Int((instant - start) / stalls.every)
        return into < stalls.length ? instant + stalls.length - into : instant
    }

    /// Draws whatever may be drawn until `end`; pictures of `size` bytes come `perSecond` times a second.
    ///
    /// - Returns: how many of them were sent whole.
    @discardableResult
    mutating func draw(until end: Duration, size: Int, perSecond: Int = 30) -> Int {
        var finished = 0
        var left = 0
        var next = now
        while elapsed < end {
            if now >= next {
                left = size
                next += .seconds(1) / perSecond
            }
            flow.handleTimeout(at: now)
            while let answer = answers.first, answer <= now {
                answers.removeFirst()
                flow.confirmed(at: now)
            }
            if flow.takeQuestion(at: now) {
                // Alone on the line, as the driver sends it.
                questions += 1
                send(4)
            }
            while left > 0 {
                let allowed = flow.allowance(at: now)
                guard allowed > 0 else { break }
                let piece = min(allowed, left)
                pieces.append((elapsed, piece))
                send(piece)
                left -= piece
                if left == 0 { finished += 1 }
            }
            let due = [next, answers.first, flow.deadline(after: now), start + end].compactMap { $0 }.min() ?? next
            now = max(due, now + .microseconds(10))
        }
        return finished
    }

    /// How long what a key does at a random moment would wait, in the worst of twenty cases, after `from`.
    func wait95(after from: Duration) -> Duration {
        let sorted = waits.filter { $0.at >= from }.map(\.wait).sorted()
        return sorted.isEmpty ? .zero : sorted[sorted.count * 95 / 100]
    }

    func rate(from: Duration, to: Duration) -> Double {
        Double(pieces.filter { $0.at >= from && $0.at < to }.reduce(0) { $0 + $1.bytes }) / ((to - from) / .seconds(1))
    }
}
