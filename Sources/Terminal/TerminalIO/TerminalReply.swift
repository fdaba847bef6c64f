/// What a terminal says of itself when asked.
public enum TerminalReply: Equatable, Sendable {
    /// DA1: the terminal is alive and has answered all that was asked before. The numbers name what it can do.
    case primaryAttributes([Int])
    /// DA2: what the terminal is, in numbers of its own.
    case secondaryAttributes([Int])
    /// The size of a cell in pixels (XTWINOPS 16).
    case cellSize(width: Int, height: Int)
    /// The size of all cells in pixels (XTWINOPS 14).
    case textAreaSize(width: Int, height: Int)
    /// DECRPM: whether a private mode is known: 1 and 2 mean that it can be set and reset.
    case mode(Int, state: Int)
    /// XTGETTCAP: a terminfo capability by its name, and whether the terminal has it.
    case capability(String, isPresent: Bool)
    /// kitty's graphics protocol: whether the image in the question could be shown.
    case kittyGraphics(isSupported: Bool)
    /// XTSMGRAPHICS: what graphics have of something, 1 for colour registers and 2 for the largest sixel image's width and height, in pixels.
    case graphics(Int, values: [Int])
    /// XTVERSION: name and version.
    case version(String)
    /// DSR 0: everything written before the question was processed.
    case status
}
