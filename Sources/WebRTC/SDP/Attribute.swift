/// An `a=` line: a property (`a=rtcp-mux`) or a value (`a=mid:0`) (RFC 8866 section 5.13).
public struct Attribute: Hashable, Sendable, CustomStringConvertible {
    public var name: String
    /// `nil` for a property, which is written without a colon.
    public var value: String?

    public init(_ name: String, _ value: String? = nil) {
        self.name = name
        self.value = value
    }

    /// As written after `a=`.
    init(parsing text: some StringProtocol) {
        let (name, value) = text.divided(at: ":")
        self.init(String(name), value.map(String.init))
    }

    public var description: String {
        value.map { "\(name):\($0)" } ?? name
    }
}

/// Any other line, kept as it came: `type` is the letter before the equals sign.
public struct Line: Hashable, Sendable, CustomStringConvertible {
    public var type: Character
    public var value: String

    public init(_ type: Character, _ value: String) {
        self.type = type
        self.value = value
    }

    public var description: String { "\(type)=\(value)" }
}

/// The session part or a media section: both hold attributes.
public protocol AttributedSection {
    var attributes: [Attribute] { get set }
}

extension AttributedSection {
    public func has(_ name: String) -> Bool {
        attributes.contains { $0.name == name }
    }

    /// The value of the first attribute of that name.
    public func value(of name: String) -> String? {
        attributes.first { $0.name == name }?.value
    }

    /// The values of all attributes of that name, in order.
    public func values(of name: String) -> [String] {
        attributes.compactMap { $0.name == name ? $0.value : nil }
    }

    public mutating func remove(_ name: String) {
        attributes.removeAll { $0.name == name }
    }

    mutating func add(_ name: String, _ value: String? = nil) {
        attributes.append(Attribute(name, value))
    }
}
