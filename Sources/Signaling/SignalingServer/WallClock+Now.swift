import Glibc
import NIOCore
import Wire

extension WallClock {
    /// Ties the event loops' clock to the system's time of day.
    static var now: WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let reference = Instant(nanoseconds: Int64(clamping: NIODeadline.now().uptimeNanoseconds))
        return WallClock(reference: reference, unixNanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
