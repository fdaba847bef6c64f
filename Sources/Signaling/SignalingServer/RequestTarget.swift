/// The path and query of an HTTP request, with percent escapes read (RFC 3986).
struct RequestTarget {
    /// As it was sent, without the query.
    let path: String
    let query: Substring

    init(_ target: String) {
        let end = target.firstIndex(of: "?") ?? target.endIndex
        path = String(target[..<end])
        query = target[end...].dropFirst()
    }

    /// The path's segments, each read on its own; `nil` where one is no UTF-8.
    var segments: [String]? {
        var segments: [String] = []
        for segment in path.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            guard let text = Self.unescaped(segment) else { return nil }
            segments.append(text)
        }
        return segments
    }

    /// The value of the first parameter with this name.
    func parameter(_ name: String) -> String? {
        for pair in query.split(separator: "&") {
            let equals = pair.firstIndex(of: "=") ?? pair.endIndex
            if pair[..<equals] == name { return Self.unescaped(pair[equals...].dropFirst()) }
        }
        return nil
    }

    private static func unescaped(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal) else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
    }
}
