import Foundation
import Glibc
import Testing

/// The terminal is as before after every way out, but SIGKILL.
@Suite(.serialized, .enabled(if: Program.path != nil, "the executable is not built"))
struct TerminalReturnTests {
    /// Programs that take the terminal, and what they write once pictures move.
    enum Subject: String, CaseIterable {
        case mirror, demo

        var arguments: [String] {
            switch self {
            case .mirror: ["mirror", "test"]
            case .demo: ["demo", "--audio", "none", "--play", "none", "--log", "/dev/null"]
            }
        }

        var sign: String {
            switch self {
            case .mirror: "q quit"
            case .demo: "camera off"
            }
        }

        var quitKeys: [String] {
            switch self {
            case .mirror: ["q"]
            case .demo: ["q", "y"]
            }
        }
    }

    static let environment = ["TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "HOME": "/tmp"]

    func start(_ subject: Subject) throws -> PseudoTerminal {
        let terminal = try PseudoTerminal([try #require(Program.path)] + subject.arguments, environment: Self.environment)
        try #require(terminal.wait(for: subject.sign), "\(terminal.text.suffix(300))")
        #expect(!terminal.isAsBefore)
        return terminal
    }

    func expectReturned(_ terminal: PseudoTerminal) {
        #expect(terminal.isAsBefore)
        for (mode, isOn) in [("1049", false), ("25", true), ("2004", false), ("2026", false), ("1000", false)] {
            let set = terminal.text.ranges(of: "\u{1B}[?\(mode)h").last?.lowerBound
            let reset = terminal.text.ranges(of: "\u{1B}[?\(mode)l").last?.lowerBound
            if isOn {
                #expect((set ?? terminal.text.startIndex) > (reset ?? terminal.text.startIndex), "mode \(mode)")
            } else {
                #expect((reset ?? terminal.text.startIndex) >= (set ?? terminal.text.startIndex), "mode \(mode)")
            }
        }
        // Nothing of the pictures comes after the return, and no reply is echoed.
        let rest = terminal.text.components(separatedBy: "\u{1B}[?1049l").last ?? ""
        #expect(!rest.contains("\u{1B}["), "\(rest)")
        #expect(!rest.contains("^["), "\(rest)")
    }

    @Test(arguments: Subject.allCases)
    func quitting(subject: Subject) throws {
        let terminal = try start(subject)
        quit(terminal, subject)
        #expect(terminal.status() == 0)
        expectReturned(terminal)
    }

    private func quit(_ terminal: PseudoTerminal, _ subject: Subject) {
        for key in subject.quitKeys { terminal.type(key) }
    }

    @Test func controlCTwice() throws {
        let terminal = try start(.demo)
        terminal.type("\u{3}")
        #expect(terminal.wait(for: "and quit?"))
        terminal.type("\u{3}")
        #expect(terminal.status() == 0)
        expectReturned(terminal)
    }

    @Test(arguments: Subject.allCases, [SIGTERM, SIGHUP, SIGINT])
    func signals(subject: Subject, signal: Int32) throws {
        let terminal = try start(subject)
        terminal.send(signal)
        let status = try #require(terminal.status())
        #expect(status & 0x7F == 0, "ended by signal \(status & 0x7F)")
        #expect(status >> 8 == (signal == SIGINT ? 130 : 0))
        expectReturned(terminal)
    }

    @Test(arguments: Subject.allCases, [SIGSEGV, SIGILL, SIGTRAP, SIGBUS, SIGABRT, SIGFPE])
    func crashes(subject: Subject, signal: Int32) throws {
        let terminal = try start(subject)
        terminal.send(signal)
        let status = try #require(terminal.status())
        #expect(status & 0x7F == signal)
        expectReturned(terminal)
        #expect(terminal.text.contains("ended by SIG"))
    }

    @Test(arguments: Subject.allCases)
    func suspension(subject: Subject) throws {
        let command = ([try #require(Program.path)] + subject.arguments).map { "'\($0)'" }.joined(separator: " ")
        // A shell with job control, as only such a one can let a stopped program go on.
        let script = "set -m; \(command); echo STOPPED; read line; fg >/dev/null; echo CODE $?"
        let terminal = try PseudoTerminal(["/bin/sh", "-c", script], environment: Self.environment)
        try #require(terminal.wait(for: subject.sign))
        terminal.type("\u{1A}")
        try #require(terminal.wait(for: "STOPPED"), "\(terminal.text.suffix(300))")
        expectReturned(terminal)
        let stopped = terminal.output.count
        terminal.type("\n")
        try #require(terminal.wait(for: subject.sign, after: stopped), "\(terminal.text.suffix(300))")
        #expect(!terminal.isAsBefore)
        quit(terminal, subject)
        #expect(terminal.wait(for: "CODE 0"))
        _ = terminal.status()
        expectReturned(terminal)
    }

    @Test func aDumbTerminalIsRefusedInOneLine() throws {
        for term in ["dumb", ""] {
            for subject in Subject.allCases {
                var environment = Self.environment
                environment["TERM"] = term.isEmpty ? nil : term
                let terminal = try PseudoTerminal([try #require(Program.path)] + subject.arguments, environment: environment)
                #expect(terminal.status().map { $0 >> 8 } == 1)
                #expect(terminal.text.contains("glyphone bot"))
                #expect(terminal.text.split(separator: "\r\n").count == 1)
                #expect(!terminal.output.contains(0x1B))
                #expect(terminal.isAsBefore)
            }
        }
    }
}

/// The command under test, beside the tests.
enum Program {
    static let path: String? = {
        let path = Bundle.main.bundlePath + "/glyphone"
        return access(path, X_OK) == 0 ? path : nil
    }()
}
