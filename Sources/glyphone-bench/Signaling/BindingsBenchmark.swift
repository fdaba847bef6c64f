import ArgumentParser
import Foundation
import NIOCore
import NIOPosix

/// `glyphone-bench bindings`: raw WebSockets against Socket.IO, on this server and in these pages.
struct BindingsBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bindings",
        abstract: "What each of the server's two bindings costs: a table in Markdown. The server has one core, the load the other.")

    @Option(help: ArgumentHelp("How long each measurement takes.", valueName: "seconds"))
    var seconds = 5.0

    @Option(help: "How often each is repeated, the two bindings in turn; the median counts.")
    var rounds = 3

    @Option(help: "The glyphone command whose server is measured (default: the one beside this benchmark).")
    var glyphone: String?

    @Option(help: "Where the pages are.")
    var pages = "Assets/web"

    func validate() throws {
        guard seconds >= 1, rounds >= 1 else { throw ValidationError("--seconds and --rounds must be at least 1.") }
    }

    func run() async throws {
        try Contender.takeLoadCore()
        let own = glyphone ?? Bundle.main.executableURL?.deletingLastPathComponent().appendingPathComponent("glyphone").path ?? "glyphone"
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loads = Binding.allCases.map { Load(on: group.next(), $0) }
        var figures = Table()
        for _ in 0..<rounds {
            for load in loads {
                let server = try Contender("glyphone", [own, "server", "--port", "0", "--log-level", "error"])
                defer { server.stop() }
                try await measure(load, server, &figures)
            }
        }
        for binding in Binding.allCases { count(binding, &figures) }
        print(figures.markdown)
        try await group.shutdownGracefully()
    }

    private func measure(_ load: Load, _ server: Contender, _ figures: inout Table) async throws {
        let bytes = try await load.call(at: server.url)
        figures.add("bytes to connect and join", load.binding, Double(bytes.entering))
        figures.add("bytes of a call (\(bytes.messages) messages, both sides)", load.binding, Double(bytes.call))
        let (times, kept) = try await load.reconnections(at: server.url, count: 20)
        figures.add("back after a lost connection on the loopback, us", load.binding, Percentiles(times).at(0.5))
        figures.add("of what was sent meanwhile is kept, %", load.binding, kept * 100)
        let (cost, rate) = try await load.saturation(of: server, pairs: 500, seconds: seconds)
        figures.add("CPU a relayed message at saturation, us", load.binding, cost)
        figures.add("relayed a second", load.binding, rate)
        let steady = try await load.steady(of: server, pairs: 100, rate: 2_000, seconds: seconds)
        figures.add("CPU a message at 2,000 a second, us", load.binding, steady.cost)
        figures.add("latency p50 then, us", load.binding, steady.p50)
        figures.add("latency p99 then, us", load.binding, steady.p99)
        let idle = try await load.idle(of: server, count: 4_000, upTo: nil)
        figures.add("memory an idle peer, KB", load.binding, idle.each / 1e3)
    }

    /// What the page on this binding has of its own, and the libraries that it loads.
    private func count(_ binding: Binding, _ figures: inout Table) {
        let page = binding == .raw ? "htmx" : "socketio"
        let libraries = binding == .raw ? ["htmx-2.min.js", "hx-ws-2.min.js"] : ["socket.io.min.js"]
        func text(_ path: String) -> String? { try? String(contentsOfFile: pages + "/" + path, encoding: .utf8) }
        let lines = [".html", ".js"].compactMap { text(page + $0)?.split(separator: "\n").count }
        if lines.count == 2 {
            figures.add("lines of the page, HTML", binding, Double(lines[0]))
            figures.add("lines of the page, JavaScript", binding, Double(lines[1]))
        }
        let sizes = libraries.compactMap { text("lib/" + $0)?.utf8.count }
        if sizes.count == libraries.count { figures.add("its libraries, KB", binding, Double(sizes.reduce(0, +)) / 1e3) }
    }
}

/// Figures of both bindings, in the order in which they came.
private struct Table {
    private var rows: [(name: String, values: [Binding: [Double]])] = []

    mutating func add(_ name: String, _ binding: Binding, _ value: Double) {
        if let index = rows.firstIndex(where: { $0.name == name }) {
            rows[index].values[binding, default: []].append(value)
        } else {
            rows.append((name, [binding: [value]]))
        }
    }

    var markdown: String {
        var lines = ["| | \(Binding.allCases.map(\.rawValue).joined(separator: " | ")) | ratio |", "|---|---|---|---|"]
        for row in rows {
            let medians = Binding.allCases.map { Percentiles(row.values[$0] ?? []).at(0.5) }
            let cells = medians.map { String(format: $0 < 100 ? "%.1f" : "%.0f", $0) }
            lines.append("| \(row.name) | \(cells.joined(separator: " | ")) | \(String(format: "%.2f", medians[1] / medians[0])) |")
        }
        return lines.joined(separator: "\n")
    }
}
