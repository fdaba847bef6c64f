/// A key, or a combination of keys, as the terminal tells it.
public enum Key: Hashable, Sendable {
    case character(Character)
    /// Ctrl and a letter (lower case) or one of `@[\]^_`.
    case control(Character)
    /// Alt (Meta) and a character.
    case alt(Character)
    case enter, escape, tab, backTab, backspace
    case insert, delete, home, end, pageUp, pageDown
    case up, down, left, right
    /// F1 to F12.
    case function(Int)
}
