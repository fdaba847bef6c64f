/// An IPv4 or IPv6 address.
public enum IPAddress: Hashable, Sendable {
    case v4(UInt32)
    /// The two halves of the address, most significant first.
    case v6(UInt64, UInt64)

    public var isIPv6: Bool {
        if case .v6 = self { true } else { false }
    }

    /// The address in network order: 4 or 16 bytes.
    public var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 16)
        switch self {
        case .v4(let value): writer.write(value)
        case .v6(let high, let low):
            writer.write(high)
            writer.write(low)
        }
        return writer.bytes
    }

    /// From 4 or 16 bytes in network order; `nil` for any other number.
    public init?(bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        switch bytes.count {
        case 4:
            guard let value = try? reader.read(UInt32.self) else { return nil }
            self = .v4(value)
        case 16:
            guard let high = try? reader.read(UInt64.self), let low = try? reader.read(UInt64.self) else { return nil }
            self = .v6(high, low)
        default: return nil
        }
    }

    public var isLoopback: Bool {
        switch self {
        case .v4(let value): value >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }

    /// 169.254.0.0/16 or fe80::/10.
    public var isLinkLocal: Bool {
        switch self {
        case .v4(let value): value >> 16 == 0xa9fe
        case .v6(let high, _): high >> 54 == 0xfe80 >> 6
        }
    }

    public var isUnspecified: Bool {
        switch self {
        case .v4(let value): value == 0
        case .v6(let high, let low): high == 0 && low == 0
        }
    }

    /// An IPv4 address that came as ::ffff:a.b.c.d, as IPv4; any other address as it is.
    public var unmapped: IPAddress {
        if case .v6(0, let low) = self, low >> 32 == 0xffff { return .v4(UInt32(truncatingIfNeeded: low)) }
        return self
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted decimal, or the canonical text of RFC 5952.
    public var description: String {
        switch self {
        case .v4(let value):
            return stride(from: 24, through: 0, by: -8).map { String(value >> UInt32($0) & 0xff) }.joined(separator: ".")
        case .v6(let high, let low):
            let groups = [high, low].flatMap { half in stride(from: 48, through: 0, by: -16).map { UInt16(truncatingIfNeeded: half >> $0) }
            }
            let zeros = Self.longestZeroRun(groups)
            let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
            guard zeros.count > 1 else { return text(groups[...]) }
            return text(groups[..<zeros.lowerBound]) + "::" + text(groups[zeros.upperBound...])
        }
    }

    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int> {
        var longest = 0..<0
        var start: Int?
        for index in 0...groups.count {
            if index < groups.count, groups[index] == 0 {
                start = start ?? index
            } else if let begin = start {
                if index - begin > longest.count { longest = begin..<index }
                start = nil
            }
        }
        return longest
    }
}

extension IPAddress {
    /// Parses dotted decimal, or IPv6 text as in RFC 4291 section 2.2, without a zone.
    public init?(_ text: some StringProtocol) {
        if text.contains(":") {
            guard let value = Self.parseIPv6(text) else { return nil }
            self = value
        } else {
            guard let value = Self.parseIPv4(text) else { return nil }
            self = .v4(value)
        }
    }

    private static func parseIPv4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let byte = UInt8(part) else {
                return nil
            }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    private static func parseIPv6(_ text: some StringProtocol) -> IPAddress? {
        guard text.utf8.count <= 45 else { return nil }
        let string = String(text)
        var head: [UInt16] = []
        var tail: [UInt16] = []
        var compressed = false
        if let gap = string.firstDoubleColon {
            compressed = true
            let rest = string[string.index(gap, offsetBy: 2)...]
            guard let before = groups(string[..<gap]), let after = groups(rest) else { return nil }
            (head, tail) = (before, after)
        } else {
            guard let all = groups(string[...]) else { return nil }
            head = all
        }
        let count = head.count + tail.count
        guard compressed ? count < 8 : count == 8 else { return nil }
        let all = head + Array(repeating: 0, count: 8 - count) + tail
        let half = { (part: ArraySlice<UInt16>) in part.reduce(UInt64(0)) { $0 << 16 | UInt64($1) } }
        return .v6(half(all[0..<4]), half(all[4..<8]))
    }

    private static func groups(_ text: Substring) -> [UInt16]? {
        if text.isEmpty { return [] }
        var result: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains(".") {
                guard let v4 = parseIPv4(part) else { return nil }
                result += [UInt16(v4 >> 16), UInt16(truncatingIfNeeded: v4)]
            } else {
                guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit), let group = UInt16(part, radix: 16) else {
                    return nil
                }
                result.append(group)
            }
        }
        return result
    }
}

extension String {
    fileprivate var firstDoubleColon: String.Index? {
        var previous: Index?
        for index in indices {
            if self[index] == ":" {
                if let previous, self.index(after: previous) == index { return previous }
                previous = index
            }
        }
        return nil
    }
}

/// An IP address and a UDP port.
public struct TransportAddress: Hashable, Sendable, CustomStringConvertible {
    public var ip: IPAddress
    public var port: UInt16

    public init(ip: IPAddress, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    /// `ip` as text; `nil` if it is none.
    public init?(_ ip: String, port: UInt16) {
        guard let ip = IPAddress(ip) else { return nil }
        self.init(ip: ip, port: port)
    }

    public var description: String {
        ip.isIPv6 ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }
}
