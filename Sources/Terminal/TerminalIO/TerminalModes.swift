/// The sequences that set a terminal up and give it back, as every terminal of today takes them.
enum TerminalModes {
    /// Alternate screen with the cursor saved (1049), cursor off, bracketed paste on, screen cleared.
    static let entering = bytes("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?2004h\u{1B}[0m\u{1B}[H\u{1B}[2J")

    /// Everything back, whatever was being written: CAN and ST end a torn sequence, then synchronized output, colours, character set,
    /// cursor, mouse, focus, paste, cursor and keypad modes, the title, and the screen as it was.
    static let leaving = bytes(
        "\u{18}\u{1B}\\\u{1B}[?2026l\u{1B}[0m\u{1B}(B\u{0F}\u{1B}[?25h\u{1B}[?1000l\u{1B}[?1002l\u{1B}[?1003l\u{1B}[?1006l\u{1B}[?1004l"
            + "\u{1B}[?2004l\u{1B}[?1l\u{1B}>\u{1B}]2;\u{07}\u{1B}[?1049l")

    static let beginSynchronized = bytes("\u{1B}[?2026h")
    static let endSynchronized = bytes("\u{1B}[?2026l")
    /// DSR 5: answered by "OK" once all before it was processed.
    static let requestStatus = bytes("\u{1B}[5n")

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
}
