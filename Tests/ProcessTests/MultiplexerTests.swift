import Foundation
import Glibc
import TestEmulators
import TestProcesses
import Testing

extension ProcessTests {
    /// A call in tmux and in screen: what the terminal around them shows.
    @Suite struct MultiplexerTests {
        enum Multiplexer: String, CaseIterable {
            case tmux, screen
        }

        @Test(arguments: Multiplexer.allCases)
        func `After overlays, resizing, Ctrl-L, detaching and attaching every cell is the picture's`(multiplexer: Multiplexer) async throws
        {
            let session = try MultiplexerSession(multiplexer)
            try await withProcesses { group in
                do {
                    try await call(session, group)
                } catch {
                    await session.end(group)
                    throw error
                }
                await session.end(group)
            }
        }

        private func call(_ session: MultiplexerSession, _ group: ProcessGroup) async throws {
            let file = Programs.newPath("still.y4m")
            try StillPicture.write(to: file)
            defer { unlink(file) }
            let (_, url) = try await group.server()
            _ = try await group.answeringBot("bob", at: url, ["--video", file, "--audio", "none"])
            let terminal = try EmulatedTerminal(columns: 80, rows: 24)
            let console = [Programs.glyphone, "call", "bob", "--server", url, "--name", "alice", "--video", "none", "--audio", "none"]
            let client = try group.start(
                session.starting(console + ["--play", "none", "--log", "/dev/null"]), environment: session.environment,
                terminal: terminal.path)
            try await expectPicture(terminal, session, "at the start")

            terminal.type("?")
            try await expect("Keys", on: terminal)
            terminal.type("\u{1B}")
            try await expectPicture(terminal, session, "after the help")
            terminal.type("n")
            try await expect("Statistics", on: terminal)
            terminal.type("n")
            try await expectPicture(terminal, session, "after the statistics")

            terminal.resize(columns: 120, rows: 40)
            try await expectPicture(terminal, session, "in a larger window")
            terminal.type("?")
            try await expect("Keys", on: terminal)
            terminal.resize(columns: 90, rows: 28)
            try await expect("Keys", on: terminal)
            terminal.type("\u{1B}")
            try await expectPicture(terminal, session, "resized under the help")

            try await garble(terminal)
            terminal.type("\u{0C}")
            try await expectPicture(terminal, session, "after Ctrl-L")

            try await session.detach(group)
            #expect(try await client.end(within: .seconds(20)) == .status(0))
            let other = try EmulatedTerminal(columns: 100, rows: 30)
            _ = try group.start(session.attaching, environment: session.environment, terminal: other.path)
            try await expectPicture(other, session, "attached elsewhere")
            other.type("q")
            try await expect("and quit?", on: other)
            other.type("y")
            _ = try await other.screen.wait(within: .seconds(20), for: "the end of the call") {
                $0.description.contains("bob") ? nil : true
            }
        }

        /// Writes over the picture, as another program may, until that stays for a second, by the call's clock: nothing but Ctrl-L mends it then.
        private func garble(_ terminal: EmulatedTerminal) async throws {
            @Sendable func clock(_ screen: EmulatedScreen) -> String {
                screen.description.firstMatch(of: #/[0-9]+:[0-9]{2}:[0-9]{2}/#).map { String($0.0) } ?? ""
            }
            let garbage = String(repeating: "garbled ", count: 50)
            for _ in 0..<20 {
                terminal.screen.update { $0.feed(Array("\u{18}\u{1B}7\u{1B}[0m\u{1B}[9;1H\(garbage)\u{1B}8".utf8)) }
                for _ in 0..<2 {
                    let shown = clock(terminal.screen.now)
                    _ = try await terminal.screen.wait(within: .seconds(20), for: "the clock") { clock($0) == shown ? nil : true }
                }
                if terminal.screen.now.description.contains("garbled garbled garbled") { return }
            }
            throw Subprocess.Failure(description: "a picture that stands still is painted again and again")
        }

        private func expect(_ text: String, on terminal: EmulatedTerminal) async throws {
            _ = try await terminal.screen.wait(within: .seconds(20), for: text) { $0.description.contains(text) ? true : nil }
        }

        /// Waits until every cell of the picture's place is as it must be.
        private func expectPicture(_ terminal: EmulatedTerminal, _ session: MultiplexerSession, _ when: String) async throws {
            let now = terminal.screen.now.emulator
            let expected = StillPicture.Screen(columns: now.columns, rows: now.rows, isIndexed: session.multiplexer == .screen)
            do {
                _ = try await terminal.screen.wait(within: .seconds(30), for: "the picture \(when)") { screen in
                    expected.faults(on: screen.emulator, most: 1).isEmpty ? true : nil
                }
            } catch let overdue as Overdue {
                let faults = expected.faults(on: terminal.screen.now.emulator, most: 5)
                throw Subprocess.Failure(description: "cells are wrong: \(faults)\n\(overdue)")
            }
        }
    }
}

/// A tmux or a screen of the test's own, which no other can reach.
struct MultiplexerSession {
    let multiplexer: ProcessTests.MultiplexerTests.Multiplexer
    private let folder: String
    private var settings: String { folder + "/settings" }
    private var socket: String { folder + "/socket" }

    init(_ multiplexer: ProcessTests.MultiplexerTests.Multiplexer) throws {
        self.multiplexer = multiplexer
        // Sockets have short paths.
        folder = NSTemporaryDirectory() + "/gm-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let text =
            switch multiplexer {
            case .tmux:
                "set -g status off\nset -g default-terminal tmux-256color\nset -ga terminal-overrides ',*:Tc'\nset -sg escape-time 5\n"
            case .screen: "startup_message off\nterm screen-256color\naltscreen on\nvbell off\nmaptimeout 5\n"
            }
        try Data(text.utf8).write(to: URL(filePath: settings))
    }

    /// What its client's terminal is.
    var environment: [String: String] {
        let colours = multiplexer == .tmux ? "truecolor" : ""
        return ["TERM": "xterm-256color", "COLORTERM": colours, "SCREENDIR": folder, "TMUX": "", "STY": "", "SHELL": "/bin/sh"]
    }

    func starting(_ command: [String]) -> [String] {
        switch multiplexer {
        case .tmux: ["tmux", "-S", socket, "-f", settings, "new-session", "-s", "call", "--"] + command
        case .screen: ["screen", "-U", "-c", settings, "-S", "call"] + command
        }
    }

    var attaching: [String] {
        switch multiplexer {
        case .tmux: ["tmux", "-S", socket, "attach-session", "-t", "call"]
        case .screen: ["screen", "-U", "-c", settings, "-r", "call"]
        }
    }

    func detach(_ group: ProcessGroup) async throws {
        try await run(multiplexer == .tmux ? ["tmux", "-S", socket, "detach-client", "-s", "call"] : ["screen", "-d", "call"], group)
    }

    /// Ends it, whatever runs in it.
    func end(_ group: ProcessGroup) async {
        try? await run(multiplexer == .tmux ? ["tmux", "-S", socket, "kill-server"] : ["screen", "-S", "call", "-X", "quit"], group)
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func run(_ command: [String], _ group: ProcessGroup) async throws {
        _ = try await group.start(command, environment: environment).end(within: .seconds(10))
    }
}
