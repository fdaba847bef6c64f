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

    @Test(arguments: [(8000.0, 0), (32_000, 200), (125_000, 100), (1_250_000, 20)])
    func theLineIsNeverFullAndKeysPass(rate: Double, roundTrip: Int) throws {
        let terminal = try mirror(SlowTerminal.Line(rate: rate, roundTrip: .milliseconds(roundTrip)))
        terminal.run(for: .seconds(5))
        terminal.resetCounts()
        terminal.run(for: .seconds(4))
        #expect(terminal.frames > 16)
        // Without flow control the buffers hold 64 KiB: half a second of 1 Mbit/s, eight of 64 kbit/s.
        let sorted = terminal.backlog.sorted()
        #expect(sorted[sorted.count / 2] < .milliseconds(100), "\(sorted[sorted.count / 2])")
        terminal.type("c")
        #expect(terminal.run(for: .seconds(10)) { $0.screen.text.contains("indexed256") })
        terminal.type("q")
        #expect(terminal.run(for: .seconds(20)) { String(decoding: $0.recent, as: UTF8.self).contains("\u{1B}[?1049l") })
    }

    @Test func aTerminalThatStandsStillGetsTheNewestPictureThen() throws {
        let terminal = try mirror(SlowTerminal.Line(rate: 1_250_000, roundTrip: .milliseconds(10)))
        terminal.isStopped = true
        terminal.run(for: .seconds(6))
        terminal.isStopped = false
        terminal.resetCounts()
        // What was written before it stood still, and some questions: no more than two of the pieces that were on their way.
        #expect(terminal.run(for: .seconds(5)) { $0.bytes > 0 })
        terminal.run(for: .milliseconds(100))
        #expect(terminal.frames < 6, "\(terminal.frames)")
        #expect(terminal.run(for: .seconds(5)) { $0.frames > 40 })
    }
}
