import Foundation
import Glibc

/// How a process ended.
package enum Outcome: Equatable, Sendable {
    case status(Int32)
    case signal(Int32)
}

/// What a process wrote, line by line.
package struct Transcript: Sendable, CustomStringConvertible {
    package var lines: [String] = []
    package var rest: [UInt8] = []
    package var isClosed = false

    package var description: String { (lines + [String(decoding: rest, as: UTF8.self)]).joined(separator: "\n") }

    mutating func append(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                lines.append(String(decoding: rest, as: UTF8.self))
                rest = []
            } else {
                rest.append(byte)
            }
        }
    }
}

/// A process that tests start, talk to and always end.
package final class Subprocess: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String

        package init(description: String) {
            self.description = description
        }
    }

    // POSIX_SPAWN_SETSIGMASK and POSIX_SPAWN_SETSID, which Swift does not import.
    private static let setsMask: Int16 = 0x08
    private static let startsSession: Int16 = 0x80

    package let pid: pid_t
    package let output = Observed(Transcript())
    package let errors = Observed(Transcript())
    private let outcome = Observed<Outcome?>(nil)

    /// Starts `command`, on two pipes or, as the leader of a session, on the terminal at the path `terminal`.
    package init(_ command: [String], environment: [String: String] = [:], terminal: String? = nil) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The threads that tests run on block SIGTERM and others: who inherits that cannot be asked to end, nor can its children.
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        posix_spawnattr_setsigmask(&attributes, &unblocked)
        posix_spawnattr_setflags(&attributes, terminal == nil ? Self.setsMask : Self.setsMask | Self.startsSession)

        var pipes: [(read: Int32, write: Int32)] = []
        if let terminal {
            // A session without a terminal takes the first it opens as its own.
            posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0)
            posix_spawn_file_actions_adddup2(&actions, 0, 1)
            posix_spawn_file_actions_adddup2(&actions, 0, 2)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            for descriptor: Int32 in [1, 2] {
                var ends: [Int32] = [-1, -1]
                guard pipe(&ends) == 0 else { throw Failure(description: "no pipe: errno \(errno)") }
                for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
                pipes.append((ends[0], ends[1]))
                posix_spawn_file_actions_adddup2(&actions, ends[1], descriptor)
            }
        }
        defer { for pipe in pipes { close(pipe.write) } }

        var arguments = command.map { strdup($0) } + [nil]
        var variables = Programs.environment.merging(environment) { $1 }.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, command[0], &actions, &attributes, &arguments, &variables)
        guard code == 0 else {
            for pipe in pipes { close(pipe.read) }
            throw Failure(description: "\(command[0]) cannot be started: \(String(cString: strerror(code)))")
        }
        self.pid = pid
        for (pipe, transcript) in zip(pipes, [output, errors]) {
            let descriptor = pipe.read
            Thread.detachNewThread {
                var buffer = [UInt8](repeating: 0, count: 65_536)
                while case let count = read(descriptor, &buffer, buffer.count), count > 0 {
                    transcript.update { $0.append(buffer[..<count]) }
                }
                close(descriptor)
                transcript.update { $0.isClosed = true }
            }
        }
        Thread.detachNewThread { [outcome, pid] in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) == -1, errno == EINTR {}
            let signal = status & 0x7f
            outcome.update { $0 = signal == 0 ? .status((status >> 8) & 0xff) : .signal(signal) }
        }
    }

    package func send(signal: Int32) {
        if outcome.now == nil { kill(pid, signal) }
    }

    /// Waits for the end of the process and of what it wrote.
    package func end(within limit: Duration) async throws -> Outcome {
        let end = try await outcome.wait(within: limit, for: "the end of process \(pid) (\(output.now) \(errors.now))") { $0 }
        return end
    }

    /// The next line, which may be there already, that has `part` in it.
    package func line(with part: String, within limit: Duration, on stream: KeyPath<Subprocess, Observed<Transcript>> = \.output)
        async throws
        -> String
    {
        try await self[keyPath: stream].wait(within: limit, for: "a line with '\(part)'") { $0.lines.first { $0.contains(part) } }
    }

    /// Everything written to both streams, once they are closed.
    package func everything(within limit: Duration = .seconds(5)) async throws -> (output: Transcript, errors: Transcript) {
        let whole: @Sendable (Transcript) -> Transcript? = { $0.isClosed ? $0 : nil }
        return (
            try await output.wait(within: limit, for: "the end of standard output", whole),
            try await errors.wait(within: limit, for: "the end of standard error", whole)
        )
    }
}

/// The processes of one test; whatever happens, none outlives it.
package func withProcesses<Result>(_ body: (ProcessGroup) async throws -> Result) async throws -> Result {
    let group = ProcessGroup()
    do {
        let result = try await body(group)
        await group.end()
        return result
    } catch {
        await group.end()
        throw error
    }
}

package final class ProcessGroup: Sendable {
    private let processes = Observed<[Subprocess]>([])

    package init() {}

    package func start(_ command: [String], environment: [String: String] = [:], terminal: String? = nil) throws -> Subprocess {
        let process = try Subprocess(command, environment: environment, terminal: terminal)
        processes.update { $0.append(process) }
        return process
    }

    package func end() async {
        for process in processes.now.reversed() {
            process.send(signal: SIGKILL)
            _ = try? await process.end(within: .seconds(10))
        }
    }
}
