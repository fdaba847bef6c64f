import Foundation
import Glibc
import TerminalSimulation
import TestProcesses
import Testing

extension ProcessTests {
    /// `glyphone demo` on a terminal.
    @Suite struct DemoTests {
        @Test(arguments: [(80, 24), (120, 40)]) func `The demo shows a moving picture, and q leaves the terminal as it was`(
            columns: Int, rows: Int
        ) async throws {
            // The best time of some counts: the machine may have other things to do.
            var fastest = Duration.seconds(60)
            for _ in 0..<3 where fastest >= .seconds(3) {
                let terminal = try PseudoTerminal(columns: columns, rows: rows)
                let settings = terminal.settings
                let start = ContinuousClock.now
                try await withProcesses { group in
                    let demo = try await movingPicture(group, terminal)
                    fastest = min(fastest, ContinuousClock.now - start)
                    terminal.type("q")
                    _ = try await terminal.screen.wait(within: .seconds(15), for: "the question") {
                        $0.text.contains("and quit?") ? true : nil
                    }
                    terminal.type("y")
                    #expect(try await demo.end(within: .seconds(20)) == .status(0))
                    try await expectRestored(terminal, settings)
                }
            }
            print("moving picture after \(fastest)")
            #expect(fastest < .seconds(3))
        }

        @Test(arguments: [SIGTERM, SIGHUP, SIGSEGV, SIGABRT, SIGILL, SIGTRAP, SIGINT])
        func `A signal leaves the terminal as it was`(_ signal: Int32) async throws {
            let terminal = try PseudoTerminal(columns: 80, rows: 24)
            let settings = terminal.settings
            try await withProcesses { group in
                let demo = try await movingPicture(group, terminal)
                demo.send(signal: signal)
                let outcome = try await demo.end(within: .seconds(15))
                switch signal {
                case SIGTERM, SIGHUP: #expect(outcome == .status(0))
                case SIGINT: #expect(outcome == .status(130))
                default: #expect(outcome == .signal(signal))
                }
                try await expectRestored(terminal, settings)
            }
        }

        @Test func `Ctrl-C twice quits and leaves the terminal as it was`() async throws {
            let terminal = try PseudoTerminal(columns: 80, rows: 24)
            let settings = terminal.settings
            try await withProcesses { group in
                let demo = try await movingPicture(group, terminal)
                terminal.type("\u{3}")
                _ = try await terminal.screen.wait(within: .seconds(15), for: "the question") { $0.text.contains("and quit?") ? true : nil }
                terminal.type("\u{3}")
                #expect(try await demo.end(within: .seconds(20)) == .status(0))
                try await expectRestored(terminal, settings)
            }
        }

        @Test func `Without UTF-8 the demo is drawn in ASCII`() async throws {
            let terminal = try PseudoTerminal(columns: 80, rows: 24)
            let settings = terminal.settings
            try await withProcesses { group in
                let demo = try start(group, terminal, ["LANG": "C"])
                try await inCall(terminal)
                let ascii = terminal.screen.now.bytes.allSatisfy { $0 < 0x80 }
                #expect(ascii)
                terminal.type("q")
                _ = try await terminal.screen.wait(within: .seconds(15), for: "the question") { $0.text.contains("and quit?") ? true : nil }
                terminal.type("y")
                #expect(try await demo.end(within: .seconds(20)) == .status(0))
                try await expectRestored(terminal, settings)
            }
        }

        @Test func `In 10x3 cells there is a call, too`() async throws {
            let terminal = try PseudoTerminal(columns: 10, rows: 3)
            let settings = terminal.settings
            try await withProcesses { group in
                let demo = try start(group, terminal)
                _ = try await terminal.screen.wait(within: .seconds(30), for: "the call") { $0.text.contains("demo") ? true : nil }
                demo.send(signal: SIGTERM)
                #expect(try await demo.end(within: .seconds(20)) == .status(0))
                try await expectRestored(terminal, settings)
            }
        }

        private func start(
            _ group: ProcessGroup, _ terminal: PseudoTerminal, _ environment: [String: String] = [:]
        ) throws -> Subprocess {
            try group.start(
                [Programs.glyphone, "demo", "--play", "none"],
                environment: ["TERM": "xterm-256color", "COLORTERM": "truecolor"].merging(environment) { $1 }, terminal: terminal.path)
        }

        /// Waits for what the first and the last line say in a call.
        private func inCall(_ terminal: PseudoTerminal) async throws {
            _ = try await terminal.screen.wait(within: .seconds(30), for: "the status of the call") {
                $0.lines[0].contains("demo") && $0.lines[0].contains("direct") ? true : nil
            }
            #expect(terminal.screen.now.lines.last?.contains("mute") == true, "the keys are not shown")
        }

        /// Starts the demo and waits until its picture has changed for a while.
        private func movingPicture(_ group: ProcessGroup, _ terminal: PseudoTerminal) async throws -> Subprocess {
            let demo = try self.start(group, terminal)
            var blocks = try await terminal.screen.wait(within: .seconds(30), for: "a picture") { screen in
                let isConnected = screen.lines[0].contains("demo  0:") && !screen.lines[0].contains("connecting")
                return isConnected && screen.blocks > 0 ? screen.blocks : nil
            }
            for _ in 0..<10 {
                let last = blocks
                blocks = try await terminal.screen.wait(within: .seconds(10), for: "another picture") {
                    $0.blocks >= last + 100 ? $0.blocks : nil
                }
            }
            try await inCall(terminal)
            return demo
        }

        private func expectRestored(_ terminal: PseudoTerminal, _ settings: [UInt32]) async throws {
            let end = try await terminal.screen.wait(within: .seconds(15), for: "the end of the alternate screen") { screen in
                screen.lastPosition(of: "\u{1b}[?1049l").map { left in
                    (left: left, entered: screen.lastPosition(of: "\u{1b}[?1049h") ?? -1, screen: screen)
                }
            }
            #expect(end.entered >= 0 && end.left > end.entered)
            let shown = end.screen.lastPosition(of: "\u{1b}[?25h") ?? -1
            #expect(shown > (end.screen.lastPosition(of: "\u{1b}[?25l") ?? -1), "the cursor is hidden")
            #expect(terminal.settings == settings, "the terminal's settings changed")
        }
    }
}
