import CTerminal
import Glibc

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
    public internal(set) var size: TerminalSize
    /// The most bytes a second that pictures may take, beside what the line is found to take; nil for no such limit.
    public var budget: Int? { didSet { setLimit() } }
    public internal(set) var isEntered = false

    let tty: Int32
    let modes: termios
    let logPath: String?
    let isProbing: Bool
    var parser: InputParser
    var output = TerminalOutput()
    var flow = FlowControl()
    /// The tmux around this process, and what it was found to take.
    var tmux: TmuxWatch?
    var tmuxPace = TmuxPace()
    /// Bytes sent so far, and when tmux was asked last.
    var sentBytes = 0
    var sentBytesAsked = 0
    /// Whether the answer to the questions at the start is awaited.
    var isAsking = false
    /// The width of a cell divided by its height as the terminal answered, for where the system does not know.
    var answeredAspect: Double?
    var answeredCell: PixelSize?
    /// How many colours the terminal had for sixels before it was given more, and whether it was asked to go back and has not answered.
    var formerRegisters: Int?
    var isResettingRegisters = false
    /// When there was no input left to read.
    var lookedAt = ContinuousClock.now
    /// When ``suspend()`` ended last.
    var resumedAt = ContinuousClock.now - .seconds(3600)
    var savedDescriptors: [Int32] = []

    /// Opens the terminal that standard input and output lead to; nothing is changed yet.
    ///
    /// - Parameters:
    ///   - environment: the process's environment.
    ///   - terminfoColours: `max_colors` of the terminal's entry.
    ///   - keys: what the terminal's entry says its keys send.
    ///   - logPath: the file that gets what libraries print on standard output and error while the terminal is entered.
    ///   - wakeup: an existing one to be woken by.
    ///   - isProbing: whether the terminal is asked what it can do; if not, the environment's word is taken.
    /// - Throws: ``TerminalError`` where there is no terminal, or one that cannot place a cursor.
    public init(
        environment: [String: String], terminfoColours: Int, keys: [[UInt8]: Key] = [:], logPath: String?, wakeup: Wakeup? = nil,
        isProbing: Bool = true
    ) throws(TerminalError) {
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
        self.isProbing = isProbing
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
}
