@_spi(_Unicode) import Swift

/// A peer's or a room's name: 1 to 32 letters, marks, digits, spaces, `.`, `_` or `-`, in Unicode's normalization form C and
/// without space at its ends. Two names are the same if they differ in case alone.
public struct Name: Hashable, Sendable, CustomStringConvertible {
    /// As it is shown.
    public let text: String
    /// As it is compared.
    public let key: String

    /// Where a `join` names no room.
    public static let lobby = Name(checked: "lobby")

    /// In Unicode scalars, of which marks are some: a tower of accents is not one character.
    public static let limit = 32

    /// Throws what is wrong with `raw`, as a sentence for people.
    public init(_ raw: String) throws(NameError) {
        let trimmed = Substring(Self.trimmed(raw))
        guard !trimmed.isEmpty else { throw NameError(reason: "A name has at least one character.") }
        // Normalization may shorten a text, but never to a thirty-second part.
        guard trimmed.utf8.count <= Self.limit * 128 else { throw .tooLong }
        let normalized = Self.normalized(String(trimmed))
        guard normalized.unicodeScalars.count <= Self.limit else { throw .tooLong }
        for scalar in normalized.unicodeScalars where !Self.isAllowed(scalar) {
            throw NameError(reason: "A name has letters, digits, spaces, '.', '_' and '-' only, and no \(Self.codePoint(scalar)).")
        }
        self.init(checked: normalized)
    }

    private init(checked text: String) {
        self.text = text
        // Upper case first, so that "ß" and "SS" or the two small sigmas compare as Unicode's case folding has them.
        key = Self.normalized(text.uppercased().lowercased())
    }

    public static func == (left: Name, right: Name) -> Bool {
        left.key == right.key
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(key)
    }

    public var description: String { text }

    private static func trimmed(_ raw: String) -> Substring.UnicodeScalarView {
        let scalars = raw.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return Substring.UnicodeScalarView() }
        return scalars[first...last]
    }

    private static func normalized(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        var scalars = String.UnicodeScalarView()
        for scalar in text._nfc { scalars.append(scalar) }
        return String(scalars)
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        case .decimalNumber: true
        default: scalar == " " || scalar == "." || scalar == "_" || scalar == "-"
        }
    }

    private static func codePoint(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// What is wrong with a name.
public struct NameError: Error, Hashable, CustomStringConvertible {
    /// A sentence for people.
    public var reason: String

    public init(reason: String) {
        self.reason = reason
    }

    static let tooLong = NameError(reason: "A name has at most \(Name.limit) characters.")

    public var description: String { reason }
}
