import Console
import TerminalIO
import TerminalSimulation
import TestEmulators

/// A terminal behind a line of some rate and round trip, in virtual time, as ``PaintedTerminal`` for the console to paint on.
///
/// The line's buffers take all at once, as those of an SSH server do; what waits in them waits in order.
final class VirtualLine: PaintedTerminal {
    typealias Instant = ContinuousClock.Instant

    /// Bytes a second.
    let rate: Double
    let roundTrip: Duration
    /// How often the terminal is busy with something else, and how long: it takes and answers nothing then, though the line goes on.
    var stalls: (every: Duration, length: Duration)?
    /// Where the terminal itself stands still, as after Ctrl-S.
    var isStopped = false

    let start = ContinuousClock.now
    private(set) var now: Instant
    private(set) var flow = FlowControl()
    /// What has arrived, as text, and as another emulator shows it.
    private(set) var screen: Screen
    let emulator: LibVTerm
    /// For everything sent: how long it waited in the line's buffers, its own time on the line included.
    private(set) var backlog: [Duration] = []
    private(set) var bytes = 0

    private var lineFree: Instant
    private var flying: [(at: Instant, bytes: [UInt8], hasQuestion: Bool)] = []
    private var answers: [Instant] = []

    init(kilobits: Double, roundTrip: Duration, columns: Int, rows: Int) {
        rate = kilobits * 125
        self.roundTrip = roundTrip
        now = start
        lineFree = start
        screen = Screen(columns: columns, rows: rows, keepsBytes: false)
        emulator = LibVTerm(columns: columns, rows: rows)
        flow.asked(at: now)
        now += roundTrip
        flow.answered(at: now)
    }

    var elapsed: Duration { now - start }

    func resetCounts() {
        backlog = []
        bytes = 0
    }

    // MARK: What the console sees

    var isFlushed: Bool { true }
    var hasRoom: Bool { flow.hasRoom }
    func pictureAllowance(at now: Instant) -> Int { flow.allowance(at: now) }

    func line(at now: Instant) -> PaintedLine {
        PaintedLine(rate: flow.rate, isLimited: flow.isLimited(at: now), isStopped: flow.isStopped)
    }

    func sendFrame(_ bytes: [UInt8]) {
        // Mode 2026 around it, and the question behind it.
        send(bytes, overhead: 20, isQuestion: flow.wantsQuestion)
    }

    private func send(_ bytes: [UInt8], overhead: Int, isQuestion: Bool) {
        let count = bytes.count + overhead
        lineFree = max(lineFree, now) + .seconds(Double(count) / rate)
        flying.append((afterStall(lineFree + roundTrip / 2), bytes, isQuestion))
        backlog.append(lineFree - now)
        flow.sent(count, isQuestion: isQuestion, at: now)
    }

    private func afterStall(_ instant: Instant) -> Instant {
        guard let stalls else { return instant }
        let into = (instant - start) - stalls.every * Int((instant - start) / stalls.every)
        return into < stalls.length ? instant + stalls.length - into : instant
    }

    // MARK: Time

    /// When something happens by itself.
    var deadline: Instant? { [flying.first?.at, answers.first, flow.deadline(after: now)].compactMap { $0 }.min() }

    /// Lets time pass until `instant`: what is due arrives, and is answered.
    func advance(to instant: Instant) {
        now = max(now, instant)
        flow.handleTimeout(at: now)
        while !isStopped, let first = flying.first, first.at <= now {
            flying.removeFirst()
            bytes += first.bytes.count
            screen.feed(first.bytes)
            emulator.feed(first.bytes)
            if first.hasQuestion { answers.append(max(first.at, now - roundTrip) + roundTrip / 2) }
        }
        while let answer = answers.first, answer <= now {
            answers.removeFirst()
            flow.confirmed(at: now)
        }
        // Alone on the line, as the driver sends it.
        if flow.takeQuestion(at: now) { send([], overhead: 4, isQuestion: true) }
    }
}
