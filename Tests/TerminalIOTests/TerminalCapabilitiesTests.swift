import TerminalIO
import Testing

@Suite struct TerminalCapabilitiesTests {
    typealias Colours = TerminalCapabilities.Colours

    @Test(
        arguments: [
            (["TERM": "xterm-256color"], 256, Colours.indexed), (["TERM": "xterm-256color", "COLORTERM": "truecolor"], 256, .rgb),
            (["TERM": "xterm-256color", "COLORTERM": "24bit"], 256, .rgb), (["TERM": "xterm-direct"], 16_777_216, .rgb),
            (["TERM": "xterm-256color", "COLORTERM": "yes"], 256, .indexed), (["TERM": "linux"], 8, .sixteen),
            (["TERM": "xterm"], 8, .eight),
            (["TERM": "vt100"], -1, .none), (["TERM": "xterm-16color"], 16, .sixteen),
            (["TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"], 256, .none),
            (["TERM": "xterm-256color", "NO_COLOR": ""], 256, .indexed),
        ] as [([String: String], Int, Colours)])
    func coloursFromTheEnvironment(environment: [String: String], terminfo: Int, expected: Colours) {
        #expect(TerminalCapabilities(environment: environment, terminfoColours: terminfo).colours == expected)
    }

    @Test(
        arguments: [
            (["LANG": "en_GB.UTF-8"], true), (["LANG": "C.utf8"], true), (["LANG": "C"], false), ([:], false),
            (["LANG": "en_GB.UTF-8", "LC_ALL": "C"], false), (["LANG": "C", "LC_CTYPE": "de_DE.UTF-8"], true),
            (["LANG": "de_DE.ISO-8859-1"], false), (["LC_ALL": "", "LANG": "C.UTF-8"], true),
        ] as [([String: String], Bool)])
    func encodingFromTheLocale(environment: [String: String], expected: Bool) {
        #expect(TerminalCapabilities(environment: environment, terminfoColours: 256).isUTF8 == expected)
    }

    @Test func repliesCorrectTheEnvironment() {
        var capabilities = TerminalCapabilities(environment: ["TERM": "xterm-256color"], terminfoColours: 256)
        #expect(!capabilities.hasSynchronizedOutput)
        capabilities.apply(.mode(2026, state: 4))
        #expect(!capabilities.hasSynchronizedOutput)
        capabilities.apply(.mode(2026, state: 2))
        #expect(capabilities.hasSynchronizedOutput)
        capabilities.apply(.capability("RGB", isPresent: false))
        #expect(capabilities.colours == .indexed)
        capabilities.apply(.capability("Tc", isPresent: true))
        #expect(capabilities.colours == .rgb)
        #expect(!capabilities.answers)
        capabilities.apply(.primaryAttributes([62]))
        #expect(capabilities.answers)
    }

    @Test func noColourStays() {
        var capabilities = TerminalCapabilities(environment: ["TERM": "xterm-256color", "NO_COLOR": "1"], terminfoColours: 256)
        capabilities.apply(.capability("RGB", isPresent: true))
        capabilities.apply(.version("kitty(0.35)"))
        #expect(capabilities.colours == .none)
    }

    @Test func knownTerminalsHaveRGB() {
        for (version, expected) in [
            ("WezTerm 20240203", Colours.rgb), ("foot(1.16.2)", .rgb), ("tmux 3.3a", .indexed), ("XTerm(379)", .indexed),
        ] {
            var capabilities = TerminalCapabilities(environment: ["TERM": "xterm-256color"], terminfoColours: 256)
            capabilities.apply(.version(version))
            #expect(capabilities.colours == expected)
        }
    }

    @Test func `What sixels are is told by the terminal`() {
        var parser = InputParser()
        parser.handle(Array("\u{1B}[?1;0;16S\u{1B}[?2;0;800;480S\u{1B}[?1;3;0S\u{1B}[?2;3;0;0S\u{1B}[?1;3S".utf8), at: .now)
        var capabilities = TerminalCapabilities(environment: ["TERM": "xterm"], terminfoColours: 256)
        while let event = parser.nextEvent() {
            guard case .reply(let reply) = event else {
                Issue.record("\(event)")
                continue
            }
            capabilities.apply(reply)
        }
        #expect(capabilities.colourRegisters == 16)
        #expect(capabilities.largestImage == PixelSize(width: 800, height: 480))
        #expect(!capabilities.hasSixel)
    }

    @Test func theQuestionsEndWithDA1() {
        #expect(TerminalCapabilities.questions(term: "xterm").suffix(3) == Array("\u{1B}[c".utf8)[...])
        #expect(TerminalCapabilities.questions(term: "linux") == Array("\u{1B}[c".utf8))
        // screen passes the inside of a DCS on to its terminal, which shows it as text.
        #expect(!TerminalCapabilities.questions(term: "screen.xterm-256color").contains(UInt8(ascii: "P")))
        #expect(TerminalCapabilities.questions(term: "tmux-256color").contains(UInt8(ascii: "P")))
        // Who does not know APC may print it.
        for (term, isAsked) in [("xterm-kitty", true), ("screen-256color", false), ("tmux-256color", false), ("linux", false)] {
            #expect((TerminalCapabilities.questions(term: term).firstRange(of: "\u{1B}_G".utf8) != nil) == isAsked, "\(term)")
        }
        #expect(!TerminalCapabilities.canBeAsked(term: "dumb"))
        #expect(TerminalCapabilities.canBeAsked(term: "screen-256color"))
    }

    @Test func whatStandsBetweenIsFoundOut() {
        func host(_ environment: [String: String], _ replies: [TerminalReply] = []) -> TerminalCapabilities.Host? {
            var capabilities = TerminalCapabilities(environment: environment, terminfoColours: 256)
            for reply in replies { capabilities.apply(reply) }
            return capabilities.host
        }
        #expect(host(["TERM": "xterm"]) == nil)
        #expect(host(["TERM": "tmux-256color"]) == .tmux)
        #expect(host(["TERM": "screen-256color", "TMUX": "/tmp/x,1,0"]) == .tmux)
        #expect(host(["TERM": "screen", "STY": "1.pts"]) == .screen)
        // tmux at the other end of ssh: its variables do not come along, its answers do.
        #expect(host(["TERM": "screen-256color"], [.version("tmux 3.3a")]) == .tmux)
        #expect(host(["TERM": "xterm"], [.secondaryAttributes([1, 10, 0])]) == .mosh)
        #expect(host(["TERM": "xterm"], [.secondaryAttributes([41, 380, 0])]) == nil)
    }

    @Test func screenDoesNotInheritColours() {
        let environment = ["TERM": "screen-256color", "STY": "1.pts", "COLORTERM": "truecolor"]
        #expect(TerminalCapabilities(environment: environment, terminfoColours: 256).colours == .indexed)
    }
}
