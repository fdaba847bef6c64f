/// A thread that asks for one chunk of sound after the other, each at the time when a device would have it.
package final class PacedAudio: Sendable {
    private let name: String
    private let chunkSamples: Int
    private let thread = Monitor<MediaThread?>(nil)

    package init(name: String, chunkSamples: Int) {
        self.name = name
        self.chunkSamples = max(1, chunkSamples)
    }

    deinit {
        stop()
    }

    /// Calls `body` once for each chunk, with the time of its first sample: chunks lie end to end, and each is asked for when
    /// its last sample's time has come. After a stop of the whole machine, what was missed is left out.
    package func start(_ body: sending @escaping (Duration) -> Void) {
        // Only the thread calls it from here on.
        nonisolated(unsafe) let body = body
        let chunkSamples = Int64(chunkSamples)
        thread.withLock { thread in
            guard thread == nil else { return }
            thread = MediaThread(name: name) { thread in
                var origin = MediaClock.monotonicNanoseconds
                var chunk: Int64 = 0
                while true {
                    let begin = origin + chunk * chunkSamples * 1_000_000 / 48
                    let end = origin + (chunk + 1) * chunkSamples * 1_000_000 / 48
                    guard thread.sleep(until: end) else { return }
                    body(.nanoseconds(begin))
                    chunk += 1
                    if MediaClock.monotonicNanoseconds - end > 1_000_000_000 {
                        origin = MediaClock.monotonicNanoseconds
                        chunk = 0
                    }
                }
            }
        }
    }

    /// Ends; `body` is not called after the return.
    package func stop() {
        let stopped = thread.withLock { thread -> MediaThread? in
            defer { thread = nil }
            return thread
        }
        stopped?.stop()
    }
}
