/// Finds the members of a signal without reading what is only passed on.
///
/// It knows signals as clients write them: every member once, none that the protocol does not name, names without escapes.
/// Of any other text, good or bad, it makes nothing, and the parser has the word; so the two never differ in what they accept.
struct SignalScanner {
    private var position = 0
    private var kind: RelayedSignal.Kind?
    private var to: PeerID?
    private var call: CallID?
    private var sdp: Range<Int>?
    private var candidate: Range<Int>?
    private var reason: ByeReason?

    /// - Parameter type: what the message is, where its binding says that beside it.
    static func scan(_ bytes: Span<UInt8>, type: String?) -> RelayedSignal? {
        var scanner = SignalScanner()
        if let type {
            guard let kind = kind(type) else { return nil }
            scanner.kind = kind
        }
        guard scanner.object(bytes, { $0.member($1, bytes) }), scanner.position == bytes.count, (try? UTF8Span(validating: bytes)) != nil
        else { return nil }
        return scanner.signal(bytes)
    }

    /// The whole object is read: does it make a signal?
    private func signal(_ bytes: Span<UInt8>) -> RelayedSignal? {
        guard var kind, let to, let call else { return nil }
        let value: (name: StaticString, range: Range<Int>)?
        switch (kind, sdp, candidate, reason) {
        case (.offer, let sdp?, nil, nil), (.answer, let sdp?, nil, nil): value = ("sdp", sdp)
        case (.candidate, nil, let candidate?, nil): value = ("candidate", candidate)
        case (.ringing, nil, nil, nil): value = nil
        case (.bye, nil, nil, let reason?):
            kind = .bye(reason)
            value = nil
        default: return nil
        }
        var members: [UInt8] = []
        members.reserveCapacity((value?.range.count ?? 0) + 96)
        members.append(contentsOf: "\"call\":\"".utf8)
        members.append(contentsOf: call.utf8)
        members.append(UInt8(ascii: "\""))
        if let value {
            members.append(contentsOf: ",\"\(value.name)\":".utf8)
            bytes.extracting(value.range).withUnsafeBufferPointer { members.append(contentsOf: $0) }
        } else if case .bye(let reason) = kind {
            members.append(contentsOf: ",\"reason\":\"\(reason.rawValue)\"".utf8)
        }
        return RelayedSignal(kind: kind, to: to, call: call, members: members)
    }

    /// Takes one member's value; `false` where the parser has to look.
    private mutating func member(_ name: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        let start = position
        switch (bytes[name.lowerBound], name.count) {
        case (UInt8(ascii: "t"), 4) where Self.equal(bytes, name, "type"):
            guard kind == nil, let text = string(bytes) else { return false }
            kind = Self.kind(text)
            return kind != nil
        case (UInt8(ascii: "t"), 2) where Self.equal(bytes, name, "to"):
            guard to == nil, let text = string(bytes), Identifier.isValid(text) else { return false }
            to = text
            return true
        case (UInt8(ascii: "c"), 4) where Self.equal(bytes, name, "call"):
            guard call == nil, let text = string(bytes), Identifier.isValid(text) else { return false }
            call = text
            return true
        case (UInt8(ascii: "s"), 3) where Self.equal(bytes, name, "sdp"):
            guard sdp == nil, skipString(bytes) else { return false }
            sdp = start..<position
            return true
        case (UInt8(ascii: "c"), 9) where Self.equal(bytes, name, "candidate"):
            guard candidate == nil, null(bytes) || candidateObject(bytes) else { return false }
            candidate = start..<position
            return true
        case (UInt8(ascii: "r"), 6) where Self.equal(bytes, name, "reason"):
            guard reason == nil, let text = string(bytes), let known = ByeReason(rawValue: text), known != .gone else { return false }
            reason = known
            return true
        default: return false
        }
    }

