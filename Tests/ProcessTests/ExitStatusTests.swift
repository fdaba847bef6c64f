import Foundation
import Glibc
import TerminalSimulation
import TestProcesses
import Testing

extension ProcessTests {
    /// Failures: the status of commands.md for scripts, one sentence for people, and nothing but JSON on standard output.
    @Suite struct ExitStatusTests {
        struct Case: CustomTestStringConvertible, Sendable {
            var arguments: [String]
            var status: Int32
            /// What the sentence has to name.
            var sentence: String

            var testDescription: String { arguments.joined(separator: " ") }
        }

        static let nowhere = "ws://127.0.0.1:9"

        static let withoutServer: [Case] = [
            Case(arguments: ["bot", "--json", "--server", nowhere], status: 69, sentence: "is not reachable"),
            Case(arguments: ["bot", "--json", "--server", "nonsense"], status: 64, sentence: "nonsense"),
            Case(arguments: ["bot", "--json", "--server", "ws://"], status: 64, sentence: "ws://"),
            Case(arguments: ["bot", "--json", "--video", "test:0x0"], status: 64, sentence: "0x0"),
            Case(arguments: ["bot", "--json", "--duration", "-1"], status: 64, sentence: "--duration"),
            Case(arguments: ["bot", "--json", "--bogus"], status: 64, sentence: "--bogus"),
            Case(arguments: ["bot", "--json", "--log-level", "loud"], status: 64, sentence: "loud"),
            Case(arguments: ["bot", "--json", "--config", "/nonexistent.json"], status: 64, sentence: "/nonexistent.json"),
            Case(arguments: ["bot", "--json", "--token", "@/nonexistent"], status: 64, sentence: "/nonexistent"),
            Case(arguments: ["bot", "--json", "--stun", "nonsense"], status: 64, sentence: "nonsense"),
            Case(arguments: ["bot", "--json", "--video", "/nonexistent.mp4"], status: 1, sentence: "/nonexistent.mp4"),
            Case(arguments: ["bot", "--json", "--video", "/etc/hostname"], status: 1, sentence: "/etc/hostname"),
            Case(arguments: ["bot", "--json", "--audio", "/nonexistent.wav"], status: 1, sentence: "/nonexistent.wav"),
            Case(arguments: ["server", "--port", "70000"], status: 64, sentence: "--port"),
            Case(arguments: ["console"], status: 1, sentence: "glyphone bot"),
            Case(arguments: ["call", "bob"], status: 1, sentence: "glyphone bot"),
            Case(arguments: ["demo"], status: 1, sentence: "glyphone bot"),
            Case(arguments: ["mirror", "test"], status: 1, sentence: "terminal"),
        ]

        @Test(arguments: withoutServer) func `What cannot work says so in one line`(_ item: Case) async throws {
            try await withProcesses { group in
                let process = try group.start([Programs.glyphone] + item.arguments, environment: ["TERM": "xterm"])
                try await expect(process, item.status, item.sentence)
            }
        }

        @Test(arguments: ["console", "demo", "mirror test"]) func `A dumb terminal is refused in one line`(_ command: String) async throws {
            let terminal = try PseudoTerminal(columns: 80, rows: 24)
            try await withProcesses { group in
                let arguments = command.split(separator: " ").map(String.init)
                let process = try group.start([Programs.glyphone] + arguments, environment: ["TERM": "dumb"], terminal: terminal.path)
                #expect(try await process.end(within: .seconds(20)) == .status(1))
                let text = try await terminal.screen.wait(within: .seconds(5), for: "a sentence") {
                    $0.text.contains("dumb") ? $0.text : nil
                }
                #expect(text.hasPrefix("glyphone: ") && text.contains("terminal"))
                #expect(!terminal.screen.now.bytes.contains(0x1b), "escape sequences for a terminal that knows none")
            }
        }

        @Test func `Who is not there, busy or known by another has its status`() async throws {
            try await withProcesses { group in
                let (_, url) = try await group.server()
                let absent = try group.bot("carol", at: url, ["--call", "nobody", "--wait", "0.5"])
                try await expect(absent, 13, "nobody")

                let bob = try group.bot("bob", at: url, ["--auto-answer"])
                _ = try await bob.line(with: "joined", within: .seconds(15))
                let twin = try group.bot("bob", at: url, [])
                try await expect(twin, 1, "bob")

                let alice = try group.bot("alice", at: url, ["--call", "bob"])
                try await alice.connected()
                let carol = try group.bot("carol", at: url, ["--call", "bob"])
                try await expect(carol, 11, "bob")
                #expect(carol.output.now.lines.contains { $0.contains(#""reason":"busy""#) })

                alice.send(signal: SIGINT)
                #expect(try await alice.end(within: .seconds(10)) == .status(130))
                _ = try await bob.line(with: #""reason":"hangup""#, within: .seconds(10))
                bob.send(signal: SIGTERM)
                #expect(try await bob.end(within: .seconds(10)) == .status(0))
            }
        }

        @Test func `A server with a token lets in who shows it`() async throws {
            try await withProcesses { group in
                let (server, url) = try await group.server(["--port", "0", "--token", "secret"])
                try await expect(try group.bot("alice", at: url, []), 77, "token")
                try await expect(try group.bot("alice", at: url, ["--token", "wrong"]), 77, "token")
                let bob = try group.bot("bob", at: url, ["--token", "secret"])
                _ = try await bob.line(with: "joined", within: .seconds(15))
                bob.send(signal: SIGTERM)
                #expect(try await bob.end(within: .seconds(10)) == .status(0))
                server.send(signal: SIGTERM)
                #expect(try await server.end(within: .seconds(10)) == .status(0))
            }
        }

        @Test func `A port in use is named`() async throws {
            try await withProcesses { group in
                let (_, url) = try await group.server()
                let port = try #require(url.split(separator: ":").last?.prefix { $0.isNumber })
                try await expect(try group.start([Programs.glyphone, "server", "--port", String(port)]), 1, String(port), logs: true)
            }
        }

        private func expect(
            _ process: Subprocess, _ status: Int32, _ sentence: String, logs: Bool = false, _ location: SourceLocation = #_sourceLocation
        ) async throws {
            let outcome = try await process.end(within: .seconds(30))
            let (output, errors) = try await process.everything()
            #expect(outcome == .status(status), "\(output) \(errors)", sourceLocation: location)
            _ = try output.events()
            let last = errors.lines.last ?? ""
            #expect(last.hasPrefix("glyphone: ") && !last.hasPrefix("glyphone: glyphone:"), "\(errors)", sourceLocation: location)
            #expect(last.contains(sentence), "\(errors)", sourceLocation: location)
            #expect(logs || errors.lines.count == 1, "\(errors)", sourceLocation: location)
        }
    }
}
