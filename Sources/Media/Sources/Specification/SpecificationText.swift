/// The word before the first colon, and what comes after it, of a source's specification. A text with a slash before the colon
/// is a path, so all of it is the word.
func splitSpecification(_ text: String) -> (kind: String, argument: String?) {
    guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") else { return (text, nil) }
    return (String(text[..<colon]), String(text[text.index(after: colon)...]))
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
