/// Extends wrapping counters (RTP sequence numbers, timestamps, picture ids) to 64 bits that never wrap.
///
/// Each value is taken as the one nearest to the newest value seen, as RFC 3550 section A.1 and RFC 1982 reckon.
public struct SequenceUnwrapper<Counter: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    /// The greatest extended value so far.
    @inlinable public var newest: Int64? { greatest }
    @usableFromInline var greatest: Int64?

    @inlinable public init() {}

    /// Extends `value`; a greater result becomes ``newest``.
    @inlinable public mutating func unwrap(_ value: Counter) -> Int64 {
        let extended = peek(value)
        greatest = max(greatest ?? extended, extended)
        return extended
    }

    /// Extends `value` without remembering it.
    @inlinable public func peek(_ value: Counter) -> Int64 {
        guard let greatest else { return Int64(value) }
        let distance = Int64(value &- Counter(truncatingIfNeeded: greatest))
        let span = Int64(1) << Int64(Counter.bitWidth)
        return greatest + (distance >= span / 2 ? distance - span : distance)
    }
}
