/// Why a session description was refused, and where.
public struct SDPError: Error, Equatable, CustomStringConvertible {
    /// The line at fault, counted from 1; 0 if the text as a whole is.
    public var line: Int
    /// That line, cut to 80 characters, with everything unprintable replaced: it may be shown on a terminal.
    public var text: String
    public var reason: String

    init(line: Int, text: some StringProtocol, reason: String) {
        self.line = line
        self.text = printable(text, limit: 80)
        self.reason = reason
    }

    public var description: String {
        line == 0 ? "session description: \(reason)" : "session description, line \(line) \"\(text)\": \(reason)"
    }
}

/// What a session description may hold. A browser's largest offers stay below a quarter of each.
public enum SDPLimits {
    /// Bytes of text: the signaling protocol's largest message.
    public static let textBytes = 65_536
    /// Media sections: a call has two; room for screens, data channels and rejected ones.
    public static let mediaSections = 64
    /// Lines in one section: looking attributes up is linear, and SSRC groups make it quadratic.
    public static let linesPerSection = 1_000
    /// Formats in one `m=` line: there are 128 payload types.
    public static let formats = 128
    /// Candidates read from one section; the ICE agent takes no more either.
    public static let candidates = 128
}

/// A field that does not have the form its RFC gives it.
struct MalformedField: Error {
    var reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}

/// `text` with everything but printable ASCII replaced by `?`, at most `limit` characters of it.
func printable(_ text: some StringProtocol, limit: Int) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(limit) {
        result.unicodeScalars.append((0x20...0x7e).contains(scalar.value) ? scalar : "?")
    }
    return result
}
