import TerminalIO

/// What this terminal can show, and what to set so that it shows more.
public struct TerminalExamination: Sendable {
    public let findings: [Finding]
    /// Nil where standard output is no terminal.
    public let capabilities: TerminalCapabilities?

    /// - Parameter environment: the process's environment.
    public init(environment: [String: String]) {
        let term = environment["TERM"] ?? ""
        let terminfo = Terminfo(term: term)
        let probe: TerminalProbe
        do throws(TerminalError) {
            probe = try TerminalProbe(environment: environment, terminfoColours: terminfo?.colours ?? -1)
        } catch {
            findings = [Finding("Terminal", "none: \(error)", remedy: "run glyphone doctor in the terminal that is to be examined")]
            capabilities = nil
            return
        }
        capabilities = probe.capabilities
        findings = Self.findings(of: probe, term: term, isKnown: terminfo != nil, environment: environment)
    }

    package static func findings(
        of probe: TerminalProbe, term: String, isKnown: Bool, environment: [String: String]
    ) -> [Finding] {
        [
            kind(probe, term, isKnown), size(probe), colours(probe, environment), encoding(probe), images(probe), sixels(probe),
            updates(probe), answers(probe), way(probe, environment),
        ].compactMap { $0 }
    }

    private static func kind(_ probe: TerminalProbe, _ term: String, _ isKnown: Bool) -> Finding {
        let version = probe.capabilities.version.map { ", says it is \(DisplayText.printable($0, limit: 64))" } ?? ""
        let remedy = isKnown ? nil : "this TERM has no terminfo entry: install ncurses-term, or set TERM=xterm-256color"
        return Finding("Terminal", term + version, remedy: remedy)
    }

    private static func size(_ probe: TerminalProbe) -> Finding {
        let size = probe.size
        let shape =
            size.cellAspect.map { "a cell is \(hundredths($0)) as wide as high" } ?? "the shape of a cell is not told, taken as 0.50"
        let remedy =
            size.columns < 80 || size.rows < 24
            ? "a picture needs cells: make the window larger, or its font smaller" : nil
        return Finding("Size", "\(size.columns)x\(size.rows), \(shape)", remedy: remedy)
    }

    private static func hundredths(_ value: Double) -> String {
        let number = Int((min(max(value, 0), 10) * 100).rounded())
        return "\(number / 100).\(WallTime.twoDigits(number % 100))"
    }

    private static func colours(_ probe: TerminalProbe, _ environment: [String: String]) -> Finding {
        if !(environment["NO_COLOR"] ?? "").isEmpty { return Finding("Colours", "none", remedy: "NO_COLOR is set: unset it for colours") }
        let name =
            switch probe.capabilities.colours {
            case .none: "none"
            case .eight: "8"
            case .sixteen: "16"
            case .indexed: "256"
            case .rgb: "24 bits"
            }
        var remedy: String?
        if probe.capabilities.host == .tmux {
            remedy =
                "tmux passes 24-bit colours on only where it is told that the terminal has them: "
                + "set -as terminal-features ',*:RGB' in ~/.tmux.conf, then tmux kill-server"
        } else if probe.capabilities.colours < .rgb {
            remedy =
                probe.capabilities.host == .screen
                ? "screen 4 shows 256 at most; tmux, or screen 5 with truecolor on, shows 24 bits"
                : "if the terminal shows 24-bit colours (the ramp below is smooth), set COLORTERM=truecolor; ssh passes it on with SendEnv"
        }
        return Finding("Colours", name, remedy: remedy)
    }

    private static func encoding(_ probe: TerminalProbe) -> Finding {
        probe.capabilities.isUTF8
            ? Finding("Encoding", "UTF-8") : Finding("Encoding", "not UTF-8: pictures are drawn in ASCII", remedy: "set LANG=C.UTF-8")
    }

    private static func images(_ probe: TerminalProbe) -> Finding? {
        guard probe.capabilities.hasKittyGraphics else { return nil }
        return Finding("Images", "kitty's graphics protocol: `r` in a call, or `glyphone mirror --glyphs kitty`, shows pictures in pixels")
    }

    private static func sixels(_ probe: TerminalProbe) -> Finding? {
        guard probe.capabilities.hasSixel else { return nil }
        guard let cell = probe.size.cellPixels else {
            return Finding(
                "Sixels", "the terminal has them, but does not tell how large a cell is: `glyphone mirror --glyphs sixel` tries them")
        }
        let colours = probe.capabilities.colourRegisters.map { ", \($0) colours" } ?? ""
        return Finding(
            "Sixels",
            "cells of \(cell.width)x\(cell.height) pixels\(colours): `r` in a call, or `glyphone mirror --glyphs sixel`, shows pictures in pixels"
        )
    }

    private static func updates(_ probe: TerminalProbe) -> Finding {
        probe.capabilities.hasSynchronizedOutput
            ? Finding("Updates", "synchronised: a frame appears at once (mode 2026)")
            : Finding("Updates", "not synchronised: a frame may be seen half drawn", remedy: "a terminal with mode 2026 shows none torn")
    }

    private static func answers(_ probe: TerminalProbe) -> Finding {
        guard let roundTrip = probe.roundTrip else {
            return Finding(
                "Answers", "none", remedy: "pictures are paced by what the system takes alone; --no-probe spares the wait at the start")
        }
        let milliseconds = roundTrip / .milliseconds(1)
        return Finding("Answers", milliseconds < 10 ? "within \(hundredths(milliseconds)) ms" : "within \(Int(milliseconds.rounded())) ms")
    }

    private static func way(_ probe: TerminalProbe, _ environment: [String: String]) -> Finding? {
        var parts = (probe.capabilities.host?.rawValue).map { [$0] } ?? []
        let isRemote = !(environment["SSH_CONNECTION"] ?? "").isEmpty
        if isRemote { parts.append("ssh") }
        guard !parts.isEmpty else { return nil }
        let remedy =
            isRemote && (environment["PULSE_SERVER"] ?? "").isEmpty
            ? "sound is this machine's, not the one you sit at: run glyphone there, or set PULSE_SERVER" : nil
        return Finding("Through", parts.joined(separator: ", "), remedy: remedy)
    }
}
