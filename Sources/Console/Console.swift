import Glibc
import TerminalIO
import TerminalVideo

/// The console on this process's terminal. It is made and run on one thread, the main one.
public final class Console {
    private let inbox: ConsoleInbox
    private let service: any CallService
    private let terminal: Terminal
    private let chrome: Chrome
    private var model: ConsoleModel
    private var painter: ScenePainter
    private var exit: ConsoleExit?
    /// Whether a key's effect is still to be painted.
    private var isKeyPending = false
    /// What the service was told that there is for the other side's picture.
    private var toldPixels: ShownPixels?

    /// - Parameters:
    ///   - inbox: what the service tells the console through.
    ///   - service: what makes the calls.
    ///   - environment: the process's environment.
    ///   - logPath: the log file. It gets what libraries print while the console runs, and is named in the help and after a crash.
    ///   - isProbing: whether the terminal is asked what it can do.
    /// - Throws: `TerminalError` where the console cannot run; ``refusal(for:)`` makes a line for people of it.
    public init(
        inbox: ConsoleInbox, service: any CallService, environment: [String: String], logPath: String?, isProbing: Bool = true
    ) throws(TerminalError) {
        self.inbox = inbox
        self.service = service
        let (terminal, term) = try TerminalSetup.open(
            environment: environment, logPath: logPath, wakeup: inbox.wakeup, isProbing: isProbing)
        self.terminal = terminal
        chrome = try Chrome(term: term, size: terminal.size, isColoured: terminal.capabilities.colours != .none)
        var state = ConsoleState(size: terminal.size, isUTF8: terminal.capabilities.isUTF8)
        state.logPath = logPath
        model = ConsoleModel(state: state)
        painter = ScenePainter()
    }

    /// One line that says why there is no console here, and what there is instead.
    public static func refusal(for error: TerminalError) -> String {
        "the console needs a terminal, but \(error); use \"glyphone bot\" for calls without a screen, "
            + "or \"glyphone monitor\" to watch presence"
    }

    /// Runs until the person quits, the service says so, or a signal ends it. The terminal is as before then.
    public func run() throws(TerminalError) -> ConsoleExit {
        try terminal.enter()
        defer { terminal.leave() }
        var now = ContinuousClock.now
        chrome.resize(terminal.size)
        handle(.resized(terminal.size), at: now)
        handle(.capabilities(terminal.capabilities), at: now)
        while exit == nil {
            takeInbox(at: now)
            paint(at: now)
            let due = model.deadline(after: now)
            let deadline = [due, painter.deadline(for: terminal, at: now)].compactMap { $0 }.min()
            let events = terminal.wait(until: deadline)
            now = ContinuousClock.now
            model.setWallClock(WallTime.now())
            for event in events where exit == nil { try take(event, at: now) }
            // Not for every picture: what the model changes is drawn anew.
            if let due, now >= due { handle(.timeout, at: now) }
        }
        return exit ?? .quit
    }

    private func take(_ event: Terminal.Event, at now: ContinuousClock.Instant) throws(TerminalError) {
        switch event {
        case .input(.key(let key)): handle(.key(key), at: now)
        case .input(.paste(let text)): handle(.paste(text), at: now)
        case .input(.reply):
            handle(.capabilities(terminal.capabilities), at: now)
            if terminal.size != model.state.size { handle(.resized(terminal.size), at: now) }
        case .input(.focus), .woken: break
        case .resized:
            chrome.resize(terminal.size)
            painter.invalidate()
            handle(.resized(terminal.size), at: now)
        case .signal(SIGTSTP):
            service.perform(.suspend)
            try suspend()
        case .signal(SIGCONT):
            terminal.reenter()
            handle(.redraw, at: now)
        case .signal(let number): handle(.terminated(.signal(number)), at: now)
        case .hungUp: handle(.terminated(.signal(SIGHUP)), at: now)
        }
    }

    private func handle(_ input: ConsoleModel.Input, at now: ContinuousClock.Instant) {
        if case .key = input { isKeyPending = true }
        model.handle(input, at: now)
        painter.stateChanged()
        while let output = model.nextOutput() { perform(output, at: now) }
        if model.state.style.glyphs == .sixel { terminal.raiseColourRegisters(to: SixelFormat.mostRegisters) }
        tellPixels(at: now)
    }

    /// Before there is a picture, so that the first offer can tell of them.
    private func tellPixels(at now: ContinuousClock.Instant) {
        let pixels = ConsoleView.shownPixels(of: model.state, on: terminal.line(at: now))
        guard pixels != toldPixels else { return }
        toldPixels = pixels
        service.perform(.showPicture(pixels))
    }

    private func perform(_ output: ConsoleModel.Output, at now: ContinuousClock.Instant) {
        switch output {
        case .action(let action): service.perform(action)
        case .bell: terminal.send([0x07])
        case .title(let text): terminal.sendTitle(text)
        case .notification(let text): terminal.sendNotification(text)
        case .redraw:
            chrome.resize(terminal.size)
            painter.invalidate()
        case .suspend:
            do throws(TerminalError) { try suspend() } catch { exit = .signal(SIGHUP) }
        case .exit(let exit): self.exit = exit
        }
    }

    private func suspend() throws(TerminalError) {
        let pause = try terminal.suspend()
        let now = ContinuousClock.now
        model.setWallClock(WallTime.now())
        handle(.resized(terminal.size), at: now)
        handle(.resumed(after: pause), at: now)
    }

    private func takeInbox(at now: ContinuousClock.Instant) {
        for event in inbox.takeEvents() { handle(.event(event), at: now) }
        let hadRemote = painter.hasRemote
        let hadOwn = painter.hasOwn
        painter.takePictures(from: inbox, for: terminal, at: now)
        if painter.hasRemote != hadRemote { handle(.remotePicture(painter.hasRemote), at: now) }
        if painter.hasOwn != hadOwn { handle(.ownPicture(painter.hasOwn), at: now) }
    }

    private func paint(at now: ContinuousClock.Instant) {
        guard painter.paint(model.state, on: terminal, chrome: chrome, isUrgent: isKeyPending, at: now) else { return }
        isKeyPending = false
        let reduction = painter.reduction
        if reduction != model.state.reduction { handle(.reduced(reduction), at: now) }
        if let statistics = painter.statistics(at: now), model.state.showsStatistics { handle(.drawing(statistics), at: now) }
    }
}
