/// A text or an object that is no message of this protocol.
public struct BadMessage: Error, Hashable, CustomStringConvertible {
    /// What is wrong, as a sentence for people.
    public var detail: String
    /// The message's `type`, where it could be read.
    public var type: String?
    /// The call it names, where it could be read.
    public var call: CallID?

    public init(detail: String, type: String? = nil, call: CallID? = nil) {
        self.detail = detail
        self.type = type
        self.call = call
    }

    public var description: String { detail }
}

/// Reads members of an object, and says what is wrong with the first that is not as it must be.
struct MemberReader {
    let object: JSONObject
    let type: String

    init(_ object: JSONObject, of type: String) {
        self.object = object
        self.type = type
    }

    func failure(_ detail: String) -> BadMessage {
        var call: CallID?
        if case .string(let text) = object["call"], Identifier.isValid(text) { call = text }
        return BadMessage(detail: detail, type: type, call: call)
    }

    func wrong(_ name: String, _ value: JSONValue?, wanted: String) -> BadMessage {
        guard let value else { return failure("`\(type)` needs `\(name)`, \(wanted).") }
        return failure("`\(name)` of `\(type)` must be \(wanted), not \(value.kind).")
    }

    func string(_ name: String) throws(BadMessage) -> String {
        guard case .string(let text) = object[name] else { throw wrong(name, object[name], wanted: "a string") }
        return text
    }

    /// A member that may be absent, or `null` as scripts write it.
    func optionalString(_ name: String) throws(BadMessage) -> String? {
        switch object[name] {
        case nil, .null: nil
        default: try string(name)
        }
    }

    func identifier(_ name: String) throws(BadMessage) -> String {
        let text = try string(name)
        guard Identifier.isValid(text) else {
            throw failure("`\(name)` of `\(type)` must have 1 to \(Limits.identifier) characters of A-Z a-z 0-9 _ -.")
        }
        return text
    }

    func bool(_ name: String, default absent: Bool? = nil) throws(BadMessage) -> Bool {
        switch object[name] {
        case .bool(let value): return value
        case nil, .null:
            if let absent { return absent }
            throw wrong(name, object[name], wanted: "a boolean")
        case let other: throw wrong(name, other, wanted: "a boolean")
        }
    }

    func integer(_ name: String) throws(BadMessage) -> Int64 {
        guard case .number(let number) = object[name], let integer = Int64(exactly: number) else {
            throw wrong(name, object[name], wanted: "a whole number")
        }
        return integer
    }

    func object(_ name: String) throws(BadMessage) -> JSONObject {
        guard case .object(let value) = object[name] else { throw wrong(name, object[name], wanted: "an object") }
        return value
    }

    func array(_ name: String) throws(BadMessage) -> [JSONValue] {
        guard case .array(let elements) = object[name] else { throw wrong(name, object[name], wanted: "an array") }
        return elements
    }
}

/// Splits a JSON text into a message's type and members.
func typedObject(_ json: Span<UInt8>) throws(BadMessage) -> (type: String, members: JSONObject) {
    let value: JSONValue
    do {
        value = try JSONValue(parsing: json)
    } catch {
        throw BadMessage(detail: "This is not JSON: \(error).")
    }
    guard case .object(let object) = value else { throw BadMessage(detail: "A message is an object, not \(value.kind).") }
    guard case .string(let type) = object["type"] else { throw BadMessage(detail: "A message needs `type`, a string.") }
    return (type, object)
}
