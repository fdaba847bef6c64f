import CTerminal
import Glibc

/// Taking the screen and giving it back.
extension Terminal {
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
        tmux = TmuxWatch(environment: environment)
    }

    /// Gives the terminal back; signals keep coming as events.
    public func leave() {
        guard isEntered else { return }
        resetColourRegisters()
        takeLastReplies()
        isResettingRegisters = false
        isEntered = false
        // What still waits would be written over the shell's screen.
        output.discard()
        flow.reset()
        isAsking = false
        tmux = nil
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
    func takeLastReplies() {
        let deadline = ContinuousClock.now + .milliseconds(500)
        while isExpectingReply, ContinuousClock.now < deadline {
            var ready = pollfd(fd: tty, events: Int16(output.isFlushed ? POLLIN : POLLIN | POLLOUT), revents: 0)
            guard poll(&ready, 1, Self.milliseconds(until: deadline)) > 0, ready.revents & Int16(POLLIN | POLLOUT) != 0 else { break }
            if ready.revents & Int16(POLLOUT) != 0 { flush() }
            guard ready.revents & Int16(POLLIN) != 0 else { continue }
            var events: [Event] = []
            takeInput(into: &events)
            guard !events.contains(.hungUp) else { break }
            while let event = parser.nextEvent() { take(event, at: ContinuousClock.now, into: &events) }
        }
        cterminal_expect_reply(isExpectingReply)
    }

    var isExpectingReply: Bool { flow.isExpectingAnswer || isAsking || isResettingRegisters }

    /// Asks for as many colours as pictures in sixels have, where fewer are set (XTSMGRAPHICS). They are given back with the terminal.
    public func raiseColourRegisters(to count: Int) {
        guard isEntered, formerRegisters == nil, let registers = capabilities.colourRegisters, registers < count else { return }
        formerRegisters = registers
        send(Array("\u{1B}[?1;3;\(count)S".utf8))
    }

    func resetColourRegisters() {
        guard let registers = formerRegisters else { return }
        formerRegisters = nil
        isResettingRegisters = true
        // Not behind a picture that is still to be written: CAN and ST end it where it is torn. To reset (2) would set what xterm has without any
        // configuration.
        output.discard()
        send(Array("\u{18}\u{1B}\\\u{1B}[?1;3;\(registers)S".utf8))
    }

    func redirectOutput() {
        let sink = open(logPath ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let target = sink >= 0 ? sink : open("/dev/null", O_WRONLY | O_CLOEXEC)
        guard target >= 0 else { return }
        dup2(target, 1)
        dup2(target, 2)
        close(target)
    }

    func setRawMode() {
        var raw = modes
        cfmakeraw(&raw)
        tcsetattr(tty, TCSANOW, &raw)
    }

    /// So late an answer is still one, and no key.
    private static let latestReply: Duration = .seconds(5)

    /// Asks what the terminal can do, unless we are in the background: the answers would go to whoever is not.
    func ask() {
        let term = environment["TERM"] ?? ""
        guard isProbing, TerminalCapabilities.canBeAsked(term: term), tcgetpgrp(tty) == getpgrp() else { return }
        let now = ContinuousClock.now
        parser.expectReplies(until: now + Self.latestReply)
        isAsking = true
        cterminal_expect_reply(true)
        send(TerminalCapabilities.questions(term: term))
        flow.asked(at: now)
    }

    func readSize() {
        var columns: Int32 = 0
        var rows: Int32 = 0
        var width: Int32 = 0
        var height: Int32 = 0
        guard cterminal_size(tty, &columns, &rows, &width, &height) == 0, columns > 0, rows > 0 else { return }
        let isKnown = width >= columns && height >= rows
        let aspect = isKnown ? (Double(width) / Double(columns)) / (Double(height) / Double(rows)) : nil
        let cell = isKnown ? PixelSize(width: Int(width / columns), height: Int(height / rows)) : nil
        size = TerminalSize(columns: Int(columns), rows: Int(rows), cellAspect: aspect, cellPixels: cell)
        if size.cellAspect == nil { (size.cellAspect, size.cellPixels) = (answeredAspect, answeredCell) }
    }
}
