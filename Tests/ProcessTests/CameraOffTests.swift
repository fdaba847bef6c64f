import TerminalSimulation
import TestProcesses
import Testing

extension ProcessTests {
    /// A call whose one side has no picture to send at times, on the other side's screen.
    @Suite struct CameraOffTests {
        /// A console that calls a bot and takes sound and picture from it.
        private func call(
            _ group: ProcessGroup, _ terminal: PseudoTerminal, _ url: String, _ options: [String]
        ) throws -> Subprocess {
            try group.start(
                [Programs.glyphone, "call", "bob", "--server", url, "--name", "alice", "--audio", "none", "--play", "none"] + options,
                environment: ["TERM": "xterm-256color", "COLORTERM": "truecolor"], terminal: terminal.path)
        }

        /// The console of bob, who is in the room afterwards.
        private func console(_ group: ProcessGroup, _ terminal: PseudoTerminal, _ url: String) async throws {
            _ = try group.start(
                [Programs.glyphone, "--server", url, "--name", "bob", "--video", "test", "--audio", "none", "--play", "none"],
                environment: ["TERM": "xterm-256color", "COLORTERM": "truecolor"], terminal: terminal.path)
            _ = try await terminal.screen.wait(within: .seconds(15), for: "the room") { $0.text.contains("lobby") ? true : nil }
        }

        @Test func `A camera that is not there is told of on this side, and seen as off on the other`() async throws {
            let terminal = try PseudoTerminal(columns: 80, rows: 24)
            try await withProcesses { group in
                let (_, url) = try await group.server()
                let bot = try await group.answeringBot("bob", at: url, ["--video", "camera:/dev/video-none", "--duration", "20"])
                _ = try call(group, terminal, url, ["--video", "none"])
                _ = try await bot.line(with: #""state":"connected""#, within: .seconds(15))
                try await awaitCameraOff(terminal)
                _ = try await bot.line(with: "there is no camera", within: .seconds(5), on: \.errors)
            }
        }

        @Test func `A camera that is switched off and on is seen so by the other side`() async throws {
            let (first, second) = (try PseudoTerminal(columns: 80, rows: 24), try PseudoTerminal(columns: 80, rows: 24))
            try await withProcesses { group in
                let (_, url) = try await group.server()
                try await console(group, second, url)
                _ = try call(group, first, url, ["--video", "test"])
                _ = try await second.screen.wait(within: .seconds(15), for: "the call") {
                    $0.text.contains("alice is calling") ? true : nil
                }
                // Keys do nothing to a call that has just begun to ring, so that it may take more than one.
                try await press("\r", on: second, until: "mute")
                try await awaitPicture(first)
                second.type("v")
                try await awaitCameraOff(first)
                second.type("v")
                try await awaitPicture(first)
            }
        }

        @Test func `In mid-call another camera is chosen, and one that is not there is left again`() async throws {
            let (first, second) = (try PseudoTerminal(columns: 80, rows: 24), try PseudoTerminal(columns: 80, rows: 24))
            try await withProcesses { group in
                let (_, url) = try await group.server()
                try await console(group, second, url)
                _ = try call(group, first, url, ["--video", "test"])
                _ = try await second.screen.wait(within: .seconds(15), for: "the call") {
                    $0.text.contains("alice is calling") ? true : nil
                }
                try await press("\r", on: second, until: "mute")
                try await awaitPicture(first)
                second.type(":camera /dev/video-none\r")
                try await awaitCameraOff(first)
                _ = try await second.screen.wait(within: .seconds(5), for: "a word") { $0.text.contains("no camera") ? true : nil }
                second.type(":camera test\r")
                try await awaitPicture(first)
            }
        }

        private func press(_ key: String, on terminal: PseudoTerminal, until text: String) async throws {
            for _ in 0..<10 {
                terminal.type(key)
                let isThere = try? await terminal.screen.wait(within: .seconds(1), for: text) { $0.text.contains(text) ? true : nil }
                if isThere == true { return }
            }
            throw Subprocess.Failure(description: "no \(text) on the screen: \(terminal.screen.now.text)")
        }

        /// The words stand alone in a line, where the picture would be.
        private func awaitCameraOff(_ terminal: PseudoTerminal) async throws {
            _ = try await terminal.screen.wait(within: .seconds(10), for: "camera off") { screen in
                screen.lines.contains { $0.trimmingPrefix(while: \.isWhitespace).hasPrefix("camera off") } ? true : nil
            }
        }

        private func awaitPicture(_ terminal: PseudoTerminal) async throws {
            _ = try await terminal.screen.wait(within: .seconds(15), for: "a picture") { screen in
                let blocks = screen.text.unicodeScalars.count { 0x2580...0x259f ~= $0.value }
                return blocks > 400 && !screen.text.contains("B O B") ? true : nil
            }
        }
    }
}
