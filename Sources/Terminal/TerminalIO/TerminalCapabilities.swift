/// What a terminal can show: first as the environment tells, then corrected by the terminal's own replies.
public struct TerminalCapabilities: Equatable, Sendable {
    public enum Colours: Int, Comparable, Sendable {
        case none = 0
        case eight = 8
        case sixteen = 16
        case indexed = 256
        case rgb = 16_777_216

        public static func < (left: Colours, right: Colours) -> Bool { left.rawValue < right.rawValue }
    }

    public var colours: Colours
    /// Whether the locale's encoding is UTF-8.
    public var isUTF8: Bool
    /// Whether a frame between the two sequences of mode 2026 appears at once.
    public var hasSynchronizedOutput = false
    /// Whether the terminal has answered DA1, and so will answer DSR.
    public var answers = false
    /// Name and version, where the terminal tells (XTVERSION).
    public var version: String?
    /// What stands between this process and the terminal proper.
    public enum Host: String, Sendable {
        case tmux, screen, mosh
    }

    /// What stands between, as far as can be told.
    public internal(set) var host: Host?
    /// Whether the terminal shows sixel graphics, as DA1 says.
    public internal(set) var hasSixel = false
    /// How many colours a sixel image may have, where the terminal tells.
    public internal(set) var colourRegisters: Int?
    /// The largest sixel image, where the terminal tells.
    public internal(set) var largestImage: PixelSize?
    /// Whether it shows images by kitty's graphics protocol, as it answers.
    public internal(set) var hasKittyGraphics = false
    /// NO_COLOR is set: replies do not bring the colours back.
    private let isColourless: Bool

    /// - Parameters:
    ///   - environment: the process's environment.
    ///   - terminfoColours: `max_colors` of the terminal's terminfo entry; 0 or less where it has none.
    public init(environment: [String: String], terminfoColours: Int) {
        isColourless = !(environment["NO_COLOR"] ?? "").isEmpty
        isUTF8 = Self.isUTF8(environment)
        let term = environment["TERM"] ?? ""
        if !(environment["TMUX"] ?? "").isEmpty || term.hasPrefix("tmux") {
            host = .tmux
        } else if !(environment["STY"] ?? "").isEmpty {
            host = .screen
        }
        // What COLORTERM says is the terminal's that screen was started in; screen itself, up to 4.9, knows no such colours.
        let direct = host != .screen && ["truecolor", "24bit"].contains(environment["COLORTERM"] ?? "") || term.hasSuffix("-direct")
        if isColourless {
            colours = .none
        } else if direct {
            colours = .rgb
        } else if term == "linux" {
            // The kernel's console has 16, though its entry says 8, and turns RGB into those.
            colours = .sixteen
        } else {
            colours =
                switch terminfoColours {
                case 256...: .indexed
                case 16...: .sixteen
                case 8...: .eight
                default: .none
                }
        }
    }

    /// Takes a reply into account, whenever it comes.
    public mutating func apply(_ reply: TerminalReply) {
        switch reply {
        case .primaryAttributes(let attributes):
            answers = true
            // The first number is the class of the terminal.
            hasSixel = attributes.dropFirst().contains(4)
        case .secondaryAttributes(let attributes):
            // What mosh answers, and nobody else is known to (`terminalfunctions.cc`).
            if host == nil, attributes == [1, 10, 0] { host = .mosh }
        case .kittyGraphics(let isSupported): hasKittyGraphics = isSupported
        case .graphics(1, let values): colourRegisters = values.first
        case .graphics(2, let values) where values.count == 2 && values[0] > 0 && values[1] > 0:
            largestImage = PixelSize(width: values[0], height: values[1])
        case .mode(2026, let state): hasSynchronizedOutput = state == 1 || state == 2
        case .capability("RGB", true), .capability("Tc", true): raiseToRGB()
        case .version(let version):
            self.version = String(version.prefix(64))
            if version.hasPrefix("tmux ") { host = .tmux }
            if Self.haveRGB.contains(where: { version.lowercased().hasPrefix($0) }) { raiseToRGB() }
        case .mode, .capability, .status, .cellSize, .textAreaSize, .graphics: break
        }
    }

    private mutating func raiseToRGB() {
        if !isColourless { colours = .rgb }
    }

    /// Terminals that name themselves (XTVERSION) and show 24-bit colours in every version that does.
    private static let haveRGB = ["kitty", "wezterm", "foot", "ghostty", "contour", "iterm2", "konsole", "mintty", "rio", "vte"]

    private static func isUTF8(_ environment: [String: String]) -> Bool {
        // POSIX: the first of these that is set and not empty decides.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let encoding = locale.lowercased()
        return encoding.contains("utf-8") || encoding.contains("utf8")
    }

    /// Whether a terminal of this name can be asked anything; `dumb` prints it.
    public static func canBeAsked(term: String) -> Bool {
        !["", "dumb", "unknown"].contains(term)
    }

    /// All questions in one write, DA1 last, since every terminal answers that: name (XTVERSION), kind (DA2), size in pixels (XTWINOPS 14 and
    /// 16), synchronized output (DECRQM), what sixels are (XTSMGRAPHICS), 24-bit colours (XTGETTCAP `RGB` and `Tc`), images (kitty's graphics
    /// protocol, with one of a pixel that is not shown). The kernel's console is asked DA1 alone, and screen neither by DCS nor by APC: it
    /// passes the inside of a DCS on to its terminal, where it is read as text. tmux keeps kitty's images to itself.
    public static func questions(term: String) -> [UInt8] {
        let images = term.hasPrefix("tmux") ? "" : "\u{1B}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u{1B}\\"
        let capabilities = term.hasPrefix("screen") ? "" : "\u{1B}P+q524742;5463\u{1B}\\" + images
        let others = "\u{1B}[>0q\u{1B}[>c\u{1B}[14t\u{1B}[16t\u{1B}[?2026$p\u{1B}[?1;1;0S\u{1B}[?2;1;0S" + capabilities
        return Array(((term == "linux" ? "" : others) + "\u{1B}[c").utf8)
    }
}
