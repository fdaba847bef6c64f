import ArgumentParser
import Calls
import Foundation
import Logging
import MediaSources
import NIOCore
import NIOPosix
import Security
import SignalingClient
import SignalingProtocol
import SignalingServer

/// `glyphone-bench call`: how fast calls connect, how old pictures are when decoded, and what a call costs beside its codecs.
struct CallBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Two peers on loopback through a real server: connecting, picture age, processor time, memory.")

    @Option(help: "Calls that are connected one after the other.")
    var calls = 50

    @Option(help: ArgumentHelp("How long each call is whose cost is measured.", valueName: "seconds"))
    var seconds = 12

    @Option(help: "Calls whose cost is measured, and the codecs' by turns with it: the median counts.")
    var rounds = 5

    @Option(help: "The glyphone command whose bots are measured (default: the one beside this benchmark).")
    var glyphone: String?

    func validate() throws {
        guard calls > 0, rounds > 0, seconds > 2 else {
            throw ValidationError("--calls and --rounds must be at least 1 and --seconds at least 3.")
        }
    }

    func run() async throws {
        let server = try await SignalingServer.start(
            ServerConfiguration(), logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        let times = try await connectTimes(server.url)
        print("answer sent to first frame decoded on the other side, ms, \(times.count) calls: \(Percentiles(times))")

        let bots = try BotPair(command: glyphone ?? Self.sibling, server: server.url, seconds: seconds)
        var (shares, codecs, ages, memory, bitrate): ([Double], [Double], [Double], Int, Int) = ([], [], [], 0, 0)
        for _ in 0..<rounds {
            let report = try bots.run()
            shares.append(report.cpuSeconds / report.wallSeconds)
            ages += report.pictureAges
            memory = max(memory, report.maximumResidentBytes)
            bitrate = report.videoBitrate
            codecs.append(try await CodecCost.measureTwice(seconds: seconds, bitrate: bitrate))
        }
        let (share, codec) = (Percentiles(shares).at(0.5), Percentiles(codecs).at(0.5))
        print("endToEndMs, median of each second: \(Percentiles(ages))")
        print(String(format: "a bot's processor time: %.3f of a core, median of %d calls of %d s", share, rounds, seconds))
        print(
            String(
                format: "libvpx and libopus alone, two at once, such frames at this pace and %.2f Mbit/s: %.3f of a core; ratio %.2f",
                Double(bitrate) / 1e6, codec, share / codec))
        print(String(format: "resident memory: %.1f MiB at most", Double(memory) / 1_048_576))
        try await server.shutdown()
    }

    static var sibling: String {
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("glyphone").path
    }

    /// Calls one peer from another, again and again, in this process.
    private func connectTimes(_ url: String) async throws -> [Double] {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let callee = try BenchPeer("callee", url: url, group: group)
        let caller = try BenchPeer("caller", url: url, group: group)
        await callee.client.connect()
        let calleeID = try await callee.joined()
        await caller.client.connect()
        _ = try await caller.joined()
        try await caller.sees(calleeID)
        var times: [Double] = []
        for index in 0...calls {
            await caller.client.call(calleeID)
            async let answered = callee.answerAndFirstFrame()
            async let shown = caller.firstFrame()
            let (answerSent, _) = try await answered
            let decoded = try await shown
            // The first call also loads libraries and draws the test picture.
            if index > 0 { times.append(Double(decoded - answerSent) / 1e6) }
            await caller.client.hangUp()
            try await caller.ended()
            try await callee.ended()
            // The server takes 50 messages a second from each; faster calls would lose some.
            try await Task.sleep(for: .milliseconds(300))
        }
        await caller.client.leave()
        await callee.client.leave()
        try await group.shutdownGracefully()
        return times
    }
}

/// The spread of a figure over its measurements.
struct Percentiles: CustomStringConvertible {
    private let sorted: [Double]

    init(_ values: [Double]) {
        sorted = values.sorted()
    }

    func at(_ fraction: Double) -> Double {
        sorted.isEmpty ? .nan : sorted[Int((Double(sorted.count - 1) * fraction).rounded())]
    }

    var description: String {
        String(format: "p50 %.1f, p95 %.1f, least %.1f, most %.1f", at(0.5), at(0.95), at(0), at(1))
    }
}
