import CTerminal
import Glibc

/// The size of a terminal's screen.
public struct TerminalSize: Equatable, Sendable {
    public var columns: Int
    public var rows: Int
    /// The width of a cell divided by its height, where the terminal tells its size in pixels.
    public var cellAspect: Double?

    public init(columns: Int, rows: Int, cellAspect: Double? = nil) {
        self.columns = columns
        self.rows = rows
        self.cellAspect = cellAspect
    }
}

/// The terminal of this process: its modes, its input, and what it gets to show.
///
/// While it is entered, the terminal is in raw mode on its alternate screen, and the descriptors 1 and 2 lead to the log. However the
/// process ends, short of SIGKILL, the terminal is given back as it was. All members belong to one thread; ``Wakeup`` reaches it from
/// others.
public final class Terminal {
    /// What happened, in the order in which it is to be handled.
    public enum Event: Equatable, Sendable {
        case input(InputParser.Event)
        /// SIGTERM, SIGHUP, SIGINT, SIGTSTP or SIGCONT.
        case signal(Int32)
        case resized
        /// ``Wakeup/wake()`` was called.
        case woken
        /// The terminal is gone.
        case hungUp
    }

    public let wakeup: Wakeup
    public let environment: [String: String]
    public var capabilities: TerminalCapabilities
    public private(set) var size: TerminalSize
    public private(set) var isEntered = false

    private let tty: Int32
    private let modes: termios
    private let logPath: String?
    private var parser: InputParser
    private var output = TerminalOutput()
    private var askedAt: ContinuousClock.Instant?
    /// When ``suspend()`` ended last.
    private var resumedAt = ContinuousClock.now - .seconds(3600)

