import Glibc
import TerminalIO
import TerminalVideo

/// Draws the pictures that come into an inbox (``ConsoleInbox/showRemote(_:)``) in this terminal, without a call.
///
/// Keys: `q` ends, `r` changes the characters, `c` the colours.
public final class Mirror {
    private let inbox: ConsoleInbox
    private let terminal: Terminal
    private let options: MirrorOptions
    private let pane = PicturePane(region: CellRect(column: 0, row: 0, columns: 0, rows: 0), style: PictureStyle())
    private var stream = PictureStream()
    private var choices: PictureChoices
    /// As the person chose.
    private var style: PictureStyle
    private var steps = PictureSteps()
    private var hasChosenColours: Bool
    private var picture: (any Picture)?
    private var isPictureNew = false
    private var isUnfinished = false
    /// Whether a part of the newest picture is still to be painted for the first time.
    private var isPictureUnfinished = false
    /// When what is shown nearly right is repaired, unless a newer picture comes first.
    private var repairDue: ContinuousClock.Instant?
    private var shownAt: ContinuousClock.Instant?
    private var isLineStale = true
    /// One line of news of the source's, and until when it is shown.
    private var note: (text: String, expiresAt: ContinuousClock.Instant)?
    private var lineDrawnAt: ContinuousClock.Instant?
    private var statistics = MirrorStatistics()
    private var exit: ConsoleExit?

    /// - Throws: `TerminalError` where there is no terminal to draw in.
    public init(
        inbox: ConsoleInbox, environment: [String: String], logPath: String?, options: MirrorOptions
    ) throws(TerminalError) {
        self.inbox = inbox
        self.options = options
        terminal = try TerminalSetup.open(environment: environment, logPath: logPath, wakeup: inbox.wakeup, isProbing: options.isProbing).0
        terminal.budget = options.bytesPerSecond
        choices = PictureChoices(terminal.capabilities, isCellKnown: terminal.size.cellPixels != nil)
        style = PictureStyle(glyphs: options.glyphs ?? choices.glyphs[0], colours: options.colours ?? choices.colours[0])
        hasChosenColours = options.colours != nil
    }

    /// One line that says why nothing can be drawn here.
    public static func refusal(for error: TerminalError) -> String {
        "mirror draws in a terminal, but \(error); run it in one, or use \"glyphone bot\" for calls without a screen"
    }

    /// Draws until the person or the source ends it.
    public func run() throws(TerminalError) -> (exit: ConsoleExit, statistics: MirrorStatistics) {
        try terminal.enter()
        defer { terminal.leave() }
        let start = ContinuousClock.now
        arrange()
        while exit == nil {
            let now = ContinuousClock.now
            for event in inbox.takeEvents() {
                switch event {
                case .finish(let sentence): exit = .finished(sentence: sentence)
                case .note(let text):
                    note = (DisplayText.printable(text), now + ConsoleModel.noteDuration)
                    isLineStale = true
                default: break
                }
            }
            if let expiresAt = note?.expiresAt, now >= expiresAt {
                note = nil
                isLineStale = true
            }
            statistics.seconds = (now - start) / .seconds(1)
            let next = shownAt.map { $0 + .seconds(1) / min(options.framesPerSecond, terminal.mostFramesPerSecond) }
            if steps.review(terminal.line(at: now), at: now) { applyStyle() }
            if terminal.pictureAllowance(at: now) > 0 {
                let isBusy = isUnfinished && shownAt.map { now - $0 < PictureSteps.longestPainting } ?? false
                if !isBusy, next.map({ now >= $0 }) ?? true { takePicture(at: now) }
                paint(at: now)
            }
            let isWaitingForTime = next.map { now < $0 } ?? false
            let unfinished = terminal.pictureAllowance(at: now) > 0 ? (isUnfinished ? now : repairDue) : nil
            let deadline = [isWaitingForTime ? next : nil, unfinished, now + .seconds(1)].compactMap { $0 }.min()
            for event in terminal.wait(until: deadline) where exit == nil { try take(event) }
        }
        statistics.lineRate = terminal.lineRate
        statistics.roundTripMilliseconds = terminal.roundTrip.map { $0 / .milliseconds(1) }
        return (exit ?? .quit, statistics)
    }

    private func takePicture(at now: ContinuousClock.Instant) {
        guard case .new(let picture, let skipped) = inbox.takeRemote() else { return }
        self.picture = picture
        shownAt = now
        statistics.framesSkipped += skipped + (isPictureUnfinished ? 1 : 0)
        steps.picturesCame(1 + skipped)
        isPictureUnfinished = true
        show(picture)
    }

    private func show(_ picture: any Picture) {
        let start = CPUClock.nanoseconds()
        pane.economy = steps.economy(rate: terminal.lineRate)
        picture.withPictureView { pane.show($0) }
        isPictureNew = true
        statistics.cpuMilliseconds += Double(CPUClock.nanoseconds() - start) / 1e6
    }

