import CTerminal
import Glibc

/// What the terminal gets to show.
extension Terminal {
    /// How many bytes of pictures may be sent now, so that what a key does need not wait long behind them; 0 for none.
    public func pictureAllowance(at now: ContinuousClock.Instant) -> Int {
        isEntered && output.isFlushed ? flow.allowance(at: now) : 0
    }

    /// Whether the system has taken all that was sent. A key's effect may be sent then, even while the terminal is busy with pictures.
    public var isFlushed: Bool { output.isFlushed }

    /// Whether the line is free enough for what no one waits for.
    public var hasRoom: Bool { output.isFlushed && flow.hasRoom }

    /// Whether the line has held pictures up within the last half second.
    public func isLimited(at now: ContinuousClock.Instant) -> Bool { flow.isLimited(at: now) }

    /// What the terminal and the line to it take, in bytes a second, as far as is known.
    public var lineRate: Int { min(flow.rate, budget ?? .max) }

    /// Whether the terminal has stopped taking what it is sent, as after Ctrl-S.
    public var isStopped: Bool { flow.isStopped }

    /// What the line takes for a question and its answer; nil while it is not known.
    public var roundTrip: Duration? { flow.roundTrip }

    /// More pictures a second are wasted on this terminal: mosh passes on some 20 states a second, whatever it is given.
    public var mostFramesPerSecond: Int { capabilities.host == .mosh ? 20 : 60 }

    func setLimit() {
        flow.limit(rate: [budget, tmuxPace.rate].compactMap { $0 }.min())
    }

    /// Asks tmux what became of what it was sent, while pictures are sent.
    func askTmux(at now: ContinuousClock.Instant) {
        guard isEntered, let tmux, sentBytes - sentBytesAsked > TmuxPace.smallestRate / 2 else { return }
        tmux.ask(at: now)
        if tmux.descriptor >= 0 { sentBytesAsked = sentBytes }
    }

    func takeTmuxAnswer(at now: ContinuousClock.Instant) {
        guard let discarded = tmux?.take() else { return }
        if tmuxPace.report(discarded: discarded, sent: sentBytes, at: now) { setLimit() }
    }

    /// Sends bytes that do not count as a frame, in order with the frames.
    public func send(_ bytes: [UInt8]) {
        guard isEntered, !bytes.isEmpty else { return }
        output.append(bytes)
        sentBytes += bytes.count
        flow.sent(bytes.count, isQuestion: false, at: ContinuousClock.now)
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

    func sendCommand(_ command: String, _ text: String) {
        let term = environment["TERM"] ?? ""
        // The kernel's console takes the beginning for a change of its palette.
        guard TerminalCapabilities.canBeAsked(term: term), term != "linux" else { return }
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
        let isQuestion = flow.wantsQuestion
        if isQuestion { frame += TerminalModes.requestStatus }
        output.append(frame)
        sentBytes += frame.count
        flow.sent(frame.count, isQuestion: isQuestion, at: ContinuousClock.now)
        cterminal_expect_reply(isExpectingReply)
        flush()
    }

    /// Asks for a status report if it is time for one.
    func askForStatus(at now: ContinuousClock.Instant) {
        guard isEntered, output.isFlushed, flow.takeQuestion(at: now) else { return }
        output.append(TerminalModes.requestStatus)
        flow.sent(TerminalModes.requestStatus.count, isQuestion: true, at: now)
        cterminal_expect_reply(true)
        flush()
    }

    func flush() {
        let tty = tty
        output.flush { bytes in
            while true {
                // A thread that crashes gives the terminal back under our feet.
                guard cterminal_is_armed() else { return nil }
                let count = write(tty, bytes.baseAddress, bytes.count)
                if count >= 0 { return count }
                if errno != EINTR { return nil }
            }
        }
        noteFlushed(at: ContinuousClock.now)
    }

    func noteFlushed(at now: ContinuousClock.Instant) {
        guard isEntered, output.isFlushed else { return }
        flow.flushed(queued: Int(cterminal_queued(tty)), at: now)
    }
}