    /// Opens the terminal that standard input and output lead to; nothing is changed yet.
    ///
    /// - Parameters:
    ///   - environment: the process's environment.
    ///   - terminfoColours: `max_colors` of the terminal's entry.
    ///   - keys: what the terminal's entry says its keys send.
    ///   - logPath: the file that gets what libraries print on standard output and error while the terminal is entered.
    ///   - wakeup: an existing one to be woken by.
    /// - Throws: ``TerminalError`` where there is no terminal, or one that cannot place a cursor.
    public init(environment: [String: String], terminfoColours: Int, keys: [[UInt8]: Key] = [:], logPath: String?, wakeup: Wakeup? = nil)
        throws(TerminalError)
    {
        try Self.check(environment: environment)
        // A descriptor of our own: what it is set to (not to block) must not reach the shell, which shares standard input and output.
        var name = [CChar](repeating: 0, count: 256)
        var opened: Int32 = -1
        if ttyname_r(1, &name, name.count) == 0 { opened = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK) }
        if opened < 0 { opened = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK) }
        guard opened >= 0 else { throw .last("opening the terminal") }
        var modes = termios()
        guard tcgetattr(opened, &modes) == 0 else {
            close(opened)
            throw .last("tcgetattr")
        }
        tty = opened
        self.modes = modes
        self.logPath = logPath
        self.environment = environment
        capabilities = TerminalCapabilities(environment: environment, terminfoColours: terminfoColours)
        parser = InputParser(keys: keys)
        size = TerminalSize(columns: 80, rows: 24)
        self.wakeup = if let wakeup { wakeup } else { try Wakeup() }
        readSize()
    }

    deinit {
        leave()
        close(tty)
    }

    /// Whether a full-screen program can run here.
    ///
    /// - Throws: ``TerminalError/noTerminal(stream:)`` or ``TerminalError/dumb(term:)``.
    public static func check(environment: [String: String]) throws(TerminalError) {
        guard isatty(0) == 1 else { throw .noTerminal(stream: "standard input") }
        guard isatty(1) == 1 else { throw .noTerminal(stream: "standard output") }
        let term = environment["TERM"] ?? ""
        guard !["", "dumb", "unknown"].contains(term) else { throw .dumb(term: term) }
    }

    /// Replies to the questions are waited for, in the background, for so long.
    private static let longestProbe: Duration = .seconds(5)

    // MARK: Modes

    /// Takes the screen: raw mode, alternate screen, signals, descriptors 1 and 2.
    public func enter() throws(TerminalError) {
        guard !isEntered else { return }
        signal(SIGPIPE, SIG_IGN)
        let standardOutput = fcntl(1, F_DUPFD_CLOEXEC, 3)
        let standardError = fcntl(2, F_DUPFD_CLOEXEC, 3)
        var modes = modes
        let note = logPath.map { "; the log is \($0)" } ?? ""
        let restoring = TerminalModes.leaving
        guard cterminal_arm(tty, &modes, restoring, restoring.count, standardOutput, standardError, String(note.prefix(500))) == 0 else {
            throw .last("saving the terminal's modes")
        }
        savedDescriptors = [standardOutput, standardError]
        isEntered = true
        // Swift's own handler asks on the terminal what to do, and waits; it stays where someone has set it up.
        cterminal_catch_crashes(!(environment["SWIFT_BACKTRACE"] ?? "").isEmpty)
        for number in [SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT, SIGWINCH] { cterminal_forward(number, wakeup.writeEnd) }
        redirectOutput()
        // It may have changed while nobody was told.
        readSize()
        setRawMode()
        send(TerminalModes.entering)
        ask()
    }

    private var savedDescriptors: [Int32] = []

    /// Gives the terminal back; signals keep coming as events.
    public func leave() {
        guard isEntered else { return }
        takeLastReplies()
        isEntered = false
        // What still waits would be written over the shell's screen.
        output.reset()
        cterminal_restore()
        for descriptor in savedDescriptors where descriptor >= 0 { close(descriptor) }
        savedDescriptors = []
    }

    /// Gives the terminal back, stops the process as Ctrl-Z does, and takes the terminal again when it goes on.
    ///
    /// - Returns: how long it was stopped.
    public func suspend() throws(TerminalError) -> Duration {
        leave()
        let stoppedAt = ContinuousClock.now
        cterminal_stop(wakeup.writeEnd)
        resumedAt = ContinuousClock.now
        try enter()
        return resumedAt - stoppedAt
    }

    /// Takes the terminal again after someone else may have changed it: the process was stopped from outside.
    public func reenter() {
        guard isEntered else { return }
        setRawMode()
        output.discard()
        send(TerminalModes.entering)
        readSize()
    }

    /// Takes the replies that are on their way, so that the shell does not get them for a command.
    private func takeLastReplies() {
        let deadline = ContinuousClock.now + .milliseconds(500)
        while isExpectingReply, ContinuousClock.now < deadline {
            var ready = pollfd(fd: tty, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, Self.milliseconds(until: deadline)) > 0, ready.revents & Int16(POLLIN) != 0 else { break }
            var events: [Event] = []
            takeInput(into: &events)
            guard !events.contains(.hungUp) else { break }
            while let event = parser.nextEvent() { take(event, at: ContinuousClock.now, into: &events) }
        }
        cterminal_expect_reply(isExpectingReply)
    }

    private var isExpectingReply: Bool { output.isUnconfirmed || askedAt != nil }

    private func redirectOutput() {
        let sink = open(logPath ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let target = sink >= 0 ? sink : open("/dev/null", O_WRONLY | O_CLOEXEC)
        guard target >= 0 else { return }
        dup2(target, 1)
        dup2(target, 2)
        close(target)
    }

    private func setRawMode() {
        var raw = modes
        cfmakeraw(&raw)
        tcsetattr(tty, TCSANOW, &raw)
    }

    /// Asks what the terminal can do, unless we are in the background: the answers would go to whoever is not.
    private func ask() {
        guard TerminalCapabilities.canBeAsked(term: environment["TERM"] ?? ""), tcgetpgrp(tty) == getpgrp() else { return }
        let now = ContinuousClock.now
        parser.expectReplies(until: now + Self.longestProbe)
        askedAt = now
        cterminal_expect_reply(true)
        send(TerminalCapabilities.questions)
    }

    private func readSize() {
        var columns: Int32 = 0
        var rows: Int32 = 0
        var width: Int32 = 0
        var height: Int32 = 0
        guard cterminal_size(tty, &columns, &rows, &width, &height) == 0, columns > 0, rows > 0 else { return }
        let isKnown = width >= columns && height >= rows
        let aspect = isKnown ? (Double(width) / Double(columns)) / (Double(height) / Double(rows)) : nil
        size = TerminalSize(columns: Int(columns), rows: Int(rows), cellAspect: aspect)
    }

    // MARK: Output

    /// Whether the next frame may be sent: the terminal has taken the ones before.
    public var isIdle: Bool { output.isIdle }

    /// Whether the system has taken all that was sent. A key's effect may be sent then, even while the terminal is busy with pictures.
    public var isFlushed: Bool { output.isFlushed }

    /// How large a frame may be at present, in bytes, so that the next one need not wait long.
    public var frameLimit: Int { output.frameLimit }

    /// Sends bytes that do not count as a frame, in order with the frames.
    public func send(_ bytes: [UInt8]) {
        guard isEntered, !bytes.isEmpty else { return }
        output.append(bytes, confirmed: false, at: ContinuousClock.now)
        flush()
    }

    /// Sets the window's title (OSC 2), cleared when the terminal is given back. Control characters in `text` are left out.
    public func sendTitle(_ text: String) {
        sendCommand("2;", text)
    }

    /// Asks the terminal to notify the person, in the two ways that are common (OSC 9 and OSC 777); many do nothing.
    public func sendNotification(_ text: String) {
        // A semicolon would be the next field of OSC 777, a digit at the start another command of OSC 9.
        let text = String(text.map { $0 == ";" ? "," : $0 })
        sendCommand("9;", "glyphone: " + text)
        sendCommand("777;notify;glyphone;", text)
    }

    private func sendCommand(_ command: String, _ text: String) {
        guard TerminalCapabilities.canBeAsked(term: environment["TERM"] ?? "") else { return }
        let printable = text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F && !(0x80...0x9F).contains($0.value) }
        send(Array("\u{1B}]\(command)\(String(String.UnicodeScalarView(printable.prefix(200))))\u{07}".utf8))
    }

    /// Sends a frame, in one write; it appears at once where the terminal can do that.
    public func sendFrame(_ bytes: [UInt8]) {
        guard isEntered, !bytes.isEmpty else { return }
        var frame: [UInt8] = []
        frame.reserveCapacity(bytes.count + 32)
        if capabilities.hasSynchronizedOutput { frame += TerminalModes.beginSynchronized }
        frame += bytes
        if capabilities.hasSynchronizedOutput { frame += TerminalModes.endSynchronized }
        // Small frames need no confirmation: they hold nothing up.
        let isConfirmed = capabilities.answers && bytes.count >= TerminalOutput.smallestFrame / 2
        if isConfirmed { frame += TerminalModes.requestStatus }
        output.append(frame, confirmed: isConfirmed, at: ContinuousClock.now)
        cterminal_expect_reply(isExpectingReply)
        flush()
    }

    private func flush() {
        let tty = tty
        output.flush(at: ContinuousClock.now) { bytes in
            while true {
                // A thread that crashes gives the terminal back under our feet.
                guard cterminal_is_armed() else { return nil }
                let count = write(tty, bytes.baseAddress, bytes.count)
                if count >= 0 { return count }
                if errno != EINTR { return nil }
            }
        }
    }

    // MARK: Input

    /// Waits for something to happen, at most until `deadline`.
    public func wait(until deadline: ContinuousClock.Instant?) -> [Event] {
        var events: [Event] = []
        let due = [deadline, parser.deadline, output.deadline].compactMap { $0 }.min()
        var descriptors = [
            pollfd(fd: tty, events: Int16(POLLIN), revents: 0), pollfd(fd: wakeup.readEnd, events: Int16(POLLIN), revents: 0),
        ]
        if !isEntered { descriptors[0].fd = -1 }
        if !output.isFlushed { descriptors[0].events |= Int16(POLLOUT) }
        let count = poll(&descriptors, nfds_t(descriptors.count), Self.milliseconds(until: due))
        if count > 0, descriptors[1].revents != 0 { takeSignals(into: &events) }
        if count > 0, descriptors[0].revents & Int16(POLLOUT) != 0 { flush() }
        if count > 0, descriptors[0].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 { takeInput(into: &events) }
        let now = ContinuousClock.now
        parser.handleTimeout(at: now)
        output.handleTimeout(at: now)
        if let askedAt, now - askedAt > Self.longestProbe { self.askedAt = nil }
        while let event = parser.nextEvent() { take(event, at: now, into: &events) }
        return events
    }

    private static func milliseconds(until due: ContinuousClock.Instant?) -> Int32 {
        guard let due else { return -1 }
        let left = due - ContinuousClock.now
        if left <= .zero { return 0 }
        // Rounded up: waking just before the time would spin.
        return Int32(min(left / .milliseconds(1), 3_600_000).rounded(.up))
    }

    private func takeSignals(into events: inout [Event]) {
        let (signals, isWoken) = wakeup.take()
        cterminal_signals_taken()
        for signal in signals {
            if signal == SIGWINCH {
                readSize()
                if events.last != .resized { events.append(.resized) }
            } else if signal != SIGCONT || ContinuousClock.now - resumedAt > .seconds(1) {
                // Otherwise it is the end of our own stop, after which the terminal was taken again already.
                events.append(.signal(signal))
            }
        }
        if isWoken { events.append(.woken) }
    }

    private func takeInput(into events: inout [Event]) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(tty, &bytes, bytes.count)
            if count > 0 {
                parser.handle(bytes[..<count], at: ContinuousClock.now)
                if count < bytes.count { return }
            } else if count < 0, errno == EINTR {
                continue
            } else {
                if count == 0 || errno != EAGAIN { events.append(.hungUp) }
                return
            }
        }
    }

    private func take(_ event: InputParser.Event, at now: ContinuousClock.Instant, into events: inout [Event]) {
        switch event {
        case .reply(.status): output.confirm(at: now)
        case .reply(let reply):
            if case .primaryAttributes = reply, let askedAt {
                output.setRoundTrip(now - askedAt)
                self.askedAt = nil
            }
            let before = capabilities
            capabilities.apply(reply)
            if capabilities != before { events.append(.input(event)) }
        case .key, .paste, .focus: events.append(.input(event))
        }
    }
}
