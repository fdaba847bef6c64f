import TerminalIO
import TerminalVideo

/// What the console does with keys and events: a machine without a terminal and without a clock.
///
/// Its shape is that of every machine here: ``handle(_:at:)``, then ``nextOutput()`` until there is none, then wait for ``deadline``.
package struct ConsoleModel {
    package enum Input {
        case key(Key)
        case paste(String)
        case event(ConsoleEvent)
        case resized(TerminalSize)
        /// A first picture came (true), or none comes any more.
        case remotePicture(Bool)
        case ownPicture(Bool)
        case drawing(DrawingStatistics)
        /// The line takes no more than pictures that are so much worse; nil: it takes those that were chosen.
        case reduced(PictureReduction?)
        /// SIGINT, SIGTERM, SIGHUP or a terminal that is gone.
        case terminated(ConsoleExit)
        case resumed(after: Duration)
        case capabilities(TerminalCapabilities)
        /// Something else wrote on the screen.
        case redraw
        case timeout
    }

    package enum Output: Equatable {
        case action(ConsoleAction)
        case bell
        /// Text for the title and for notifications, free of control characters.
        case title(String)
        case notification(String)
        /// Paint everything anew.
        case redraw
        /// Give the terminal back and stop.
        case suspend
        case exit(ConsoleExit)
    }

    /// The bell rings no more often.
    package static let bellInterval: Duration = .seconds(2)
    /// Keys do nothing to a call that has rung for less.
    package static let incomingGuard: Duration = .milliseconds(500)
    /// A second Ctrl-C within this quits.
    package static let interruptWindow: Duration = .seconds(2)
    /// News is shown for so long.
    package static let noteDuration: Duration = .seconds(10)
    /// True no longer than the microphone is off.
    package static let speechMuted = "nobody hears you: the microphone is off, m switches it on"
    /// So many calls are remembered: what fits the largest screen's list.
    package static let mostRecent = 50
    /// No typed line is longer, in characters.
    package static let longestLine = 200
    /// A stopped process misses the server's pings (25 s, then 20 s of patience) and its session is kept for 30 s more.
    package static let longestPause: Duration = .seconds(30)

    package private(set) var state: ConsoleState
    private var outputs: [Output] = []
    private var nextBell: ContinuousClock.Instant?
    private var lastBell: ContinuousClock.Instant?
    private var interruptedAt: ContinuousClock.Instant?
    /// What `r` and `c` go through.
    private var choices: PictureChoices?
    private var hasChosenColours = false
    /// The incoming call that was accepted last.
    package private(set) var answered: String?

    package init(state: ConsoleState) {
        self.state = state
    }

    package mutating func nextOutput() -> Output? {
        outputs.isEmpty ? nil : outputs.removeFirst()
    }

    package mutating func emit(_ output: Output) { outputs.append(output) }

    /// When ``Input/timeout`` is due: a bell, news that becomes old, a clock that shows seconds.
    package func deadline(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        var times = [nextBell, state.note?.expiresAt].compactMap { $0 }
        if let start = state.call?.connectedAt ?? state.call?.since ?? state.incoming?.since {
            // The next whole second of the call.
            let elapsed = now - start
            times.append(start + .seconds(elapsed.wholeSeconds + 1))
        } else {
            times.append(now + .seconds(60 - Int(((state.wallClock.unixSeconds % 60) + 60) % 60)))
        }
        return times.min()
    }

    package mutating func handle(_ input: Input, at now: ContinuousClock.Instant) {
        switch input {
        case .key(let key): handleKey(key, at: now)
        case .paste(let text): if state.textField != nil { type(text) }
        case .event(let event): handleEvent(event, at: now)
        case .resized(let size): state.size = size
        case .remotePicture(let isThere): state.hasRemotePicture = isThere
        case .ownPicture(let isThere): state.hasOwnPicture = isThere
        case .drawing(let statistics): state.drawing = statistics
        case .reduced(let reduction): state.reduction = reduction
        case .terminated(let exit): quit(exit)
        case .resumed(let pause): handleResumption(after: pause, at: now)
        case .capabilities(let capabilities): adopt(capabilities)
        case .redraw: emit(.redraw)
        case .timeout: break
        }
        handleTimeouts(at: now)
    }

    package mutating func setWallClock(_ time: WallTime) { state.wallClock = time }

    /// Changes the state, for the extensions in other files.
    package mutating func update(_ change: (inout ConsoleState) -> Void) { change(&state) }

    private mutating func handleTimeouts(at now: ContinuousClock.Instant) {
        if let note = state.note, now >= note.expiresAt { state.note = nil }
        if let bell = nextBell, now >= bell {
            emit(.bell)
            lastBell = now
            nextBell = now + Self.bellInterval
        }
    }

    package mutating func startBell(at now: ContinuousClock.Instant) {
        // Someone who calls again and again rings no faster.
        nextBell = lastBell.map { max(now, $0 + Self.bellInterval) } ?? now
    }

    package mutating func stopBell() { nextBell = nil }

    package mutating func noteAnswered(_ call: String) { answered = call }

    /// Shows one line of news.
    package mutating func note(_ text: String, at now: ContinuousClock.Instant) {
        let printable = DisplayText.printable(text)
        state.note = ConsoleState.Note(
            text: printable, time: state.wallClock.hoursAndMinutes, expiresAt: now + Self.noteDuration)
    }

    package mutating func quit(_ exit: ConsoleExit) {
        emit(.action(.quit))
        emit(.exit(exit))
    }

    /// Ctrl-C: asks in a call; twice, it quits in any case.
    package mutating func interrupt(at now: ContinuousClock.Instant) {
        if let last = interruptedAt, now - last < Self.interruptWindow {
            quit(.quit)
            return
        }
        interruptedAt = now
        if state.isInCall {
            state.overlay = .quitQuestion
        } else {
            note("Ctrl-C once more quits", at: now)
        }
    }

    private mutating func handleResumption(after pause: Duration, at now: ContinuousClock.Instant) {
        emit(.action(.resume(after: pause)))
        emit(.redraw)
        let seconds = pause.wholeSeconds
        if state.isInCall {
            let isLong = pause >= Self.longestPause
            note(
                isLong
                    ? "stopped for \(seconds) s: the call has probably ended"
                    : "back after \(seconds) s: microphone and camera are off, m and v switch them on", at: now)
            state.isMicrophoneOn = false
            state.isCameraOn = false
        }
    }

    // MARK: How the picture is drawn

    private mutating func adopt(_ capabilities: TerminalCapabilities) {
        state.isUTF8 = capabilities.isUTF8
        let isFirst = choices == nil
        let choices = PictureChoices(capabilities, isCellKnown: state.size.cellPixels != nil)
        self.choices = choices
        if isFirst || !choices.glyphs.contains(state.style.glyphs) { state.style.glyphs = choices.glyphs[0] }
        if !hasChosenColours || !choices.colours.contains(state.style.colours) { state.style.colours = choices.colours[0] }
    }

    /// `r`.
    package mutating func nextGlyphs(at now: ContinuousClock.Instant) {
        guard let choices else { return }
        state.style.glyphs = choices.glyphs(after: state.style.glyphs)
        note("picture: \(state.style.glyphs.rawValue)", at: now)
    }

    /// `c`: from the best the terminal has down to none, and round again.
    package mutating func nextColours(at now: ContinuousClock.Instant) {
        guard let choices else { return }
        hasChosenColours = true
        state.style.colours = choices.colours(after: state.style.colours)
        note("colours: \(state.style.colours.rawValue)", at: now)
    }
}

/// How a console ended.
public enum ConsoleExit: Equatable, Sendable {
    /// The person quit.
    case quit
    /// ``ConsoleEvent/finish(sentence:)``.
    case finished(sentence: String?)
    /// SIGINT, SIGTERM or SIGHUP came, or the terminal went away (then it is SIGHUP).
    case signal(Int32)
}
