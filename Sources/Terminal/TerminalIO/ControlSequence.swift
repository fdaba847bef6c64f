/// What the sequences mean that terminals send (ECMA-48, and what xterm made common).
enum ControlSequence {
    /// The key of a complete sequence that begins with ESC. Modifiers are accepted and ignored.
    static func key(_ sequence: [UInt8]) -> Key? {
        // With a private mark (ECMA-48 section 5.4.1) it is a reply.
        guard sequence.count >= 3, let final = sequence.last, !(0x3C...0x3F).contains(sequence[2]) else { return nil }
        if final == UInt8(ascii: "~") {
            let numbers = numbers(sequence[2..<(sequence.count - 1)])
            return numbers.first.flatMap { keysByNumber[$0] }
        }
        let parameters = sequence[2..<(sequence.count - 1)]
        guard parameters.isEmpty || numbers(parameters).first == 1 else { return nil }
        return keysByFinal[final]
    }

    private static let keysByNumber: [Int: Key] = [
        1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end, 11: .function(1), 12: .function(2),
        13: .function(3), 14: .function(4), 15: .function(5), 17: .function(6), 18: .function(7), 19: .function(8), 20: .function(9),
        21: .function(10), 23: .function(11), 24: .function(12),
    ]

    private static let keysByFinal: [UInt8: Key] = [
        0x41: .up, 0x42: .down, 0x43: .right, 0x44: .left, 0x46: .end, 0x48: .home, 0x4D: .enter, 0x50: .function(1), 0x51: .function(2),
        0x52: .function(3), 0x53: .function(4), 0x5A: .backTab,
    ]

    /// The reply that a control sequence (CSI) is, if it is one.
    static func reply(_ parameters: [UInt8], final: UInt8) -> TerminalReply? {
        switch (parameters.first, final) {
        case (UInt8(ascii: "?"), UInt8(ascii: "c")): return .primaryAttributes(numbers(parameters.dropFirst()))
        case (UInt8(ascii: ">"), UInt8(ascii: "c")): return .secondaryAttributes(numbers(parameters.dropFirst()))
        case (_, UInt8(ascii: "t")):
            let numbers = numbers(parameters[...])
            guard numbers.count == 3, numbers[1] > 0, numbers[2] > 0 else { return nil }
            return numbers[0] == 6
                ? .cellSize(width: numbers[2], height: numbers[1])
                : numbers[0] == 4 ? .textAreaSize(width: numbers[2], height: numbers[1]) : nil
        case (UInt8(ascii: "?"), UInt8(ascii: "y")) where parameters.last == UInt8(ascii: "$"):
            let numbers = numbers(parameters.dropFirst().dropLast())
            guard numbers.count == 2 else { return nil }
            return .mode(numbers[0], state: numbers[1])
        case (UInt8(ascii: "?"), UInt8(ascii: "S")):
            let numbers = numbers(parameters.dropFirst())
            // The second number is 0 where it could be told.
            guard numbers.count > 2, numbers[1] == 0 else { return nil }
            return .graphics(numbers[0], values: Array(numbers.dropFirst(2)))
        case (UInt8(ascii: "0"), UInt8(ascii: "n")) where parameters.count == 1: return .status
        default: return nil
        }
    }

    /// The replies in a device control string (DCS): XTGETTCAP's may hold several capabilities.
    static func replies(deviceControl text: [UInt8]) -> [TerminalReply] {
        let present = Array("1+r".utf8)
        let absent = Array("0+r".utf8)
        if text.starts(with: Array(">|".utf8)) {
            return [.version(String(decoding: text.dropFirst(2), as: UTF8.self))]
        }
        guard text.starts(with: present) || text.starts(with: absent) else { return [] }
        return text.dropFirst(3).split(separator: UInt8(ascii: ";")).compactMap { part in
            let name = part.prefix { $0 != UInt8(ascii: "=") }
            return unhex(name).map { .capability($0, isPresent: text.starts(with: present)) }
        }
    }

    /// The numbers between semicolons; what is none counts as 0, what is too large as the largest.
    private static func numbers(_ bytes: ArraySlice<UInt8>) -> [Int] {
        bytes.split(separator: UInt8(ascii: ";"), maxSplits: 32, omittingEmptySubsequences: false).map { part in
            part.reduce(0) { (0x30...0x39).contains($1) ? min($0 * 10 + Int($1 - 0x30), 1 << 20) : $0 }
        }
    }

    private static func unhex(_ digits: ArraySlice<UInt8>) -> String? {
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
            if let first = high {
                bytes.append(first << 4 | UInt8(value))
                high = nil
            } else {
                high = UInt8(value)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
