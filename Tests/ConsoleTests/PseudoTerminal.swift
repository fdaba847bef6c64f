import Foundation
import Glibc

/// A program on a terminal of its own, which answers what terminals are asked.
final class PseudoTerminal {
    private(set) var output: [UInt8] = []
    private let before: [UInt8]
    private let master: Int32
    private var process: pid_t = -1
    private var answered = 0

    /// - Parameter environment: all that the program gets.
    init(_ command: [String], environment: [String: String], columns: UInt16 = 80, rows: UInt16 = 24) throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var lock: Int32 = 0
        var number: UInt32 = 0
        // TIOCSPTLCK and TIOCGPTN: what unlockpt and ptsname do.
        guard master >= 0, ioctl(master, 0x4004_5431, &lock) == 0, ioctl(master, 0x8004_5430, &number) == 0 else {
            throw POSIXError(.ENXIO)
        }
        let name = "/dev/pts/\(number)"
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        guard ioctl(master, UInt(TIOCSWINSZ), &size) == 0 else { throw POSIXError(.ENXIO) }
        before = Self.modes(of: master)

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        // POSIX_SPAWN_SETSID: a session of its own, whose terminal is the first that it opens.
        posix_spawnattr_setflags(&attributes, 0x80)
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer {
            for text in arguments + variables { free(text) }
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        let status = posix_spawn(&process, command[0], &actions, &attributes, &arguments, &variables)
        guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: status) ?? .EIO) }
    }

    deinit {
        if process > 0 {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
        close(master)
    }

    var text: String { String(decoding: output, as: UTF8.self) }

    /// Whether the terminal's modes are what they were before the program started.
    var isAsBefore: Bool { Self.modes(of: master) == before }

    /// The kernel's own record of the modes (TCGETS).
    private static func modes(of terminal: Int32) -> [UInt8] {
        var record = [UInt8](repeating: 0, count: 64)
        guard ioctl(terminal, 0x5401, &record) == 0 else { return [] }
        return record
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(master, bytes, bytes.count)
    }

    func send(_ signal: Int32) {
        kill(process, signal)
    }

    /// Reads until `condition` holds; false after 20 seconds, or when the program has closed its terminal.
    func wait(until condition: (PseudoTerminal) -> Bool) -> Bool {
        let deadline = ContinuousClock.now + .seconds(20)
        while !condition(self) {
            let left = Int32((deadline - ContinuousClock.now) / .milliseconds(1))
            guard left > 0, readSome(within: left) else { return condition(self) }
        }
        return true
    }

    /// Waits for `text` to be written after what was there at `start`.
    func wait(for text: String, after start: Int = 0) -> Bool {
        let wanted = Array(text.utf8)
        return wait { terminal in terminal.output.count >= start + wanted.count && terminal.output[start...].firstRange(of: wanted) != nil }
    }

    /// Waits for the program to end.
    ///
    /// - Returns: what waitpid says of it; nil if it goes on.
    func status() -> Int32? {
        var status: Int32 = 0
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            let ended = waitpid(process, &status, WNOHANG) == process
            // All that it wrote can be read once it has ended. Its terminal closes a moment before that.
            if !readSome(within: 50), !ended { poll(nil, 0, 5) }
            guard ended else { continue }
            process = -1
            while readSome(within: 50) {}
            return status
        }
        return nil
    }

    private func readSome(within milliseconds: Int32) -> Bool {
        // In short turns, so that the end of the program is seen as well.
        var ready = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        let count = poll(&ready, 1, min(milliseconds, 50))
        if count == 0 { return milliseconds > 50 }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let taken = read(master, &bytes, bytes.count)
        guard taken > 0 else { return false }
        output += bytes[..<taken]
        answer()
        return true
    }

    private func answer() {
        let questions: [(String, String)] = [("\u{1B}[c", "\u{1B}[?2026;2$y\u{1B}[?62c"), ("\u{1B}[5n", "\u{1B}[0n")]
        var index = answered
        while index < output.count {
            for (question, reply) in questions where output[index...].starts(with: question.utf8) { type(reply) }
            index += 1
        }
        // A question may be torn: its beginning is looked at again.
        let tail = output.suffix(3).lastIndex(of: 0x1B)
        answered = tail ?? output.count
        if let tail, output[tail...].starts(with: "\u{1B}[c".utf8) || output[tail...].starts(with: "\u{1B}[5n".utf8) { answered = tail + 1 }
    }
}
