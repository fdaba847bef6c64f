import Glibc

/// Asks the tmux that this process runs in how much it has thrown away, once a second while pictures are sent. It never waits for the answer.
final class TmuxWatch {
    static let interval: Duration = .seconds(1)
    /// tmux answers within milliseconds; a program that takes so long is ended.
    private static let patience: Duration = .seconds(5)

    private let session: String
    private let environment: [String: String]
    private var query: (process: pid_t, pipe: Int32, since: ContinuousClock.Instant)?
    private var answer: [UInt8] = []
    private var askedAt: ContinuousClock.Instant?

    /// - Returns: nil where the environment names no tmux on this machine.
    init?(environment: [String: String]) {
        // TMUX is "socket,process,session".
        guard let number = environment["TMUX"]?.split(separator: ",").last, Int(number) != nil else { return nil }
        session = "$\(number)"
        self.environment = environment
    }

    deinit { end() }

    /// What to wait for input on; -1 while nothing was asked.
    var descriptor: Int32 { query?.pipe ?? -1 }

    /// When to call ``ask(at:)``, if anything was sent since.
    var due: ContinuousClock.Instant? { askedAt.map { $0 + Self.interval } }

    /// Asks, unless it is too early or the last answer is still awaited.
    func ask(at now: ContinuousClock.Instant) {
        if let query, now - query.since >= Self.patience { end() }
        guard query == nil, due.map({ now >= $0 }) ?? true else { return }
        askedAt = now
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        defer { close(ends[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        // POSIX_SPAWN_SETSIGMASK: threads of Swift's block signals, which a process of its own must not.
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        posix_spawnattr_setsigmask(&attributes, &unblocked)
        posix_spawnattr_setflags(&attributes, 0x08)
        let command = ["tmux", "list-clients", "-t", session, "-F", "#{client_discarded}"]
        let arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        let variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer {
            for text in arguments + variables { free(text) }
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        var process = pid_t()
        guard posix_spawnp(&process, "tmux", &actions, &attributes, arguments, variables) == 0 else {
            close(ends[0])
            return
        }
        answer = []
        query = (process, ends[0], now)
    }

    /// Takes what has come.
    ///
    /// - Returns: how much tmux has thrown away for all its clients that show this session, once the answer is whole; nil before, and where
    ///   no client shows it.
    func take() -> Int? {
        guard let query else { return nil }
        var bytes = [UInt8](repeating: 0, count: 1024)
        while true {
            let count = read(query.pipe, &bytes, bytes.count)
            if count > 0 {
                // A line for each client; nobody has thousands.
                if answer.count < 16_384 { answer += bytes[..<count] }
            } else if count < 0, errno == EAGAIN {
                return nil
            } else if count == 0 || errno != EINTR {
                break
            }
        }
        end()
        let counts = String(decoding: answer, as: UTF8.self).split(separator: "\n").compactMap { Int($0) }
        return counts.isEmpty ? nil : counts.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    }

    private func end() {
        guard let query else { return }
        self.query = nil
        close(query.pipe)
        // It has closed its output, or is late: either way it is not waited for.
        kill(query.process, SIGKILL)
        waitpid(query.process, nil, 0)
    }
}
