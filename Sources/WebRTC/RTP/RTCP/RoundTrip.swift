import Wire

/// How a round trip is measured from a time that came back (RFC 3550 section 6.4.1, RFC 3611 section 4.5).
enum RoundTrip {
    /// Longer ones come from wrong clocks or a false report.
    private static let maximum = Duration.seconds(60)

    /// - Parameters:
    ///   - last: the time that was sent, its middle 32 bits; 0 if none.
    ///   - delay: how long the other end kept it, in 1/65536 s.
    static func measure(last: UInt32, delay: UInt32, now: NTPTime) -> Duration? {
        guard last != 0 else { return nil }
        let units = Int32(bitPattern: now.compact &- last &- delay)
        // Rounding and clock steps can make a short round trip come out negative by a little: 66 units are 1 ms.
        guard units >= -66 else { return nil }
        let roundTrip = Duration.nanoseconds(Int64(max(1, units)) * 1_000_000_000 / 65536)
        return roundTrip <= maximum ? roundTrip : nil
    }

    static func units(_ duration: Duration) -> UInt32 {
        let (seconds, nanoseconds) = max(0, duration.nanoseconds).quotientAndRemainder(dividingBy: 1_000_000_000)
        return UInt32(clamping: seconds << 16 + (nanoseconds << 16) / 1_000_000_000)
    }
}
