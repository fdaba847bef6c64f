import Glibc
import MediaSources

/// Waits for devices to appear in /dev, or to become usable.
struct DeviceWatch: ~Copyable {
    /// How long one wait lasts at most, in milliseconds, which bounds how long a stop takes.
    private static let waitMilliseconds: Int32 = 100

    private let descriptor: Int32

    /// A watch that was refused, which happens where too many are in use, sees nothing: then time alone passes.
    init(folder: String = "/dev") {
        descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        if descriptor >= 0 { inotify_add_watch(descriptor, folder, UInt32(IN_CREATE | IN_ATTRIB | IN_MOVED_TO)) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Waits until something has changed, the time has come, or the thread is to stop.
    ///
    /// - Parameter deadline: by the monotonic clock, in nanoseconds.
    func wait(until deadline: Int64, on thread: MediaThread) {
        while !thread.isStopping, MediaClock.monotonicNanoseconds < deadline {
            guard descriptor >= 0 else {
                _ = thread.sleep(until: deadline)
                return
            }
            var descriptors = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&descriptors, 1, Self.waitMilliseconds) > 0 {
                drain()
                return
            }
        }
    }

    private func drain() {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            while read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
        }
    }
}
