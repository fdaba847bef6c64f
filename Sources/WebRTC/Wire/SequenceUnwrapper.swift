/// Extends wrapping counters (RTP sequence numbers, timestamps, picture ids) to 64 bits that never wrap.
///
/// Each value is taken as the one nearest to the newest value seen, as RFC 3550 section A.1 and RFC 1982 reckon.
public struct SequenceUnwrapper<Counter: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    /// The greatest extended value so far.
    public private(set) var newest: Int64?

    public init() {}

    /// Extends `value`; a greater result becomes ``newest``.
    public mutating func unwrap(_ value: Counter) -> Int64 {
        let extended = peek(value)
        newest = max(newest ?? extended, extended)
        return extended
    }

    /// Extends `value` without remembering it.
    public func peek(_ value: Counter) -> Int64 {
        guard let newest else { return Int64(value) }
        let distance = Int64(value &- Counter(truncatingIfNeeded: newest))
        let span = Int64(1) << Int64(Counter.bitWidth)
        return newest + (distance >= span / 2 ? distance - span : distance)
    }
}
