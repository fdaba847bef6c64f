import Glibc
import Synchronization
import TerminalIO

/// Lines of text that change, shown on the whole screen until the person or the program ends it.
///
/// Keys: `q`, Escape and Ctrl-C end it, Ctrl-Z suspends, Ctrl-L redraws.
public final class LiveText {
    public struct Line: Equatable, Sendable {
        public var text: String
        public var isHeading: Bool

        public init(_ text: String, isHeading: Bool = false) {
            self.text = text
            self.isHeading = isHeading
        }
    }

    /// Where other threads put the lines; only the newest are kept.
    public final class Source: Sendable {
        private struct Contents {
            var lines: [Line] = []
            var isFinished = false
        }

        private let contents = Mutex(Contents())
        let wakeup: Wakeup

        /// - Throws: `TerminalError` where the process has no descriptors left.
        public init() throws(TerminalError) {
            wakeup = try Wakeup()
        }

        public func show(_ lines: [Line]) {
            contents.withLock { $0.lines = lines }
            wakeup.wake()
        }

        /// Ends what shows the lines.
        public func finish() {
            contents.withLock { $0.isFinished = true }
            wakeup.wake()
        }

        var lines: [Line] { contents.withLock { $0.lines } }
        var isFinished: Bool { contents.withLock { $0.isFinished } }
    }

    private let source: Source
    private let terminal: Terminal
    private var drawn: [Line]?
    private var exit: ConsoleExit?

    /// - Throws: `TerminalError` where there is no terminal to draw in.
    public init(source: Source, environment: [String: String]) throws(TerminalError) {
        self.source = source
        terminal = try TerminalSetup.open(environment: environment, logPath: nil, wakeup: source.wakeup).0
    }

    /// Shows the lines until the end.
    public func run() throws(TerminalError) -> ConsoleExit {
        try terminal.enter()
        defer { terminal.leave() }
        while exit == nil {
            if source.isFinished { return .finished(sentence: nil) }
            draw(source.lines)
            for event in terminal.wait(until: nil) where exit == nil { try take(event) }
        }
        return exit ?? .quit
    }

    private func draw(_ lines: [Line]) {
        guard drawn != lines else { return }
        drawn = lines
        let rows = max(terminal.size.rows, 1)
        var shown = lines
        if lines.count > rows { shown = lines.prefix(rows - 1) + [Line("… and \(lines.count - rows + 1) more")] }
        var text = "\u{1B}[0m"
        for (row, line) in shown.enumerated() {
            text +=
                "\u{1B}[\(row + 1);1H\(line.isHeading ? "\u{1B}[1m" : "")\(fitted(line.text))\(line.isHeading ? "\u{1B}[0m" : "")\u{1B}[K"
        }
        if shown.count < rows { text += "\u{1B}[\(shown.count + 1);1H\u{1B}[J" }
        terminal.sendFrame(Array(text.utf8))
    }

    /// Nothing in a line is obeyed by the terminal, whoever wrote it.
    private func fitted(_ text: String) -> String {
        let shown = DisplayText.fitted(DisplayText.printable(text, limit: 1_024), columns: terminal.size.columns)
        return terminal.capabilities.isUTF8 ? shown : String(shown.map { $0.isASCII ? $0 : "?" })
    }

    private func take(_ event: Terminal.Event) throws(TerminalError) {
        switch event {
        case .input(.key(.character("q"))), .input(.key(.escape)): exit = .quit
        case .input(.key(.control("c"))): exit = .signal(SIGINT)
        case .input(.key(.control("z"))), .signal(SIGTSTP):
            _ = try terminal.suspend()
            redraw()
        case .input(.key(.control("l"))), .resized: redraw()
        case .signal(SIGCONT):
            terminal.reenter()
            redraw()
        case .signal(let number): exit = .signal(number)
        case .hungUp: exit = .signal(SIGHUP)
        case .input, .woken: break
        }
    }

    private func redraw() {
        terminal.send(Array("\u{1B}[0m\u{1B}[2J".utf8))
        drawn = nil
    }
}
