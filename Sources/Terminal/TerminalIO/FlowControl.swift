/// How much may be on its way to the terminal, so that what a key does is seen soon.
///
/// Bytes are on their way from when they are sent until the status report (DSR 5) that was asked for behind them comes back. As many may be
/// on their way as fill the line for a round trip and ``targetDelay`` more: the line never idles, and nothing waits long behind a picture.
/// What the line takes is read off the reports, as FAST TCP (Wei, Jin, Low and Hegde, 2006) reads it off its acknowledgements:
/// bytes on their way when a question was sent, divided by the time to its answer.
///
/// An answer that is late may mean a slower line, or that the terminal, or this machine, was busy with something else for a moment. Until
/// that is known little is sent. If the next answers come at once, the line was never slow, and what was known of it holds again, as TCP does
/// it after a timeout that was none (RFC 3522, RFC 4015).
///
/// Terminals that answer nothing are judged by when the system has taken the bytes and its own queue (TIOCOUTQ) is empty.
package struct FlowControl {
    /// So long may a byte wait behind others; a key's effect waits no longer than this plus its own time on the line.
    package static let targetDelay: Duration = .milliseconds(30)
    /// The first picture is no larger, in bytes: half a second of 32 kbit/s. Faster lines are found out within a few round trips.
    package static let firstWindow = 2048
    /// However slow the line: below, the sequences around a picture's part would be most of it.
    package static let smallestWindow = 256
    /// However slow the line, in bytes: cursor, colours and some cells.
    package static let smallestPiece = 128
    /// However fast the line: some whole pictures at 200x60 in truecolor.
    package static let largestWindow = 1 << 20
    /// More questions are never open; what is sent beyond is covered by a later one.
    package static let mostQuestions = 32
    /// An answer that takes longer means that the terminal has stopped (Ctrl-S), or that the answer is lost.
    package static let patience: Duration = .seconds(2)
    /// After a stop, pictures go on once no answer has come for so long and a round trip.
    package static let quietAfterStop: Duration = .milliseconds(200)
    /// The round trip is measured anew, on an idle line, when it is this old.
    package static let roundTripLifetime: Duration = .seconds(30)
    /// Pictures wait so long for the first answer.
    package static let firstPatience: Duration = .milliseconds(300)
    /// Then they are sent at no more than this, in bytes a second, until it comes or is given up.
    package static let rateBeforeAnswer = 16_384
    /// After this the terminal is taken for one that answers nothing, until it does.
    package static let longestProbe: Duration = .seconds(1)

    private struct Question {
        var sentAt: ContinuousClock.Instant
        /// Bytes that the answer confirms.
        var bytes: Int
        /// Bytes on their way when it was sent, its own included.
        var flight: Int
        /// Whether it was sent alone, on an idle line.
        var isAlone: Bool
    }

    /// An answer was late. If the line is as slow as that, it will show.
    private struct Suspicion {
        /// Questions sent from then on tell.
        var since: ContinuousClock.Instant
        /// In bytes a second.
        var rate: Double
        /// What held before.
        var window: Int
        var isDoubling: Bool
    }

    private enum Phase {
        /// The terminal's first answer is awaited; none may ever come.
        case starting(since: ContinuousClock.Instant)
        case steady
        /// No answer came in time: questions only, at growing intervals.
        case stopped(nextQuestion: ContinuousClock.Instant, interval: Duration)
        /// Answers come again; those to old questions are let pass.
        case recovering(until: ContinuousClock.Instant)
    }

    private var phase = Phase.steady
    /// When the first answer was asked for.
    private var askedAt: ContinuousClock.Instant?
    private var questions: [Question] = []
    /// Bytes sent behind the last question.
    private var unasked = 0
    private var unaskedSince: ContinuousClock.Instant?
    /// Whether the line has not been found full yet.
    private var isDoubling = true
    /// Whether the last answer was late.
    private var wasBusy = false
    private var suspicion: Suspicion?
    /// On a long line, nothing is sent before: answers that come all at once must not make all that they allow come at once.
    private var pacedUntil: ContinuousClock.Instant?
    private var hasConfirmed = false
    private var limitedAt: ContinuousClock.Instant?
    private var measuredAt: ContinuousClock.Instant?
    private var rateLimit: Int?
    private var limitedRate: Int?
    private var credit = 0.0
    private var creditAt: ContinuousClock.Instant?

    /// Bytes that may be on their way.
    package private(set) var window = Self.firstWindow
    /// What a question takes when nothing is in its way; nil until it is known.
    package private(set) var roundTrip: Duration?
    /// Whether the terminal is known to answer.
    package private(set) var answers = false

    package init() {}

    /// Bytes on their way.
    package var flight: Int { questions.reduce(unasked) { $0 + $1.bytes } }

    /// Whether any answer is still to come.
    package var isExpectingAnswer: Bool { !questions.isEmpty }

    /// What the line takes, in bytes a second, as far as is known: at least what it was seen to take.
    package var rate: Int { Int(Double(window) / Self.seconds((roundTrip ?? .zero) + Self.targetDelay)) }

    /// Whether a question belongs behind what is sent next.
    package var wantsQuestion: Bool { answers && questions.count < Self.mostQuestions }

    /// Limits what is sent, beside what the line takes.
    ///
    /// - Parameter rate: bytes a second; nil for no limit.
    package mutating func limit(rate: Int?) {
        limitedRate = rate
        setRateLimit()
    }

    private mutating func setRateLimit() {
        if case .starting = phase {
            rateLimit = min(limitedRate ?? .max, Self.rateBeforeAnswer)
        } else {
            rateLimit = limitedRate
        }
    }

    // MARK: What happens

    /// The terminal was asked for the first time, or anew; nothing else is on its way.
    package mutating func asked(at now: ContinuousClock.Instant) {
        phase = .starting(since: now)
        askedAt = now
        answers = false
        setRateLimit()
    }

    /// The first question was answered.
    package mutating func answered(at now: ContinuousClock.Instant) {
        guard !answers, let askedAt else { return }
        if case .steady = phase {
            // What was judged without answers may have been the system's queue, not the line.
            window = Self.firstWindow
            isDoubling = true
        }
        answers = true
        hasConfirmed = false
        let delay = now - askedAt
        roundTrip = min(roundTrip ?? delay, delay)
        measuredAt = now
        unasked = 0
        unaskedSince = nil
        phase = .steady
        setRateLimit()
    }

    /// - Parameter isQuestion: whether the bytes end with a question for a status report.
    package mutating func sent(_ bytes: Int, isQuestion: Bool, at now: ContinuousClock.Instant) {
        if rateLimit != nil { credit -= Double(bytes) }
        pace(bytes, at: now)
        unasked += bytes
        guard isQuestion else {
            unaskedSince = unaskedSince ?? now
            return
        }
        let isAlone = questions.isEmpty && unasked == bytes && bytes <= TerminalModes.requestStatus.count
        let flight = flight
        questions.append(Question(sentAt: now, bytes: unasked, flight: flight, isAlone: isAlone))
        unasked = 0
        unaskedSince = nil
    }

    /// A status report came.
    ///
    /// - Parameter lookedAt: when there was none yet, if the report may have lain there since then while nobody looked; else nil.
    package mutating func confirmed(at now: ContinuousClock.Instant, lookedAt: ContinuousClock.Instant? = nil) {
        guard !questions.isEmpty else { return }
        hasConfirmed = true
        let question = questions.removeFirst()
        let delay = now - question.sentAt
        let unnoticed = lookedAt.map { now - max($0, question.sentAt) } ?? .zero
        switch phase {
        case .starting, .steady:
            if question.isAlone {
                roundTrip = delay
                measuredAt = now
            } else {
                roundTrip = min(roundTrip ?? delay, delay)
            }
            adapt(question, delay: max(delay - max(unnoticed, .zero), .zero), at: now)
        case .stopped:
            // It stood still, or the line has become so slow: better found out from below.
            window = min(window, max(window / 8, Self.firstWindow))
            suspicion = nil
            recover(after: question, at: now)
        case .recovering: recover(after: question, at: now)
        }
    }

    /// Waits for the answers that are still to come: as long as they take if the line is half as fast as this one found it, or one of 64 kbit/s.
    /// One that came later would be taken for that to another question.
    private mutating func recover(after question: Question, at now: ContinuousClock.Instant) {
        let rest = min((now - question.sentAt) * (2 * Double(flight) / Double(max(question.flight, 1))), .seconds(Double(flight) / 8000))
        phase = .recovering(until: now + (roundTrip ?? .zero) + Self.quietAfterStop + min(rest, Self.patience))
    }

    /// The system has taken all bytes.
    ///
    /// - Parameter queued: how many of them it still holds (TIOCOUTQ).
    package mutating func flushed(queued: Int, at now: ContinuousClock.Instant) {
        guard !answers, let since = unaskedSince, queued == 0 else { return }
        let bytes = unasked
        unasked = 0
        unaskedSince = nil
        // What is taken at once may wait elsewhere; as long as an answer may come, that is to tell.
        if case .starting = phase { return }
        adapt(Question(sentAt: since, bytes: bytes, flight: bytes, isAlone: false), delay: now - since, at: now)
    }

    /// Forgets what is on its way: the terminal was given to someone else.
    package mutating func reset() {
        questions = []
        unasked = 0
        unaskedSince = nil
        suspicion = nil
        pacedUntil = nil
        phase = .steady
        setRateLimit()
    }

    private mutating func adapt(_ question: Question, delay: Duration, at now: ContinuousClock.Instant) {
        let (bytes, flight) = (question.bytes, question.flight)
        let roundTrip = answers ? roundTrip ?? .zero : .zero
        // No clock and no scheduler tells less than this apart.
        let seconds = max(Self.seconds(delay), 0.0001)
        let fitting = Double(flight) / seconds * Self.seconds(roundTrip + Self.targetDelay)
        let wait = delay - roundTrip
        judge(question, wait: wait, roundTrip: roundTrip)
        let isFull = flight * 4 >= window * 3
        // One late answer is the machine's mood, two are the line.
        let isBusy = wait > Self.targetDelay / 2
        if isBusy, wasBusy { isDoubling = false }
        wasBusy = isBusy
        if wait > Self.targetDelay * 3 / 2 {
            let slow = Double(flight) / seconds
            if let suspicion {
                self.suspicion?.rate = min(suspicion.rate, slow)
            } else if answers {
                suspicion = Suspicion(since: now, rate: slow, window: window, isDoubling: isDoubling)
            }
            window = max(min(window, Self.bounded(fitting)), Self.smallestWindow)
            // Either the line is as slow as that, or longer than thought.
            if window == Self.smallestWindow, roundTrip > .zero { measuredAt = measuredAt.map { $0 - Self.roundTripLifetime } }
        } else if isFull, wait <= Self.targetDelay {
            // At most four times as much at once: one lucky answer is no fast line.
            let share = isDoubling ? 1 : isBusy ? 8 : 4
            window = min(max(min(Self.bounded(fitting), window * 4), window + bytes / share), Self.largestWindow)
        }
    }

    /// Compares an answer with what it would be if the line were as slow as a late one before has it.
    private mutating func judge(_ question: Question, wait: Duration, roundTrip: Duration) {
        guard let suspicion, question.sentAt >= suspicion.since else { return }
        let expected = Duration.seconds(Double(question.flight) / suspicion.rate) - roundTrip
        // Less than this is too little to tell.
        guard expected > Self.targetDelay / 3 else { return }
        self.suspicion = nil
        isDoubling = false
        guard wait < expected / 2 else { return }
        window = max(window, suspicion.window)
        isDoubling = suspicion.isDoubling
    }

    /// A window goes out in no less than two thirds of a round trip, or half of one while it is doubled.
    private mutating func pace(_ bytes: Int, at now: ContinuousClock.Instant) {
        guard answers, let roundTrip, roundTrip > Self.targetDelay else {
            pacedUntil = nil
            return
        }
        let share = Double(bytes) / Double(window) / (isDoubling ? 2 : 1.5)
        pacedUntil = max(pacedUntil ?? now, now - Self.targetDelay / 2) + (roundTrip + Self.targetDelay) * share
    }

    private static func bounded(_ bytes: Double) -> Int { Int(min(max(bytes, 0), Double(largestWindow))) }

    // MARK: What to do

    /// How many bytes of picture may be sent now; 0 while it is not worth it.
    package mutating func allowance(at now: ContinuousClock.Instant) -> Int {
        switch phase {
        case .starting(let since): if now - since < Self.firstPatience { return 0 }
        case .steady: if isMeasuringDue(at: now) { return 0 }
        case .stopped, .recovering: return 0
        }
        if let pacedUntil, now < pacedUntil { return 0 }
        let room = min(window - flight, piece)
        guard room >= least else {
            if wasBusy, !isDoubling { limitedAt = now }
            return 0
        }
        guard let rateLimit else { return room }
        refill(rateLimit, at: now)
        guard credit >= Double(least) else {
            // While nothing is known of the line, that is no reason to draw worse.
            if limitedRate.map({ $0 <= rateLimit }) ?? false { limitedAt = now }
            return 0
        }
        return min(room, Int(credit))
    }

    /// Whether pictures had to wait for the line within the last while.
    package func isLimited(at now: ContinuousClock.Instant) -> Bool { limitedAt.map { now - $0 < .milliseconds(500) } ?? false }

    /// Whether the line is free enough for what can wait.
    package var hasRoom: Bool { !isStopped && flight < window }

    /// The largest part of a picture: what the line takes within ``targetDelay``.
    private var piece: Int {
        let share = Self.targetDelay / ((roundTrip ?? .zero) + Self.targetDelay)
        return max(Int(Double(window) * share), Self.smallestPiece)
    }

    /// Smaller parts are not worth the sequences around them.
    private var least: Int {
        let share = rateLimit.map { max(Int(Double($0) * Self.seconds(Self.targetDelay)), Self.smallestPiece) } ?? .max
        return min(window / 2, piece / 2, 1024, share)
    }

    private mutating func refill(_ rate: Int, at now: ContinuousClock.Instant) {
        let most = max(Double(rate) * Self.seconds(Self.targetDelay) * 2, Double(Self.smallestWindow))
        let elapsed = creditAt.map { Self.seconds(now - $0) } ?? 1
        credit = min(most, credit + elapsed * Double(rate))
        creditAt = now
    }

    private func isMeasuringDue(at now: ContinuousClock.Instant) -> Bool {
        guard answers, let measuredAt else { return false }
        return now - measuredAt >= Self.roundTripLifetime
    }

    /// Whether a question, and nothing else, is to be sent now.
    package mutating func takeQuestion(at now: ContinuousClock.Instant) -> Bool {
        switch phase {
        case .stopped(let next, let interval):
            guard now >= next else { return false }
            phase = .stopped(nextQuestion: now + interval, interval: min(interval * 2, .seconds(30)))
            return questions.count < Self.mostQuestions
        case .steady: return isMeasuringDue(at: now) && flight == 0
        case .starting, .recovering: return false
        }
    }

    /// When to call ``handleTimeout(at:)`` and ask again what may be sent.
    package func deadline(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        var first: ContinuousClock.Instant?
        switch phase {
        case .stopped(let next, _): return next
        case .recovering(let until): return until
        case .starting(let since): first = since + (now - since < Self.firstPatience ? Self.firstPatience : Self.longestProbe)
        case .steady: break
        }
        let overdue = questions.first.map { $0.sentAt + overdueAfter }
        var refilled: ContinuousClock.Instant?
        if let rateLimit, let creditAt, credit < Double(least) {
            let missing = Double(least) - credit
            refilled = max(creditAt + .seconds(missing / Double(max(rateLimit, 1))), now + .milliseconds(1))
        }
        // The system does not tell when its queue is empty.
        let drained = !answers && unasked > 0 ? now + .milliseconds(10) : nil
        let paced = pacedUntil.flatMap { $0 > now ? $0 : nil }
        return [first, overdue, refilled, drained, paced].compactMap { $0 }.min()
    }

    private var overdueAfter: Duration { max(Self.patience, (roundTrip ?? .zero) * 4) }

    package mutating func handleTimeout(at now: ContinuousClock.Instant) {
        switch phase {
        case .starting(let since):
            guard now - since >= Self.longestProbe else { return }
            phase = .steady
            setRateLimit()
        case .steady:
            guard let first = questions.first, now - first.sentAt >= overdueAfter else { return }
            if hasConfirmed {
                phase = .stopped(nextQuestion: now, interval: Self.patience)
            } else {
                // It answered DA1 and not one DSR: there is no going by its answers.
                answers = false
                reset()
            }
        case .recovering(let until):
            guard now >= until else { return }
            questions = []
            unasked = 0
            unaskedSince = nil
            phase = .steady
        case .stopped: break
        }
    }

    /// Whether the terminal has stopped taking what it is sent.
    package var isStopped: Bool {
        switch phase {
        case .starting, .steady: false
        case .stopped, .recovering: true
        }
    }

    private static func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }
}
