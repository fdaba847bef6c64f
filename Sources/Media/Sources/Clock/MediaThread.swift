import Glibc

/// A thread of its own for one job of media, paced by absolute deadlines on the monotonic clock.
package final class MediaThread: @unchecked Sendable {
    private struct State {
        var stopping = false
        var thread: pthread_t?
    }

    private final class Start {
        let name: String
        let thread: MediaThread
        let body: (MediaThread) -> Void

        init(_ name: String, _ thread: MediaThread, _ body: @escaping (MediaThread) -> Void) {
            self.name = name
            self.thread = thread
            self.body = body
        }

        /// The name that tools show. Without _GNU_SOURCE, Glibc's function for it is not seen from Swift.
        func setName() {
            guard let file = fopen("/proc/thread-self/comm", "w") else { return }
            fputs(String(name.prefix(15)), file)
            fclose(file)
        }
    }

    private let state = Monitor(State())

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: what tools show; the system keeps 15 bytes.
    ///   - body: returns soon after ``isStopping``.
    package init(name: String, body: @escaping @Sendable (MediaThread) -> Void) {
        let start = Unmanaged.passRetained(Start(name, self, body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                start.setName()
                start.body(start.thread)
                return nil
            }, start.toOpaque())
        guard status == 0 else {
            // No thread can be had: the job is never done, as if it had been stopped at once.
            start.release()
            state.update { $0.stopping = true }
            return
        }
        state.update { [thread] in $0.thread = thread }
    }

    package var isStopping: Bool {
        state.withLock { $0.stopping }
    }

    /// Waits until the monotonic clock reaches `deadline`, in nanoseconds.
    ///
    /// - Returns: false when the thread is to stop instead.
    package func sleep(until deadline: Int64) -> Bool {
        state.wait(until: deadline) { $0.stopping ? false : nil } ?? true
    }

    /// Asks the thread to end, without waiting.
    package func requestStop() {
        state.update { $0.stopping = true }
    }

    /// Ends the thread and waits for that, unless called on the thread itself. May be called again.
    package func stop() {
        let thread = state.update { state -> pthread_t? in
            state.stopping = true
            defer { state.thread = nil }
            return state.thread
        }
        guard let thread else { return }
        if pthread_equal(thread, pthread_self()) != 0 {
            pthread_detach(thread)
        } else {
            pthread_join(thread, nil)
        }
    }
}
