/// Splitting by bytes: `\r\n` and combining marks form single `Character`s, which must not hide a separator.
extension StringProtocol {
    /// The parts between runs of `separator`, at most `limit` of them; the last takes the rest.
    func fields(_ separator: Unicode.Scalar = " ", limit: Int = Int.max) -> [Substring] {
        let byte = UInt8(truncatingIfNeeded: separator.value)
        return Substring(self).utf8.split(separator: byte, maxSplits: limit - 1).map { Substring($0) }
    }

    /// What lies before and after the first `separator`; `nil` after it if there is none.
    func divided(at separator: Unicode.Scalar) -> (before: Substring, after: Substring?) {
        let bytes = Substring(self).utf8
        guard let index = bytes.firstIndex(of: UInt8(truncatingIfNeeded: separator.value)) else { return (Substring(self), nil) }
        return (Substring(bytes[..<index]), Substring(bytes[bytes.index(after: index)...]))
    }

    /// Without spaces and tabs at both ends.
    func trimmed() -> Substring {
        var bytes = Substring(self).utf8
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return Substring(bytes)
    }

    /// Whether both are the same but for the case of ASCII letters.
    func matches(_ other: some StringProtocol) -> Bool {
        func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }
        return utf8.elementsEqual(other.utf8) { lower($0) == lower($1) }
    }
}

/// A number of decimal digits only, no sign.
func decimal<T: FixedWidthInteger & UnsignedInteger>(_ text: some StringProtocol, as type: T.Type = T.self) -> T? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return T(text)
}
