/// The word before the first colon, and what comes after it, of a source's specification. A text with a slash before the colon
/// is a path, so all of it is the word.
func splitSpecification(_ text: String) -> (kind: String, argument: String?) {
    guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") else { return (text, nil) }
    return (String(text[..<colon]), String(text[text.index(after: colon)...]))
}

/// Size and rate in `1280x720@25`, or in `1280x720`, whose rate is 30; nil where a text is neither.
func splitFormat(_ text: Substring) -> (width: Int, height: Int, framesPerSecond: Int)? {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let sides = parts[0].split(separator: "x", maxSplits: 1, omittingEmptySubsequences: false).map { shortNumber($0) }
    guard sides.count == 2, let width = sides[0], let height = sides[1], let rate = parts.count > 1 ? shortNumber(parts[1]) : 30 else {
        return nil
    }
    return (width, height, rate)
}

/// A number of one to five digits: no sign, and nothing that overflows.
private func shortNumber(_ text: Substring) -> Int? {
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
