import Foundation
import Glibc
import TerminalSimulation

/// A program on a terminal of its own, which answers what terminals are asked.
final class PseudoTerminal {
    private(set) var output: [UInt8] = []
    private let before: [UInt8]
    private let pty: PTY
    private var process: pid_t
    private var answered = 0

    /// - Parameter environment: all that the program gets.
    init(_ command: [String], environment: [String: String], columns: Int = 80, rows: Int = 24) throws {
        pty = try PTY(columns: columns, rows: rows)
        before = Self.modes(of: pty.master)
        process = try pty.start(command, environment: environment)
    }

    deinit {
        if process > 0 {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
        close(pty.master)
    }

    var text: String { String(decoding: output, as: UTF8.self) }

    /// Whether the terminal's modes are what they were before the program started.
    var isAsBefore: Bool { Self.modes(of: pty.master) == before }

    /// The kernel's own record of the modes (TCGETS).
    private static func modes(of terminal: Int32) -> [UInt8] {
        var record = [UInt8](repeating: 0, count: 64)
        guard ioctl(terminal, 0x5401, &record) == 0 else { return [] }
        return record
    }

    func type(_ text: String) { pty.type(text) }

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
        var ready = pollfd(fd: pty.master, events: Int16(POLLIN), revents: 0)
        let count = poll(&ready, 1, min(milliseconds, 50))
        if count == 0 { return milliseconds > 50 }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let taken = read(pty.master, &bytes, bytes.count)
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
