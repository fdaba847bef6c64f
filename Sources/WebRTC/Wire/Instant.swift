/// A point on a monotonic clock, in nanoseconds from an origin that only the clock knows.
///
/// The protocol machines never read a clock: every input carries the instant at which it happened, so a whole call can
/// run in virtual time.
public struct Instant: InstantProtocol, Hashable, Sendable, CustomStringConvertible {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    public static let zero = Instant(nanoseconds: 0)

    public func advanced(by duration: Duration) -> Instant {
        Instant(nanoseconds: nanoseconds &+ duration.nanoseconds)
    }

    public func duration(to other: Instant) -> Duration {
        .nanoseconds(other.nanoseconds &- nanoseconds)
    }

    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    public static func + (instant: Instant, duration: Duration) -> Instant {
        instant.advanced(by: duration)
    }

    public static func - (instant: Instant, duration: Duration) -> Instant {
        Instant(nanoseconds: instant.nanoseconds &- duration.nanoseconds)
    }

    public static func - (left: Instant, right: Instant) -> Duration {
        right.duration(to: left)
    }

    public static func += (instant: inout Instant, duration: Duration) {
        instant = instant + duration
    }

    public var description: String {
        "\(Double(nanoseconds) / 1e9) s"
    }
}

extension Duration {
    /// The duration in whole nanoseconds, clamped to what 64 bits hold (292 years).
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        return product.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue
    }

    /// The duration in seconds.
    public var seconds: Double {
        Double(nanoseconds) / 1e9
    }

    /// The duration in milliseconds.
    public var milliseconds: Double {
        Double(nanoseconds) / 1e6
    }
}

/// The earlier of two optional instants; `nil` means never.
public func earliest(_ first: Instant?, _ second: Instant?) -> Instant? {
    guard let first, let second else { return first ?? second }
    return min(first, second)
}

/// The earliest of optional instants; `nil` means never.
public func earliest(_ first: Instant?, _ second: Instant?, _ others: Instant?...) -> Instant? {
    others.reduce(earliest(first, second)) { earliest($0, $1) }
}
