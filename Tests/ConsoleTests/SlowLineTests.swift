import Foundation
import Glibc
import TerminalSimulation
import Testing

/// The program on a real terminal whose other end is slow, or stands still.
@Suite(.serialized, .enabled(if: Program.path != nil, "the executable is not built"))
struct SlowLineTests {
    static let environment = [
        "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "HOME": "/tmp",
    ]

    func mirror(_ line: SlowTerminal.Line) throws -> SlowTerminal {
        let terminal = try SlowTerminal(
            [try #require(Program.path), "mirror", "test"], environment: Self.environment, columns: 120, rows: 40, line: line)
        try #require(terminal.run(for: .seconds(20)) { $0.screen.text.contains("q quit") && $0.frames > 5 })
        return terminal
    }

    /// Other lines are VirtualLineTests' subject, in virtual time; this is the program on one, as far as it can be seen by what arrives.
    @Test func `The line is never full, and keys pass`() throws {
        let terminal = try mirror(SlowTerminal.Line(rate: 125_000, roundTrip: .milliseconds(100)))
        try #require(terminal.run(for: .seconds(30)) { $0.frames > 60 })
        terminal.resetCounts()
        try #require(terminal.run(for: .seconds(30)) { $0.frames > 40 })
        // Without flow control the buffers hold 64 KiB: half a second of 1 Mbit/s.
        let sorted = terminal.backlog.sorted()
        #expect(sorted[sorted.count / 2] < .milliseconds(100), "\(sorted[sorted.count / 2])")
        terminal.type("c")
        #expect(terminal.run(for: .seconds(10)) { $0.screen.text.contains("indexed256") })
        terminal.type("q")
        #expect(terminal.run(for: .seconds(20)) { String(decoding: $0.recent, as: UTF8.self).contains("\u{1B}[?1049l") })
    }
}
