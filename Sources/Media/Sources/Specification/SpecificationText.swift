/// The word before the first colon, and what comes after it, of a source's specification. A text with a slash before the colon
/// is a path, so all of it is the word.
func splitSpecification(_ text: String) -> (kind: String, argument: String?) {
    guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") else { return (text, nil) }
    return (String(text[..<colon]), String(text[text.index(after: colon)...]))
}

/// A number of one to five digits: no sign, and nothing that overflows.
func shortNumber(_ text: Substring) -> Int? {
    guard 1...5 ~= text.utf8.count, text.utf8.allSatisfy({ 48...57 ~= $0 }) else { return nil }
    return Int(text)
}

/// A text from outside, for use within a sentence: without control characters, and cut to what a line can hold.
package func quoted(_ text: String) -> String {
    let shown = text.unicodeScalars.prefix(200).map { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: "?"
        default: String(scalar)
        }
    }
    return "\"" + shown.joined() + "\""
}
