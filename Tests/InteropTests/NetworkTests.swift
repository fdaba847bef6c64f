import Foundation
import Logging
import Simulation
import TestProcesses
import Testing

extension InteropTests {
    /// Calls with Chromium over bad networks, and Chromium with itself over the same as the yardstick. Measures where
    /// GLYPHONE_INTEROP_NETWORKS is set: what comes of it depends on what else the machine does.
    @Suite struct NetworkTests {
        static let isWanted = ProcessInfo.processInfo.environment["GLYPHONE_INTEROP_NETWORKS"] != nil

        @Test(.enabled(if: isWanted, "a measurement: set GLYPHONE_INTEROP_NETWORKS"), arguments: BadNetwork.all)
        func `A call survives a bad network at least as well as Chromium's own`(_ network: BadNetwork) async throws {
            let own = try await Self.measure(network, between: "terminal") { group, url, relayed in
                let web = try await WebClient.online(.chromium, .htmx, as: "web", at: url)
                let bot = try await group.answeringBot("bot", at: relayed)
                try await web.call("bot")
                try await bot.connected()
                try await web.connected()
                return (MeasuredEnd("terminal", bot), MeasuredEnd("Chromium", web))
            }
            let yardstick = try await Self.measure(network, between: "Chromium") { _, url, relayed in
                let alice = try await WebClient.online(.chromium, .htmx, as: "alice", at: url, through: relayed)
                let bob = try await WebClient.online(.chromium, .htmx, as: "bob", at: url)
                try await bob.call("alice")
                try await alice.answer()
                try await alice.connected()
                try await bob.connected()
                return (MeasuredEnd("Chromium", alice), MeasuredEnd("Chromium", bob))
            }
            for way in own { network.expect(way, besides: yardstick) }
        }

        /// Makes a call whose one end knows the other only through a network that follows `network`'s times, and counts each second.
        private static func measure(
            _ network: BadNetwork, between name: String,
            _ connect: (ProcessGroup, _ url: String, _ relayed: String) async throws -> (MeasuredEnd, MeasuredEnd)
        ) async throws -> [MeasuredWay] {
            try await withProcesses { group in
                let (_, url) = try await group.server()
                let media = UDPRelay(.init(model: network.model(at: 0)))
                let (urls, found) = AsyncStream.makeStream(of: String.self)
                let server = try #require(WebSocketURL(url))
                let relay = SignalingRelay(server: server, media: media, logger: Logger(label: "relay") { _ in SwiftLogNoOpLogHandler() })
                let serving = Task { try await relay.run(host: "127.0.0.1", port: 0) { found.yield("\($0)") } }
                defer { serving.cancel() }
                let relayed = try #require(await urls.first { _ in true })
                let (first, second) = try await connect(group, url, relayed)
                var counts: [(Counts, Counts)] = []
                for elapsed in 0...network.seconds {
                    await media.setModel(network.model(at: elapsed))
                    async let one = first.count()
                    async let other = second.count()
                    counts.append(try await (one, other))
                    try await first.pass()
                }
                let ways = [
                    MeasuredWay(from: first.name, to: second.name, counts),
                    MeasuredWay(from: second.name, to: first.name, counts.map { ($0.1, $0.0) }),
                ]
                for way in ways { print("\(network): \(way)") }
                try await first.close()
                try await second.close()
                await media.close()
                return ways
            }
        }
    }
}

/// A network whose model may change in mid-call, and what a call over it must keep.
struct BadNetwork: CustomTestStringConvertible, CustomStringConvertible, Sendable {
    var description: String
    var seconds = 30
    private var models: [(from: Int, model: LinkModel)]
    private let promise: @Sendable (MeasuredWay, [MeasuredWay]) -> Void

    var testDescription: String { description }

    func model(at second: Int) -> LinkModel { models.last { $0.from <= second }?.model ?? .ideal }

    func expect(_ way: MeasuredWay, besides yardstick: [MeasuredWay]) { promise(way, yardstick) }

    private static let queue = LinkModel.Queue.time(.milliseconds(300))

    static let all: [BadNetwork] = [
        BadNetwork(
            description: "2 % loss, 50 ms round trip", models: [(0, LinkModel(loss: 0.02, delay: .milliseconds(25)))],
            promise: { way, _ in
                #expect(way.shown >= 0.98 && way.freezes == 0 && way.concealed < 0.005, "\(way)")
            }),
        BadNetwork(
            description: "10 % loss, 100 ms", models: [(0, LinkModel(loss: 0.1, delay: .milliseconds(50)))],
            promise: { way, yardstick in
                let shown = yardstick.map(\.shown).max() ?? 0
                #expect(way.shown >= max(0.9, shown - 0.05) && way.concealed < 0.02, "\(way)")
            }),
        BadNetwork(
            description: "500 kbit/s", models: [(0, LinkModel(delay: .milliseconds(25), rate: 500_000, queue: queue))],
            promise: { way, _ in
                #expect((375_000...500_000).contains(way.sent(from: 10, to: 30)) && way.concealed < 0.01, "\(way)")
            }),
        BadNetwork(
            description: "2 Mbit/s, from 10 s 300 kbit/s, from 30 s as before", seconds: 42,
            models: [
                (0, LinkModel(delay: .milliseconds(25), rate: 2_000_000, queue: queue)),
                (10, LinkModel(delay: .milliseconds(25), rate: 300_000, queue: queue)),
                (30, LinkModel(delay: .milliseconds(25), rate: 2_000_000, queue: queue)),
            ],
            promise: { way, yardstick in
                // What Chromium sends into the narrow path, and when it takes to the wide one again, is Chromium's to decide.
                if way.from == "terminal" {
                    #expect(way.worstConcealed < 0.02 && way.longestFreeze <= 1 && way.sent(from: 39, to: 42) > 1_200_000, "\(way)")
                } else {
                    #expect(way.concealed <= yardstick.map(\.concealed).max() ?? 0, "\(way)")
                }
            }),
    ]
}
