import TerminalIO

/// Lines that show which characters and colours a terminal really has: fonts cannot be asked.
public enum TestCard {
    /// What is to be seen in each line, and the line.
    ///
    /// - Parameter capabilities: what the terminal is known to understand.
    public static func lines(for capabilities: TerminalCapabilities) -> [String] {
        var lines: [String] = []
        if capabilities.isUTF8 {
            lines += glyphs.map { label, sample in "  \(padded(label))\(sample)" }
            lines += [
                "  Each line must look unbroken, with no boxes or question marks in it. Sextants and octants need a font that has them, or a",
                "  terminal that draws them itself (kitty, foot, Ghostty, WezTerm): `glyphone mirror --glyphs sextants` shows a picture of",
                "  them; `r` in a call goes through the others.",
            ]
        } else {
            lines.append("  \(padded("ascii")) .:-=+*#%@")
        }
        if capabilities.colours >= .sixteen { lines.append("  \(padded("16 colours"))\(ramp(0..<16) { "48;5;\($0)" })") }
        if capabilities.colours >= .indexed { lines.append("  \(padded("256 colours"))\(ramp(232..<256) { "48;5;\($0)" })") }
        if capabilities.colours != .none {
            lines.append("  \(padded("24 bits"))\(ramp(0..<48) { "48;2;\($0 * 5);\(255 - $0 * 5);\(128 + $0 * 2)" })")
            lines.append("  The last ramp must be smooth; if it is in bands or missing, the terminal has no 24-bit colours.")
        }
        return lines
    }

    private static func padded(_ label: String) -> String { label + String(repeating: " ", count: max(1, 14 - label.count)) }

    private static func ramp(_ range: Range<Int>, _ colour: (Int) -> String) -> String {
        range.map { "\u{1B}[\(colour($0))m " }.joined() + "\u{1B}[0m"
    }

    private static let glyphs: [(String, String)] = [
        ("halves", String(repeating: "▀▄", count: 16)),
        ("blocks", "▁▂▃▄▅▆▇█▉▊▋▌▍▎▏▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"),
        ("sextants", text(0x1FB00...0x1FB1F)),
        ("octants", text(0x1CD00...0x1CD1F)),
        ("braille", "⠁⠃⠇⡇⡏⡟⡿⣿⣾⣼⣸⢸⢰⢠⢀⠉⠒⠤⣀⣉⣒⣤⣶⣿"),
        ("shades", "░░░░▒▒▒▒▓▓▓▓████"),
    ]

    private static func text(_ range: ClosedRange<UInt32>) -> String {
        String(String.UnicodeScalarView(range.compactMap(Unicode.Scalar.init)))
    }
}