    private func paint(at now: ContinuousClock.Instant) {
        let isLineDue = isLineStale || lineDrawnAt.map({ now - $0 >= .seconds(1) }) ?? true
        let isDue = isPictureNew || isUnfinished || repairDue.map({ now >= $0 }) ?? false
        guard isDue || isLineDue else { return }
        isPictureNew = false
        let start = CPUClock.nanoseconds()
        stream.removeAll()
        isUnfinished = !pane.paint(into: &stream, limit: terminal.pictureAllowance(at: now))
        stream.close()
        repairDue = pane.lastPaint.isExact ? nil : now + PictureSteps.repairDelay
        statistics.cpuMilliseconds += Double(CPUClock.nanoseconds() - start) / 1e6
        statistics.bytes += stream.bytes.count
        statistics.cellsPainted += pane.cellsPainted
        if isPictureUnfinished, !isUnfinished {
            isPictureUnfinished = false
            statistics.framesShown += 1
            steps.pictureFinished(tolerance: pane.tolerance)
        }
        var frame = stream.bytes
        if isLineDue {
            isLineStale = false
            lineDrawnAt = now
            frame += line()
        }
        terminal.sendFrame(frame)
    }

    /// The line below the picture.
    private func line() -> [UInt8] {
        guard terminal.size.rows > 1 else { return [] }
        let seconds = max(statistics.seconds, 0.001)
        let cpu = Int(statistics.cpuMilliseconds * 100 / Double(max(statistics.framesShown, 1)))
        let figures =
            "\(Int(Double(statistics.framesShown) / seconds))/s  \(Int(Double(statistics.bytes) / seconds / 1000)) kB/s  "
            + "\(cpu / 100).\(WallTime.twoDigits(cpu % 100)) ms"
        let text =
            " \(DisplayText.printable(options.title, limit: 40))  \(steps.style.glyphs.rawValue) \(steps.style.colours.rawValue)"
            + (steps.reduction == nil ? "" : " (slow line)")
            + "  \(figures)   "
            + "r render  c colours  q quit"
        let shown = DisplayText.fitted(note.map { " " + $0.text } ?? text, columns: terminal.size.columns - 1)
        let ascii = terminal.capabilities.isUTF8 ? shown : String(shown.map { $0.isASCII ? $0 : "?" })
        return Array("\u{1B}[\(terminal.size.rows);1H\u{1B}[0m\(ascii)\u{1B}[K".utf8)
    }

    /// Puts the pane where the size of the terminal and the options want it.
    private func arrange() {
        let columns = min(terminal.size.columns, options.size?.columns ?? .max)
        let rows = min(max(terminal.size.rows - 1, 1), options.size?.rows ?? .max)
        pane.move(to: CellRect(column: 0, row: 0, columns: columns, rows: rows))
        applyStyle()
        pane.invalidate()
        isLineStale = true
    }

    private func applyStyle() {
        style.cellAspect = terminal.size.cellAspect ?? 0.5
        style.sixel = SixelFormat(terminal.capabilities, cell: terminal.size.cellPixels)
        if style.glyphs == .sixel { terminal.raiseColourRegisters(to: SixelFormat.mostRegisters) }
        steps.choose(style)
        pane.setStyle(steps.style)
        isLineStale = true
        if let picture { show(picture) }
    }

    private func take(_ event: Terminal.Event) throws(TerminalError) {
        switch event {
        case .input(.key(let key)): try take(key)
        case .input(.reply):
            choices = PictureChoices(terminal.capabilities, isCellKnown: terminal.size.cellPixels != nil)
            if !hasChosenColours { style.colours = choices.colours[0] }
            applyStyle()
        case .resized: redraw()
        case .signal(SIGTSTP): try suspend()
        case .signal(SIGCONT):
            terminal.reenter()
            redraw()
        case .signal(let number): exit = .signal(number)
        case .hungUp: exit = .signal(SIGHUP)
        case .input, .woken: break
        }
    }

    private func take(_ key: Key) throws(TerminalError) {
        switch key {
        case .character("q"), .escape: exit = .quit
        case .control("c"): exit = .signal(SIGINT)
        case .control("z"): try suspend()
        case .control("l"): redraw()
        case .character("r"):
            style.glyphs = choices.glyphs(after: style.glyphs)
            applyStyle()
        case .character("c"):
            hasChosenColours = true
            style.colours = choices.colours(after: style.colours)
            applyStyle()
        default: break
        }
    }

    private func suspend() throws(TerminalError) {
        _ = try terminal.suspend()
        redraw()
    }

    private func redraw() {
        terminal.send(Array("\u{1B}[0m\u{1B}[2J".utf8))
        arrange()
    }
}
