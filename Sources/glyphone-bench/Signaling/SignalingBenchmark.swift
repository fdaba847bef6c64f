import ArgumentParser
import Foundation
import NIOCore
import NIOPosix

/// `glyphone-bench signaling`: what the server takes for a message, a peer and a room, beside a hub in Go that does the same.
struct SignalingBenchmark: AsyncParsableCommand {
    enum Subject: String, CaseIterable, ExpressibleByArgument {
        case relay, steady, idle, storm, slow
    }

    static let configuration = CommandConfiguration(
        commandName: "signaling",
        abstract: "The server beside a Go hub on gorilla/websocket, each alone on one core, the load on the other.")

    @Argument(help: "What is measured: \(Subject.allCases.map(\.rawValue).joined(separator: ", ")) (default: all).")
    var subjects: [Subject] = Subject.allCases

    @Option(help: ArgumentHelp("How long each measurement takes.", valueName: "seconds"))
    var seconds = 5.0

    @Option(help: "How often each is repeated, the two servers in turn; the median counts.")
    var rounds = 3

    @Option(help: "The glyphone command whose server is measured (default: the one beside this benchmark).")
    var glyphone: String?

    @Flag(help: "Without the Go hub.")
    var alone = false

    func validate() throws {
        guard seconds >= 1, rounds >= 1 else { throw ValidationError("--seconds and --rounds must be at least 1.") }
    }

    func run() async throws {
        try Contender.takeLoadCore()
        Self.raiseFileLimit()
        let own = glyphone ?? Bundle.main.executableURL?.deletingLastPathComponent().appendingPathComponent("glyphone").path ?? "glyphone"
        let go = alone ? nil : try GoHub.build()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let load = Load(on: group.next())
        let socketIO = Load(on: group.next(), .socketIO)
        for subject in subjects {
            var ours: [[String: Double]] = []
            var others: [[String: Double]] = []
            let count = subject == .slow || subject == .idle ? 1 : rounds
            for _ in 0..<count {
                let server = try Contender("glyphone", [own, "server", "--port", "0", "--log-level", "error"])
                defer { server.stop() }
                ours.append(try await measure(subject, server, load, socketIO))
                guard let go else { continue }
                let hub = try Contender("Go hub", [go])
                defer { hub.stop() }
                others.append(try await measure(subject, hub, load, nil))
            }
            report(subject, ours, others)
        }
        try await group.shutdownGracefully()
    }

    /// - Parameter socketIO: a load that speaks Socket.IO, for a server that does; beside it stands the other's raw WebSocket.
    private func measure(_ subject: Subject, _ contender: Contender, _ load: Load, _ socketIO: Load?) async throws -> [String: Double] {
        switch subject {
        case .relay:
            let (cost, rate) = try await load.saturation(of: contender, pairs: 2_000, seconds: seconds)
            let other = try await socketIO?.saturation(of: contender, pairs: 2_000, seconds: seconds)
            return [
                "CPU a relayed message at saturation, us": cost, "relayed a second": rate,
                "the same CPU on Socket.IO, us": other?.cost ?? cost,
            ]
        case .steady:
            let (cost, p50, p99) = try await load.steady(of: contender, pairs: 100, rate: 2_000, seconds: seconds)
            return ["CPU a message at 2,000/s, us": cost, "latency p50, us": p50, "latency p99, us": p99]
        case .idle:
            let limit = contender.name == "glyphone" ? 19_000 : nil
            let (each, joined, total) = try await load.idle(of: contender, count: 10_000, upTo: limit)
            return ["memory an idle peer at 10,000, KB": each / 1e3, "peers joined": Double(joined), "resident then, MB": total / 1e6]
        case .storm:
            let storm = try await load.storm(of: contender, count: 500, seconds: seconds)
            return [
                "CPU of 500 joining one room, s": storm.processorTime, "of them cut off": Double(storm.cutOff),
                "CPU a presence delivery, us": storm.delivery,
            ]
        case .slow:
            let slow = try await load.slowReaders(of: contender, count: 100, seconds: max(seconds, 10))
            return [
                "growth a slow reader, MiB": slow.growth / 1_048_576, "left of it, MiB": slow.rest / 1_048_576,
                "readers closed": Double(slow.closed), "others' messages lost": Double(slow.lost),
            ]
        }
    }

    private func report(_ subject: Subject, _ ours: [[String: Double]], _ others: [[String: Double]]) {
        for key in (ours.first ?? [:]).keys.sorted() {
            let mine = Percentiles(ours.compactMap { $0[key] }).at(0.5)
            let label = key.padding(toLength: 42, withPad: " ", startingAt: 0)
            guard !others.isEmpty else {
                print(label + String(format: "%10.2f", mine))
                continue
            }
            let theirs = Percentiles(others.compactMap { $0[key] }).at(0.5)
            print(label + String(format: "%10.2f   Go hub %10.2f   ratio %5.2f", mine, theirs, mine / theirs))
        }
    }

    private static func raiseFileLimit() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
