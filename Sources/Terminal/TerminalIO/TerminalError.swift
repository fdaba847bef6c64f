import Glibc

/// Why a terminal cannot be used.
public enum TerminalError: Error, Equatable, CustomStringConvertible {
    /// The named stream ("standard input", "standard output") is no terminal.
    case noTerminal(stream: String)
    /// TERM says that the terminal can do nothing but print; the name is empty where TERM is not set.
    case dumb(term: String)
    /// A system call failed.
    case system(call: String, errno: Int32)

    public var description: String {
        switch self {
        case .noTerminal(let stream): "\(stream) is no terminal"
        case .dumb(let term): term.isEmpty ? "TERM is not set" : "the terminal \"\(term)\" cannot place a cursor"
        case .system(let call, let errno): "\(call) failed: \(String(cString: strerror(errno)))"
        }
    }

    static func last(_ call: String) -> TerminalError { .system(call: call, errno: errno) }
}
