import TestProcesses
import Testing

extension ProcessTests {
    /// A call in a window that changes its size: what the other side sends follows.
    @Suite struct WindowSizeTests {
        @Test func `The other side sends larger pictures to a larger window, and smaller ones to a smaller`() async throws {
            let terminal = try PseudoTerminal(columns: 80, rows: 24)
            try await withProcesses { group in
                let (_, url) = try await group.server()
                let bot = try await group.answeringBot("bob", at: url, ["--video", "test", "--audio", "test"])
                _ = try group.start(
                    [
                        Programs.glyphone, "call", "bob", "--server", url, "--name", "alice", "--video", "test", "--audio", "test",
                        "--play", "none",
                    ], environment: ["TERM": "xterm-256color", "COLORTERM": "truecolor"], terminal: terminal.path)
                try await bot.connected()
                // 640x480 was never sent to a window of 80x24.
                let first = try await sent(300...320, by: bot, "to the small window")
                #expect(bot.output.now.statistics.allSatisfy { ($0.outbound?.video?.frameWidth ?? 0) <= 320 })
                terminal.resize(columns: 250, rows: 80)
                _ = try await sent(640...640, by: bot, "to the large window")
                terminal.resize(columns: 90, rows: 28)
                let last = try await sent(300...320, by: bot, "to the small window again")

                // Of all that the call itself has noticed nothing.
                let events = try bot.output.now.events()
                #expect(events.filter { $0.event == "call" }.compactMap(\.state) == ["ringing", "connecting", "connected"])
                #expect(last.transport?.localCandidateType == first.transport?.localCandidateType)
                #expect(last.inbound?.video?.frameWidth == 640)
                let came = (last.inbound?.video?.framesDecoded ?? 0) - (first.inbound?.video?.framesDecoded ?? 0)
                #expect(Double(came) > 15 * ((last.t ?? 0) - (first.t ?? 0)), "\(came)")
                terminal.type("e")
                _ = try await bot.endOfCall(within: .seconds(20))
            }
        }

        /// The first `stats` line from now on with pictures so wide.
        private func sent(_ widths: ClosedRange<Int>, by bot: Subprocess, _ what: String) async throws -> BotEvent {
            let now = bot.output.now.statistics.last?.t ?? 0
            return try await bot.statistics(within: .seconds(20), for: "pictures of \(widths) pixels \(what)") {
                widths.contains($0.outbound?.video?.frameWidth ?? 0) && $0.t ?? 0 > now
            }
        }
    }
}
