/// Checks JSON (RFC 8259) and tells where its values lie, without making values of them: what is inside is the application's.
struct JSONScanner {
    /// Deeper texts are refused. One bit remembers each level, so that no text can exhaust the stack.
    static let depthLimit = 64

    private(set) var position = 0
    /// The largest `num` of the placeholders that were passed, -1 where there were none.
    private(set) var largestPlaceholder = -1
    private var placeholder = Placeholder()

    /// What an object that may be `{"_placeholder":true,"num":0}` has shown so far.
    private struct Placeholder {
        enum Member { case mark, number, other }

        var member = Member.other
        var isMarked = false
        var number: Int?
    }

    private func next(_ bytes: Span<UInt8>) -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    mutating func skipSpace(_ bytes: Span<UInt8>) {
        while let byte = next(bytes), byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    /// Passes this byte if it comes next, after any space.
    mutating func skip(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        skipSpace(bytes)
        guard next(bytes) == byte else { return false }
        position += 1
        return true
    }

    /// Passes one value, and returns where it lies.
    mutating func value(_ bytes: Span<UInt8>) throws(SocketIOError) -> Range<Int> {
        skipSpace(bytes)
        let start = position
        var levels: UInt64 = 0
        var depth = 0
        while true {
            skipSpace(bytes)
            switch next(bytes) {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                let isObject = next(bytes) == UInt8(ascii: "{")
                guard depth < Self.depthLimit else { throw SocketIOError.badJSON }
                depth += 1
                levels = levels << 1 | (isObject ? 1 : 0)
                position += 1
                if isObject { placeholder = Placeholder() }
                if !skip(UInt8(ascii: isObject ? "}" : "]"), bytes) {
                    if isObject { try key(bytes) }
                    continue
                }
                depth -= 1
                levels >>= 1
            default: try scalar(bytes)
            }
            // A value has ended, and perhaps what it stands in.
            while depth > 0 {
                let isObject = levels & 1 == 1
                if skip(UInt8(ascii: ","), bytes) {
                    if isObject { try key(bytes) }
                    break
                }
                guard skip(UInt8(ascii: isObject ? "}" : "]"), bytes) else { throw SocketIOError.badJSON }
                if isObject { endObject() }
                depth -= 1
                levels >>= 1
            }
            if depth == 0 { return start..<position }
        }
    }

    private mutating func key(_ bytes: Span<UInt8>) throws(SocketIOError) {
        skipSpace(bytes)
        let start = position
        try string(bytes)
        placeholder.member =
            if matches("\"_placeholder\"", from: start, bytes) { .mark } else if matches("\"num\"", from: start, bytes) { .number } else {
                .other
            }
        guard skip(UInt8(ascii: ":"), bytes) else { throw SocketIOError.badJSON }
    }

    private func matches(_ text: StaticString, from start: Int, _ bytes: Span<UInt8>) -> Bool {
        guard position - start == text.utf8CodeUnitCount else { return false }
        for index in start..<position where bytes[index] != text.utf8Start[index - start] { return false }
        return true
    }

    private mutating func endObject() {
        if placeholder.isMarked, let number = placeholder.number { largestPlaceholder = max(largestPlaceholder, number) }
        placeholder = Placeholder()
    }

    private mutating func scalar(_ bytes: Span<UInt8>) throws(SocketIOError) {
        let start = position
        switch next(bytes) {
        case UInt8(ascii: "\""): try string(bytes)
        case UInt8(ascii: "t"):
            try literal("true", bytes)
            if placeholder.member == .mark { placeholder.isMarked = true }
        case UInt8(ascii: "f"): try literal("false", bytes)
        case UInt8(ascii: "n"): try literal("null", bytes)
        default:
            try number(bytes)
            if placeholder.member == .number { placeholder.number = integer(from: start, bytes) }
        }
        placeholder.member = .other
    }

    /// A number that is no small index is one too large.
    private func integer(from start: Int, _ bytes: Span<UInt8>) -> Int {
        guard position - start <= 9 else { return .max }
        var value = 0
        for index in start..<position {
            guard let digit = digit(bytes[index]) else { return .max }
            value = value * 10 + digit
        }
        return value
    }

    private mutating func literal(_ text: StaticString, _ bytes: Span<UInt8>) throws(SocketIOError) {
        let start = position
        position = min(start + text.utf8CodeUnitCount, bytes.count)
        guard matches(text, from: start, bytes) else { throw SocketIOError.badJSON }
    }

    private mutating func number(_ bytes: Span<UInt8>) throws(SocketIOError) {
        if next(bytes) == UInt8(ascii: "-") { position += 1 }
        let start = position
        guard skipDigits(bytes) > 0 else { throw SocketIOError.badJSON }
        guard position == start + 1 || bytes[start] != UInt8(ascii: "0") else { throw SocketIOError.badJSON }
        if next(bytes) == UInt8(ascii: ".") {
            position += 1
            guard skipDigits(bytes) > 0 else { throw SocketIOError.badJSON }
        }
        if let byte = next(bytes), byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            if next(bytes) == UInt8(ascii: "+") || next(bytes) == UInt8(ascii: "-") { position += 1 }
            guard skipDigits(bytes) > 0 else { throw SocketIOError.badJSON }
        }
    }

    private mutating func skipDigits(_ bytes: Span<UInt8>) -> Int {
        let start = position
        while let byte = next(bytes), digit(byte) != nil { position += 1 }
        return position - start
    }

    private func digit(_ byte: UInt8) -> Int? {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? Int(byte) - 0x30 : nil
    }

    /// Passes a string with its quotation marks.
    mutating func string(_ bytes: Span<UInt8>) throws(SocketIOError) {
        guard next(bytes) == UInt8(ascii: "\"") else { throw SocketIOError.badJSON }
        position += 1
        while let byte = next(bytes) {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"): try escape(bytes)
            case 0..<0x20: throw SocketIOError.badJSON
            default: break
            }
        }
        throw SocketIOError.badJSON
    }

    private mutating func escape(_ bytes: Span<UInt8>) throws(SocketIOError) {
        guard let byte = next(bytes) else { throw SocketIOError.badJSON }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            break
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                guard let byte = next(bytes), Character(Unicode.Scalar(byte)).isHexDigit else { throw SocketIOError.badJSON }
                position += 1
            }
        default: throw SocketIOError.badJSON
        }
    }
}
