import Glibc

/// Which threads go first on a machine that has more to do than it can.
package enum ThreadPriority {
    /// What PulseAudio takes for its own.
    private static let realTime: Int32 = 5
    private static let niceness: Int32 = -11
    /// Linux's SCHED_RESET_ON_FORK: what the thread starts does not go first.
    private static let alone: Int32 = 0x4000_0000

    /// Puts the calling thread before all others, since sound waits for it, and it is done with a block of sound in a millisecond.
    ///
    /// Where that is not allowed (to this user, by RLIMIT_RTPRIO), it goes before others of this session if that is (RLIMIT_NICE), or else
    /// stays as it is.
    package static func raise() {
        var parameters = sched_param()
        parameters.sched_priority = realTime
        // For Linux a process's number that is 0 means this thread alone.
        if sched_setscheduler(0, SCHED_RR | alone, &parameters) != 0 {
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
        }
    }
}
