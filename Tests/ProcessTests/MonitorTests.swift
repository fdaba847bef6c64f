import Foundation
import Glibc
import TerminalSimulation
import TestProcesses
import Testing

extension ProcessTests {
    /// `glyphone monitor`, as lines, JSON and a table.
    @Suite struct MonitorTests {
        private func monitor(_ group: ProcessGroup, _ url: String, _ options: [String] = []) throws -> Subprocess {
            try group.start([Programs.glyphone, "monitor", "--server", url] + options)
        }

        @Test func `A call is told as lines, and as JSON`() async throws {
            try await withProcesses { group in
                let (_, url) = try await group.server()
                let lines = try monitor(group, url)
                let json = try monitor(group, url, ["--json"])
                _ = try await lines.line(with: "watching lobby: 0 peers", within: .seconds(15))
                _ = try await json.line(with: #"{"event":"joined","room":"lobby","peers":[]}"#, within: .seconds(15))
                _ = try await group.answeringBot("bob", at: url)
                let alice = try group.bot("alice", at: url, ["--call", "bob", "--duration", "1"])
                for line in [
                    "bob  available", "alice calls bob  ringing", "alice  busy", "alice calls bob  active", "ended (hangup)", "alice  left",
                ] {
                    _ = try await lines.line(with: line, within: .seconds(20))
                }
                _ = try await json.line(with: #""fromName":"alice""#, within: .seconds(5))
                let ended = try await json.line(with: #""state":"ended""#, within: .seconds(5))
                #expect(ended.contains(#""reason":"hangup""#) && ended.contains(#""toName":"bob""#))
                let left = try await json.line(with: #""event":"peer-left""#, within: .seconds(5))
                #expect(left.contains(#""name":""#))
                #expect(try await alice.end(within: .seconds(10)) == .status(0))
                for line in json.output.now.lines { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
                lines.send(signal: SIGTERM)
                json.send(signal: SIGINT)
                #expect(try await lines.end(within: .seconds(10)) == .status(0))
                #expect(try await json.end(within: .seconds(10)) == .status(130))
            }
        }

        @Test func `Once prints who is there and who calls, and ends`() async throws {
            try await withProcesses { group in
                let (_, url) = try await group.server(["--port", "0", "--token", "secret"])
                _ = try await group.answeringBot("bob", at: url, ["--token", "secret"])
                let alice = try group.bot("alice", at: url, ["--token", "secret", "--call", "bob"])
                try await alice.connected()
                let once = try monitor(group, url, ["--once", "--json", "--token", "secret"])
                let state = try await once.line(with: #"{"event":"state","room":"lobby""#, within: .seconds(15))
                #expect(try await once.end(within: .seconds(10)) == .status(0))
                #expect(once.output.now.lines.count == 1)
                #expect(
                    state.contains(#""fromName":"alice""#) && state.contains(#""state":"active""#) && state.contains(#""status":"busy""#))
                let refused = try monitor(group, url, ["--once"])
                #expect(try await refused.end(within: .seconds(15)) == .status(77))
                let absent = try monitor(group, "ws://127.0.0.1:9", ["--once"])
                #expect(try await absent.end(within: .seconds(15)) == .status(69))
                #expect(try await absent.everything().errors.lines.count == 1)
            }
        }

        @Test func `The table outlives the server and gives the terminal back`() async throws {
            let terminal = try PseudoTerminal(columns: 100, rows: 24)
            let settings = terminal.settings
            try await withProcesses { group in
                let (server, url) = try await group.server()
                let port = try #require(url.split(separator: ":").last.map(String.init))
                let process = try group.start(
                    [Programs.glyphone, "monitor", "--server", url], environment: ["TERM": "xterm-256color"], terminal: terminal.path)
                _ = try await terminal.screen.wait(within: .seconds(15), for: "an empty table") { $0.text.contains("nobody") ? true : nil }
                _ = try await group.answeringBot("bob", at: url)
                _ = try await terminal.screen.wait(within: .seconds(10), for: "bob") { $0.text.contains("bob ") ? true : nil }
                server.send(signal: SIGTERM)
                #expect(try await server.end(within: .seconds(10)) == .status(0))
                _ = try await terminal.screen.wait(within: .seconds(10), for: "the loss") { $0.text.contains("was lost") ? true : nil }
                _ = try await group.server(["--port", port])
                _ = try await terminal.screen.wait(within: .seconds(20), for: "the return") {
                    !$0.text.contains("was lost") && !$0.text.contains("not reachable") && $0.text.contains("bob ") ? true : nil
                }
                terminal.type("q")
                #expect(try await process.end(within: .seconds(10)) == .status(0))
                #expect(terminal.settings == settings)
                let bytes = terminal.screen.now.bytes
                #expect(String(decoding: bytes, as: UTF8.self).contains("\u{1B}[?1049l"))
            }
        }
    }
}
