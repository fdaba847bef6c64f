import ArgumentParser
import Foundation
import TerminalSimulation

/// `glyphone-bench terminal`: how soon keys are seen, and how much of the picture, behind lines of several rates.
struct TerminalBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "terminal",
        abstract: "glyphone demo on a terminal behind slow lines: key to screen, backlog, frames; and what drawing costs on a fast one.")

    @Option(help: "Columns and rows of the terminal.")
    var size = "120x40"

    @Option(help: "Keys pressed on each line.")
    var keys = 20

    @Option(help: "Leaves out lines faster than this, in kbit/s.")
    var upTo = Int.max

    private struct Link {
        var name: String
        /// nil: unlimited.
        var kilobits: Int?
        var milliseconds: Int
    }

    private static let links = [
        Link(name: "64 kbit/s, 0 ms", kilobits: 64, milliseconds: 0),
        Link(name: "256 kbit/s, 200 ms", kilobits: 256, milliseconds: 200),
        Link(name: "1 Mbit/s, 100 ms", kilobits: 1000, milliseconds: 100),
        Link(name: "10 Mbit/s, 20 ms", kilobits: 10_000, milliseconds: 20),
        Link(name: "unlimited", kilobits: nil, milliseconds: 0),
    ]

    func run() throws {
        let sides = size.split(separator: "x").compactMap { Int($0) }
        guard sides.count == 2, sides.allSatisfy({ (20...400).contains($0) }) else { throw ValidationError("--size is COLUMNSxROWS.") }
        print("| line | key to screen p50 / p95 | backlog p50 / p95 | whole pictures/s | drawn | kbit/s |\n|---|---|---|---|---|---|")
        for link in Self.links where (link.kilobits ?? .max) <= upTo { try measure(link, columns: sides[0], rows: sides[1]) }
        try measureDrawing()
        try measureStop(columns: sides[0], rows: sides[1])
    }

    private var program: String {
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "glyphone").path
    }

    private static let environment = [
        "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "HOME": NSTemporaryDirectory(), "USER": "bench",
        "PATH": "/usr/bin:/bin",
    ]

    private func measure(_ link: Link, columns: Int, rows: Int) throws {
        let terminal = try demo(link, columns: columns, rows: rows)
        // The line is found out, the picture there, and of the kind that the line takes.
        terminal.run(for: .seconds(15))
        terminal.resetCounts()
        let start = ContinuousClock.now
        var echoes: [Duration] = []
        for key in 0..<keys {
            let pressed = ContinuousClock.now
            terminal.type("m")
            let isMuted = key % 2 == 0
            guard terminal.run(for: .seconds(10), until: { $0.screen.lines[0].contains("MUTED") == isMuted }) else {
                throw SlowTerminal.Failure(description: "a key had no effect on \(link.name)")
            }
            echoes.append(ContinuousClock.now - pressed)
            // Not in step with anything that the program does once a second.
            terminal.run(for: .milliseconds(317 + 61 * (key % 7)))
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let kilobits = Int(Double(terminal.bytes) / 125 / seconds)
        let backlog = terminal.backlog
        let drawn = terminal.screen.lines[0].firstMatch(of: #/slow line.*?(?=  )/#).map { String($0.0) } ?? "as chosen"
        print(
            "| \(link.name) | \(percentile(echoes, 50)) / \(percentile(echoes, 95)) ms "
                + "| \(percentile(backlog, 50)) / \(percentile(backlog, 95)) ms "
                + "| \(try wholePictures(terminal)) | \(drawn) | \(kilobits) |")
    }

    private func demo(_ link: Link, columns: Int, rows: Int) throws -> SlowTerminal {
        let line = SlowTerminal.Line(rate: link.kilobits.map { Double($0) * 125 }, roundTrip: .milliseconds(link.milliseconds))
        let terminal = try SlowTerminal(
            [program, "demo", "--play", "none", "--log", "/dev/null"], environment: Self.environment, columns: columns, rows: rows,
            line: line)
        guard terminal.run(for: .seconds(20), until: { $0.screen.lines[0].contains("demo  0:00:0") }) else {
            throw SlowTerminal.Failure(description: "no call on \(link.name)")
        }
        return terminal
    }

    /// How many pictures a second are painted from the first cell to the last: what the console itself says of the last seconds.
    private func wholePictures(_ terminal: SlowTerminal) throws -> Double {
        terminal.type("n")
        var counts: [Int] = []
        for _ in 0..<8 {
            terminal.run(for: .seconds(1))
            let line = terminal.screen.lines.lazy.compactMap { $0.firstMatch(of: #/drawing +([0-9]+)/s/#) }.first
            if let line, let count = Int(line.1) { counts.append(count) }
        }
        guard !counts.isEmpty else { throw SlowTerminal.Failure(description: "the console showed no statistics") }
        return (Double(counts.reduce(0, +)) / Double(counts.count) * 10).rounded() / 10
    }

    /// A terminal that takes nothing for ten seconds, as after Ctrl-S: memory, and how soon the screen shows the present again.
    private func measureStop(columns: Int, rows: Int) throws {
        let terminal = try demo(Self.links[3], columns: columns, rows: rows)
        terminal.run(for: .seconds(5))
        terminal.isStopped = true
        let before = terminal.residentKibibytes ?? 0
        let stoppedAt = seconds(of: terminal)
        terminal.run(for: .seconds(10))
        let after = terminal.residentKibibytes ?? 0
        terminal.isStopped = false
        let start = ContinuousClock.now
        guard terminal.run(for: .seconds(10), until: { seconds(of: $0) >= stoppedAt + 10 }) else {
            throw SlowTerminal.Failure(description: "after the stop the call's clock stood still: \(terminal.screen.lines[0])")
        }
        let took = Int((ContinuousClock.now - start) / .milliseconds(1))
        print(
            "a terminal that stops for 10 s: \(before) KiB before, \(after) KiB after; the present on the screen \(took) ms after it goes on"
        )
    }

    /// How long the call has lasted, by the status line.
    private func seconds(of terminal: SlowTerminal) -> Int {
        guard let clock = terminal.screen.lines[0].firstMatch(of: #/demo  ([0-9]+):([0-9]+):([0-9]+)/#) else { return 0 }
        return (Int(clock.1) ?? 0) * 3600 + (Int(clock.2) ?? 0) * 60 + (Int(clock.3) ?? 0)
    }

    private func percentile(_ durations: [Duration], _ percent: Int) -> Int {
        let sorted = durations.sorted()
        guard !sorted.isEmpty else { return 0 }
        return Int((sorted[min(sorted.count * percent / 100, sorted.count - 1)] / .milliseconds(1)).rounded())
    }

    /// The mirror on a terminal that takes everything at once: frames a second, and the share of a core that drawing takes.
    private func measureDrawing() throws {
        let terminal = try SlowTerminal(
            [program, "mirror", "test", "--stats", "--duration", "10"], environment: Self.environment, columns: 120, rows: 40,
            line: SlowTerminal.Line(rate: nil, roundTrip: .zero))
        terminal.run(for: .seconds(20))
        let text = String(decoding: terminal.recent, as: UTF8.self)
        let json = text.range(of: "{\"seconds\"").map { text[$0.lowerBound...].prefix { $0 != "}" } + "}" }
        guard let json, let members = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Double],
            let seconds = members["seconds"], let frames = members["framesShown"], let cpu = members["cpuMs"]
        else { throw SlowTerminal.Failure(description: "glyphone mirror gave no statistics") }
        let share = cpu / seconds / 10
        print(
            "\nunlimited, 120x40: \(Int((frames / seconds).rounded())) frames/s, drawing takes \((share * 10).rounded() / 10) % of a core "
                + "(\((cpu / max(frames, 1) * 100).rounded() / 100) ms a frame)")
    }
}
