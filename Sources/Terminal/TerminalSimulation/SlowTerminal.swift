import Glibc

/// A program on a terminal at the far end of a line, in real time.
///
/// What it writes passes the line's rate, whose buffers hold 64 KiB as those of an SSH server and its socket do, and arrives half a
/// round trip later; what is typed goes back as late. The terminal answers what it is asked when the question arrives.
package final class SlowTerminal {
    package typealias Instant = ContinuousClock.Instant

    package struct Line: Sendable {
        /// Bytes a second; nil for no limit.
        package var rate: Double?
        package var roundTrip: Duration

        package init(rate: Double?, roundTrip: Duration) {
            self.rate = rate
            self.roundTrip = roundTrip
        }
    }

    package struct Failure: Error, CustomStringConvertible {
        package var description: String

        package init(description: String) { self.description = description }
    }

    /// What the line's buffers hold, in bytes.
    private static let buffered = 65_536

    package let line: Line
    /// What has arrived, as text.
    package private(set) var screen: Screen
    /// The last of what has arrived, as it came; 8 KiB at most.
    package private(set) var recent: [UInt8] = []
    /// Bytes that have arrived.
    package private(set) var bytes = 0
    /// Synchronised updates that have arrived.
    package private(set) var frames = 0
    /// For each part that has arrived: how long it waited in the line's buffers, its own time on the line included.
    package private(set) var backlog: [Duration] = []
    /// While true, the terminal takes nothing, as after Ctrl-S.
    package var isStopped = false

    private let pty: PTY
    private let process: pid_t
    private var isOpen = true
    private var lineFree = ContinuousClock.now
    private var flying: [(arrives: Instant, sent: Instant, bytes: [UInt8])] = []
    private var typed: [(arrives: Instant, bytes: [UInt8])] = []
    private var tail: [UInt8] = []

    /// - Parameters:
    ///   - command: the program's path and arguments.
    ///   - environment: all that it gets.
    package init(_ command: [String], environment: [String: String], columns: Int, rows: Int, line: Line) throws {
        self.line = line
        screen = Screen(columns: columns, rows: rows, keepsBytes: false)
        pty = try PTY(columns: columns, rows: rows, flags: O_NONBLOCK)
        process = try pty.start(command, environment: environment)
    }

    deinit {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        close(pty.master)
    }

    /// Presses keys now; the program gets them half a round trip later.
    package func type(_ text: String) {
        typed.append((ContinuousClock.now + line.roundTrip / 2, Array(text.utf8)))
    }

    /// The memory that the program has at present, in KiB (VmRSS); nil once it is gone.
    package var residentKibibytes: Int? {
        guard let file = fopen("/proc/\(process)/statm", "r") else { return nil }
        defer { fclose(file) }
        var text = [CChar](repeating: 0, count: 128)
        guard fgets(&text, Int32(text.count), file) != nil else { return nil }
        let numbers = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
        return numbers.count > 1 ? Int(numbers[1]).map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024 } : nil
    }

    /// Forgets what was counted so far.
    package func resetCounts() {
        bytes = 0
        frames = 0
        backlog = []
    }

    /// Lets the terminal run until `condition` holds.
    ///
    /// - Returns: whether it did within `limit`, and before the program left.
    @discardableResult
    package func run(for limit: Duration, until condition: (SlowTerminal) -> Bool = { _ in false }) -> Bool {
        let end = ContinuousClock.now + limit
        while true {
            let now = ContinuousClock.now
            deliver(at: now)
            if condition(self) { return true }
            guard now < end, isOpen || !flying.isEmpty else { return false }
            let due = [flying.first?.arrives, typed.first?.arrives, end].compactMap { $0 }.min() ?? end
            let hasRoom = isOpen && !isStopped && held(at: now) < Double(Self.buffered)
            var ready = pollfd(fd: hasRoom ? pty.master : -1, events: Int16(POLLIN), revents: 0)
            let wait = hasRoom ? due : min(due, now + .milliseconds(10))
            let milliseconds = ((wait - now) / .milliseconds(1)).rounded(.up)
            if poll(&ready, 1, Int32(max(0, min(milliseconds, 1000)))) > 0 { take() }
        }
    }

    private func held(at now: Instant) -> Double {
        guard let rate = line.rate, lineFree > now else { return 0 }
        return (lineFree - now) / .seconds(1) * rate
    }

    private func take() {
        var part = [UInt8](repeating: 0, count: 4096)
        let count = read(pty.master, &part, part.count)
        guard count > 0 else {
            if count == 0 || errno != EAGAIN { isOpen = false }
            return
        }
        let now = ContinuousClock.now
        lineFree = max(lineFree, now) + (line.rate.map { .seconds(Double(count) / $0) } ?? .zero)
        flying.append((lineFree + line.roundTrip / 2, now, Array(part[..<count])))
    }

    private func deliver(at now: Instant) {
        while let first = typed.first, first.arrives <= now {
            typed.removeFirst()
            _ = write(pty.master, first.bytes, first.bytes.count)
        }
        while let first = flying.first, first.arrives <= now {
            flying.removeFirst()
            bytes += first.bytes.count
            backlog.append(first.arrives - line.roundTrip / 2 - first.sent)
            recent = (recent + first.bytes).suffix(8192)
            screen.feed(first.bytes)
            answer(first.bytes, at: now)
        }
        typed.sort { $0.arrives < $1.arrives }
    }

    private static let answers: [(question: [UInt8], answer: String)] = [
        ("\u{1B}[5n", "\u{1B}[0n"), ("\u{1B}[c", "\u{1B}[?62;22c"), ("\u{1B}[>c", "\u{1B}[>41;380;0c"),
        ("\u{1B}[>0q", "\u{1B}P>|slow 1\u{1B}\\"), ("\u{1B}[?2026$p", "\u{1B}[?2026;2$y"),
        ("\u{1B}P+q524742;5463\u{1B}\\", "\u{1B}P1+r524742;5463\u{1B}\\"), ("\u{1B}[?2026h", ""),
    ].map { (Array($0.0.utf8), $0.1) }

    private func answer(_ part: [UInt8], at now: Instant) {
        let text = tail + part
        var index = 0
        var kept = text.count
        while let start = text[index...].firstIndex(of: 0x1B) {
            index = start + 1
            let rest = text[start...]
            if let known = Self.answers.first(where: { rest.starts(with: $0.question) }) {
                index = start + known.question.count
                if known.answer.isEmpty { frames += 1 } else { typed.append((now + line.roundTrip / 2, Array(known.answer.utf8))) }
            } else if Self.answers.contains(where: { $0.question.count > rest.count && $0.question.starts(with: rest) }) {
                kept = start
                break
            }
        }
        tail = Array(text[kept...])
    }
}
