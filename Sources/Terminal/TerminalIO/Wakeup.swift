import Glibc
import Synchronization

/// Wakes the thread that waits for the terminal, from any thread.
///
/// A pipe, since signal handlers tell their signals through the same one: the byte 0 is a mere wake-up, others are signals.
public final class Wakeup: Sendable {
    let readEnd: Int32
    let writeEnd: Int32
    private let isPending = Atomic(false)

    /// - Throws: ``TerminalError/system(call:errno:)`` where the process has no descriptors left.
    public init() throws(TerminalError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .last("pipe") }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Wakes the waiting thread; many calls before it looks are one.
    public func wake() {
        guard !isPending.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var byte: UInt8 = 0
        // A full pipe wakes as well.
        _ = write(writeEnd, &byte, 1)
    }

    /// Waits for a wake-up, at most until `deadline`.
    public func wait(until deadline: ContinuousClock.Instant?) {
        var descriptor = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        if poll(&descriptor, 1, Terminal.milliseconds(until: deadline)) > 0 { _ = take() }
    }

    /// What has come since the last call: signals, in order, and whether there was a wake-up.
    func take() -> (signals: [Int32], isWoken: Bool) {
        var bytes = [UInt8](repeating: 0, count: 64)
        var signals: [Int32] = []
        var isWoken = false
        while true {
            let count = read(readEnd, &bytes, bytes.count)
            guard count > 0 else { break }
            for byte in bytes[..<count] {
                if byte == 0 { isWoken = true } else { signals.append(Int32(byte)) }
            }
        }
        // Only now: who wakes before this is heard by the caller, who looks next; who wakes after writes again.
        _ = isPending.exchange(false, ordering: .acquiringAndReleasing)
        return (signals, isWoken)
    }
}
