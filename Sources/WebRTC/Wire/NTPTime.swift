/// Wallclock time in the 64-bit format of NTP: seconds since 1900 in the upper half, fractions in the lower (RFC 3550 section 4).
public struct NTPTime: Hashable, Comparable, Sendable {
    public var rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Seconds between the origins of NTP (1900) and Unix time (1970).
    private static let unixOffset: UInt64 = 2_208_988_800

    public init(unixNanoseconds: Int64) {
        let nanoseconds = UInt64(max(0, unixNanoseconds))
        let (seconds, fraction) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        rawValue = (seconds &+ Self.unixOffset) << 32 | (fraction << 32) / 1_000_000_000
    }

    public var unixNanoseconds: Int64 {
        let seconds = Int64(rawValue >> 32) - Int64(Self.unixOffset)
        return seconds * 1_000_000_000 + Int64(((rawValue & 0xffff_ffff) * 1_000_000_000) >> 32)
    }

    /// The middle 32 bits, in units of 1/65536 s, as LSR and DLSR use them.
    public var compact: UInt32 {
        UInt32(truncatingIfNeeded: rawValue >> 16)
    }

    public static func < (left: NTPTime, right: NTPTime) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Ties the monotonic clock to wallclock time, so that sender reports can be written without reading a clock.
public struct WallClock: Sendable {
    public var reference: Instant
    public var unixNanoseconds: Int64

    /// At `reference` it was `unixNanoseconds` after the Unix epoch.
    public init(reference: Instant, unixNanoseconds: Int64) {
        self.reference = reference
        self.unixNanoseconds = unixNanoseconds
    }

    public func ntp(at now: Instant) -> NTPTime {
        NTPTime(unixNanoseconds: unixNanoseconds &+ (now - reference).nanoseconds)
    }

    public func instant(of ntp: NTPTime) -> Instant {
        Instant(nanoseconds: reference.nanoseconds &+ (ntp.unixNanoseconds &- unixNanoseconds))
    }
}
