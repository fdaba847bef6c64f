import Glibc

/// Which threads go first on a machine that has more to do than it can.
package enum ThreadPriority {
    /// What PulseAudio wants for its own.
    private static let niceness: Int32 = -11

    /// Puts the calling thread before others, since sound waits for it. Where that is not allowed, it stays as it is.
    package static func raise() {
        // For Linux a process's number that is a thread's, or 0 for this one, means the thread alone.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
    }
}
