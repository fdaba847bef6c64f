import CTerminal
import Glibc

/// What a terminal says of itself when it is asked once, outside a full-screen program.
public struct TerminalProbe: Sendable {
    public var capabilities: TerminalCapabilities
    public var size: TerminalSize
    /// From the questions to the last answer; nil if none came in time.
    public var roundTrip: Duration?

    /// Slower terminals than this are taken for ones that do not answer.
    public static let patience: Duration = .seconds(2)

    /// Asks the terminal that standard output leads to. It is set to raw mode for that moment, and back.
    ///
    /// - Parameters:
    ///   - environment: the process's environment.
    ///   - terminfoColours: `max_colors` of the terminal's entry.
    /// - Throws: ``TerminalError`` where there is no terminal.
    public init(environment: [String: String], terminfoColours: Int) throws(TerminalError) {
        try Terminal.check(environment: environment)
        capabilities = TerminalCapabilities(environment: environment, terminfoColours: terminfoColours)
        size = TerminalSize(columns: 80, rows: 24)
        let tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        guard tty >= 0 else { throw .last("opening the terminal") }
        defer { close(tty) }
        var modes = termios()
        guard tcgetattr(tty, &modes) == 0 else { throw .last("tcgetattr") }
        readSize(of: tty)
        // In the background the answers would go to whoever is not.
        guard tcgetpgrp(tty) == getpgrp() else { return }
        var raw = modes
        cfmakeraw(&raw)
        tcsetattr(tty, TCSANOW, &raw)
        defer { tcsetattr(tty, TCSANOW, &modes) }
        ask(tty, term: environment["TERM"] ?? "")
    }

    private mutating func readSize(of tty: Int32) {
        var (columns, rows, width, height): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        guard cterminal_size(tty, &columns, &rows, &width, &height) == 0, columns > 0, rows > 0 else { return }
        let isKnown = width >= columns && height >= rows
        let aspect = isKnown ? (Double(width) / Double(columns)) / (Double(height) / Double(rows)) : nil
        let cell = isKnown ? PixelSize(width: Int(width / columns), height: Int(height / rows)) : nil
        size = TerminalSize(columns: Int(columns), rows: Int(rows), cellAspect: aspect, cellPixels: cell)
    }

    private mutating func ask(_ tty: Int32, term: String) {
        let questions = TerminalCapabilities.questions(term: term)
        guard write(tty, questions, questions.count) == questions.count else { return }
        let start = ContinuousClock.now
        var parser = InputParser()
        parser.expectReplies(until: start + Self.patience)
        var bytes = [UInt8](repeating: 0, count: 4096)
        while ContinuousClock.now < start + Self.patience {
            var ready = pollfd(fd: tty, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, Terminal.milliseconds(until: start + Self.patience)) > 0 else { return }
            let count = read(tty, &bytes, bytes.count)
            guard count > 0 else { return }
            parser.handle(bytes[..<count], at: ContinuousClock.now)
            while let event = parser.nextEvent() {
                guard case .reply(let reply) = event else { continue }
                capabilities.apply(reply)
                if case .cellSize(let width, let height) = reply, size.cellAspect == nil {
                    size.cellAspect = Double(width) / Double(height)
                    size.cellPixels = PixelSize(width: width, height: height)
                }
                if case .primaryAttributes = reply {
                    roundTrip = ContinuousClock.now - start
                    return
                }
            }
        }
    }
}
