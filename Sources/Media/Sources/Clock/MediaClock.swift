import Glibc

/// The clocks that captured media is timed with.
///
/// ``now`` is CLOCK_MONOTONIC, which neither jumps nor runs backwards; every ``VideoFrame`` and ``AudioChunk`` carries it, so
/// that sound and picture share one time line.
public enum MediaClock {
    /// Monotonic time since an origin that the system chose.
    public static var now: Duration {
        .nanoseconds(monotonicNanoseconds)
    }

    /// ``now`` in whole nanoseconds.
    public static var monotonicNanoseconds: Int64 {
        nanoseconds(of: CLOCK_MONOTONIC)
    }

    /// Unix time in nanoseconds.
    public static var unixNanoseconds: Int64 {
        nanoseconds(of: CLOCK_REALTIME)
    }

    /// Unix time in milliseconds.
    public static var unixMilliseconds: Int64 {
        unixNanoseconds / 1_000_000
    }

    private static func nanoseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

extension Duration {
    /// In whole nanoseconds; media times are far from the ends of 64 bits, and wrap there.
    package var wholeNanoseconds: Int64 {
        components.seconds &* 1_000_000_000 &+ components.attoseconds / 1_000_000_000
    }
}
