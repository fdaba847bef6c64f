/// Why a text is not JSON, and where.
public struct JSONError: Error, Hashable, CustomStringConvertible {
    public var reason: String
    /// The byte at which the parser stopped, counted from 0.
    public var offset: Int

    public var description: String { "\(reason) at byte \(offset)" }
}

extension JSONValue {
    /// Parses a whole JSON text.
    ///
    /// The depth is limited to 32 (the protocol's own objects nest three deep), so that a text of brackets cannot exhaust the
    /// stack. The length is for the caller to limit.
    public init(parsing bytes: Span<UInt8>) throws(JSONError) {
        var parser = JSONParser()
        self = try parser.parseText(bytes)
    }

    /// Parses a whole JSON text.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        try self.init(parsing: bytes.span)
    }
}

private struct JSONParser {
    static let depthLimit = 32

    var position = 0
    var depth = 0

    func failure(_ reason: String) -> JSONError {
        JSONError(reason: reason, offset: position)
    }

    func peek(_ bytes: Span<UInt8>) -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    mutating func skipSpace(_ bytes: Span<UInt8>) {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0a, 0x0d, 0x09: position += 1
            default: return
            }
        }
    }

    mutating func parseText(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        let value = try parseValue(bytes)
        skipSpace(bytes)
        guard position == bytes.count else { throw failure("something follows the value") }
        return value
    }

    mutating func parseValue(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        skipSpace(bytes)
        guard let first = peek(bytes) else { throw failure("the text ends too early") }
        switch first {
        case UInt8(ascii: "{"): return .object(try parseObject(bytes))
        case UInt8(ascii: "["): return .array(try parseArray(bytes))
        case UInt8(ascii: "\""): return .string(try parseString(bytes))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try parseNumber(bytes))
        case UInt8(ascii: "t"): return try parseLiteral("true", .bool(true), bytes)
        case UInt8(ascii: "f"): return try parseLiteral("false", .bool(false), bytes)
        case UInt8(ascii: "n"): return try parseLiteral("null", .null, bytes)
        default: throw failure("no value begins like this")
        }
    }

    mutating func parseLiteral(_ text: StaticString, _ value: JSONValue, _ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        let count = text.utf8CodeUnitCount
        guard count <= bytes.count - position else { throw failure("the text ends too early") }
        for index in 0..<count where bytes[position + index] != text.utf8Start[index] {
            throw failure("no value begins like this")
        }
        position += count
        return value
    }

    mutating func enter() throws(JSONError) {
        depth += 1
        guard depth <= Self.depthLimit else { throw failure("values nest more than \(Self.depthLimit) deep") }
        position += 1
    }

    mutating func parseArray(_ bytes: Span<UInt8>) throws(JSONError) -> [JSONValue] {
        try enter()
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        skipSpace(bytes)
        if peek(bytes) == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            elements.append(try parseValue(bytes))
            if try !hasNext(closing: UInt8(ascii: "]"), bytes) { return elements }
        }
    }

    mutating func parseObject(_ bytes: Span<UInt8>) throws(JSONError) -> JSONObject {
        try enter()
        defer { depth -= 1 }
        var object = JSONObject()
        skipSpace(bytes)
        if peek(bytes) == UInt8(ascii: "}") {
            position += 1
            return object
        }
        while true {
            skipSpace(bytes)
            guard peek(bytes) == UInt8(ascii: "\"") else { throw failure("a member's name is missing") }
            let name = try parseString(bytes)
            skipSpace(bytes)
            guard peek(bytes) == UInt8(ascii: ":") else { throw failure("a colon is missing") }
            position += 1
            object.append(name, try parseValue(bytes))
            if try !hasNext(closing: UInt8(ascii: "}"), bytes) { return object }
        }
    }

    mutating func hasNext(closing: UInt8, _ bytes: Span<UInt8>) throws(JSONError) -> Bool {
        skipSpace(bytes)
        guard let byte = peek(bytes) else { throw failure("the text ends too early") }
        guard byte == UInt8(ascii: ",") || byte == closing else { throw failure("a comma is missing") }
        position += 1
        return byte != closing
    }

    mutating func parseNumber(_ bytes: Span<UInt8>) throws(JSONError) -> Double {
        let start = position
        if peek(bytes) == UInt8(ascii: "-") { position += 1 }
        let integerStart = position
        let integerDigits = skipDigits(bytes)
        guard integerDigits > 0 else { throw failure("a digit is missing") }
        guard integerDigits == 1 || bytes[integerStart] != UInt8(ascii: "0") else { throw failure("a number begins with 0") }
        if peek(bytes) == UInt8(ascii: ".") {
            position += 1
            guard skipDigits(bytes) > 0 else { throw failure("a digit is missing") }
        }
        if let byte = peek(bytes), byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            if let sign = peek(bytes), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            guard skipDigits(bytes) > 0 else { throw failure("a digit is missing") }
        }
        // No number of the protocol needs more; reading a longer one digit by digit would be work for a stranger's text.
        guard position - start <= 64, let number = Double(try text(bytes, from: start)) else {
            throw failure("a number is too long")
        }
        return number
    }

    mutating func skipDigits(_ bytes: Span<UInt8>) -> Int {
        let start = position
        while let byte = peek(bytes), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position - start
    }

    /// The bytes from `start` up to here as text.
    func text(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> String {
        do {
            return String(copying: try UTF8Span(validating: bytes.extracting(start..<position)))
        } catch {
            throw JSONError(reason: "a text is not UTF-8", offset: start)
        }
    }

    mutating func parseString(_ bytes: Span<UInt8>) throws(JSONError) -> String {
        position += 1
        let start = position
        while let byte = peek(bytes) {
            switch byte {
            case UInt8(ascii: "\""):
                let string = try text(bytes, from: start)
                position += 1
                return string
            case UInt8(ascii: "\\"): return try parseEscapedString(bytes, from: start)
            case 0..<0x20: throw failure("a text has a control character")
            default: position += 1
            }
        }
        throw failure("the text ends too early")
    }

    /// The rest of a string from its first escape on; `start` is where the string began.
    mutating func parseEscapedString(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> String {
        var unescaped: [UInt8] = []
        var run = start
        while let byte = peek(bytes) {
            switch byte {
            case UInt8(ascii: "\""):
                append(bytes, from: run, to: &unescaped)
                position += 1
                do {
                    return String(copying: try UTF8Span(validating: unescaped.span))
                } catch {
                    throw JSONError(reason: "a text is not UTF-8", offset: start)
                }
            case UInt8(ascii: "\\"):
                append(bytes, from: run, to: &unescaped)
                position += 1
                unescaped.append(contentsOf: String(try parseEscape(bytes)).utf8)
                run = position
            case 0..<0x20: throw failure("a text has a control character")
            default: position += 1
            }
        }
        throw failure("the text ends too early")
    }

    func append(_ bytes: Span<UInt8>, from start: Int, to array: inout [UInt8]) {
        array.reserveCapacity(array.count + position - start)
        for index in start..<position { array.append(bytes[index]) }
    }

    mutating func parseEscape(_ bytes: Span<UInt8>) throws(JSONError) -> Unicode.Scalar {
        guard let byte = peek(bytes) else { throw failure("the text ends too early") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try parseUnicodeEscape(bytes)
        default: throw failure("a text has an unknown escape")
        }
    }

    /// A half of a surrogate pair that stands alone becomes U+FFFD: browsers' strings may hold one, UTF-8 cannot.
    mutating func parseUnicodeEscape(_ bytes: Span<UInt8>) throws(JSONError) -> Unicode.Scalar {
        let unit = try parseHexadecimal(bytes)
        guard UTF16.isLeadSurrogate(UInt16(unit)) else { return Unicode.Scalar(unit) ?? "\u{fffd}" }
        let resume = position
        if peek(bytes) == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u") {
            position += 2
            let trail = try parseHexadecimal(bytes)
            if UTF16.isTrailSurrogate(UInt16(trail)) {
                return Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (trail - 0xdc00)) ?? "\u{fffd}"
            }
            position = resume
        }
        return "\u{fffd}"
    }

    mutating func parseHexadecimal(_ bytes: Span<UInt8>) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(bytes), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("a text has an unknown escape")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
