import CTerminal
import Glibc

/// What happens at the terminal.
extension Terminal {
    /// Waits for something to happen, at most until `deadline`.
    public func wait(until deadline: ContinuousClock.Instant?) -> [Event] {
        var events: [Event] = []
        let start = ContinuousClock.now
        askForStatus(at: start)
        askTmux(at: start)
        let due = [deadline, parser.deadline, isEntered ? flow.deadline(after: start) : nil].compactMap { $0 }.min()
        var descriptors = [tty, wakeup.readEnd, tmux?.descriptor ?? -1].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        if !isEntered { descriptors[0].fd = -1 }
        if !output.isFlushed { descriptors[0].events |= Int16(POLLOUT) }
        let count = poll(&descriptors, nfds_t(descriptors.count), Self.milliseconds(until: due))
        // What was there before we asked may have come while we did something else.
        let isOld = ContinuousClock.now - start < Self.instant
        let before = lookedAt
        if count > 0, descriptors[1].revents != 0 { takeSignals(into: &events) }
        if count > 0, descriptors[0].revents & Int16(POLLOUT) != 0 { flush() }
        if count > 0, descriptors[0].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 { takeInput(into: &events) }
        let now = ContinuousClock.now
        if count > 0, descriptors[2].revents != 0 { takeTmuxAnswer(at: now) }
        parser.handleTimeout(at: now)
        noteFlushed(at: now)
        flow.handleTimeout(at: now)
        if isAsking, !parser.isExpectingReplies(at: now) { isAsking = false }
        while let event = parser.nextEvent() { take(event, at: now, lookedAt: isOld ? before : nil, into: &events) }
        lookedAt = now
        return events
    }

    /// A wait that is over so soon was none.
    private static let instant: Duration = .microseconds(200)

    static func milliseconds(until due: ContinuousClock.Instant?) -> Int32 {
        guard let due else { return -1 }
        let left = due - ContinuousClock.now
        if left <= .zero { return 0 }
        // Rounded up: waking just before the time would spin.
        return Int32(min(left / .milliseconds(1), 3_600_000).rounded(.up))
    }

    func takeSignals(into events: inout [Event]) {
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

    func takeInput(into events: inout [Event]) {
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

    func take(
        _ event: InputParser.Event, at now: ContinuousClock.Instant, lookedAt: ContinuousClock.Instant? = nil, into events: inout [Event]
    ) {
        switch event {
        case .reply(.status): flow.confirmed(at: now, lookedAt: lookedAt)
        case .reply(let reply):
            if case .primaryAttributes = reply {
                flow.answered(at: now)
                isAsking = false
            }
            if case .graphics(1, _) = reply { isResettingRegisters = false }
            let before = (capabilities, size)
            capabilities.apply(reply)
            takeCellShape(reply)
            if before != (capabilities, size) {
                events.append(.input(event))
            }
        case .key, .paste, .focus: events.append(.input(event))
        }
    }

    /// Not every system passes on the size in pixels that the terminal has; then the terminal's own answer counts.
    private func takeCellShape(_ reply: TerminalReply) {
        switch reply {
        case .cellSize(let width, let height):
            answeredAspect = Double(width) / Double(height)
            answeredCell = PixelSize(width: width, height: height)
        case .textAreaSize(let width, let height):
            let cell = (Double(width) / Double(size.columns), Double(height) / Double(size.rows))
            answeredAspect = answeredAspect ?? cell.0 / cell.1
        default: return
        }
        if let aspect = answeredAspect, !TerminalSize.possibleAspects.contains(aspect) { (answeredAspect, answeredCell) = (nil, nil) }
        if size.cellAspect == nil { size.cellAspect = answeredAspect }
        if size.cellPixels == nil { size.cellPixels = answeredCell }
    }
}