    private mutating func candidateObject(_ bytes: Span<UInt8>) -> Bool {
        var seen = 0
        let isWhole = object(bytes) { scanner, name in
            let bit: Int
            switch name.count {
            case 9 where Self.equal(bytes, name, "candidate"):
                bit = 1
                guard scanner.skipString(bytes) else { return false }
            case 6 where Self.equal(bytes, name, "sdpMid"):
                bit = 2
                guard scanner.null(bytes) || scanner.skipString(bytes) else { return false }
            case 13 where Self.equal(bytes, name, "sdpMLineIndex"):
                bit = 4
                guard scanner.null(bytes) || scanner.smallNumber(bytes) else { return false }
            case 16 where Self.equal(bytes, name, "usernameFragment"):
                bit = 8
                guard scanner.null(bytes) || scanner.skipString(bytes) else { return false }
            default: return false
            }
            guard seen & bit == 0 else { return false }
            seen |= bit
            return true
        }
        return isWhole && seen & 1 != 0
    }

    private static func kind(_ type: String) -> RelayedSignal.Kind? {
        switch type {
        case "candidate": .candidate
        case "offer": .offer
        case "answer": .answer
        case "ringing": .ringing
        // Its reason is still to come.
        case "bye": .bye(.hangup)
        default: nil
        }
    }

    // MARK: Texts

    /// Passes over an object; `member` is called at each value and passes over that.
    private mutating func object(_ bytes: Span<UInt8>, _ member: (inout SignalScanner, Range<Int>) -> Bool) -> Bool {
        skipSpace(bytes)
        guard take(UInt8(ascii: "{"), bytes) else { return false }
        repeat {
            skipSpace(bytes)
            let start = position + 1
            guard skipString(bytes) else { return false }
            let name = start..<(position - 1)
            skipSpace(bytes)
            guard !name.isEmpty, take(UInt8(ascii: ":"), bytes) else { return false }
            skipSpace(bytes)
            guard member(&self, name) else { return false }
            skipSpace(bytes)
        } while take(UInt8(ascii: ","), bytes)
        guard take(UInt8(ascii: "}"), bytes) else { return false }
        skipSpace(bytes)
        return true
    }

    private mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace(_ bytes: Span<UInt8>) {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0a, 0x0d, 0x09: position += 1
            default: return
            }
        }
    }

    /// Passes over a string; one with `\u` is for the parser, which knows what halves of pairs become.
    private mutating func skipString(_ bytes: Span<UInt8>) -> Bool {
        guard take(UInt8(ascii: "\""), bytes) else { return false }
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return true }
            if byte == UInt8(ascii: "\\") {
                guard position < bytes.count else { return false }
                switch bytes[position] {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
                    UInt8(ascii: "r"), UInt8(ascii: "t"):
                    position += 1
                default: return false
                }
            } else if byte < 0x20 {
                return false
            }
        }
        return false
    }

    /// A string without escapes.
    private mutating func string(_ bytes: Span<UInt8>) -> String? {
        let start = position + 1
        guard skipString(bytes), position - 1 - start <= Limits.identifier else { return nil }
        for index in start..<(position - 1) where bytes[index] == UInt8(ascii: "\\") { return nil }
        guard let text = try? UTF8Span(validating: bytes.extracting(start..<(position - 1))) else { return nil }
        return String(copying: text)
    }

    private mutating func null(_ bytes: Span<UInt8>) -> Bool {
        guard position + 4 <= bytes.count, Self.equal(bytes, position..<(position + 4), "null") else { return false }
        position += 4
        return true
    }

    /// A whole number between 0 and 65535 as it is usually written.
    private mutating func smallNumber(_ bytes: Span<UInt8>) -> Bool {
        let start = position
        var value = 0
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]), position - start < 5 {
            value = value * 10 + Int(bytes[position] - UInt8(ascii: "0"))
            position += 1
        }
        let count = position - start
        guard count > 0, count == 1 || bytes[start] != UInt8(ascii: "0") else { return false }
        return value <= 65_535
    }

    private static func equal(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<range.count where bytes[range.lowerBound + index] != text.utf8Start[index] { return false }
        return true
    }
}
