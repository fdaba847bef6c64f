import Foundation
import TestProcesses
import Testing

/// A call between a page and a bot, and what is looked at in all of them.
struct BrowserCall {
    let web: WebClient
    let bot: Subprocess
    /// The server's.
    let url: String

    enum Role: String, CaseIterable, Sendable { case caller, callee }

    /// A call that is up, between the page as `role` and a bot at the same server.
    static func connected(
        _ group: ProcessGroup, _ kind: BrowserKind, _ page: WebPage, as role: Role, _ permission: Page.Permission = .granted
    ) async throws -> BrowserCall {
        let (_, url) = try await group.server()
        let web = try await WebClient.online(kind, page, as: "web", at: url, permission)
        let bot: Subprocess
        switch role {
        case .caller:
            bot = try await group.answeringBot("bot", at: url)
            try await web.call("bot")
        case .callee:
            bot = try group.bot("bot", at: url, ["--call", "web"])
            try await web.answer()
        }
        try await bot.connected()
        try await web.connected()
        return BrowserCall(web: web, bot: bot, url: url)
    }

    /// Waits until the bot has counted for `seconds` more.
    func pass(seconds: Double) async throws {
        let now = bot.output.now.statistics.last?.t ?? 0
        _ = try await bot.statistics(within: .seconds(seconds + 20), for: "\(seconds) more seconds of the call") {
            ($0.t ?? 0) >= now + seconds
        }
    }

    /// What came of what was sent in some seconds, both ways. A machine that does other things may stop a call for a moment, so more
    /// than one such time is looked at until one is good.
    func exchange(seconds: Double = 3) async throws -> Exchange {
        for _ in 0..<3 {
            let exchange = try await exchangeOnce(seconds: seconds)
            print(exchange)
            if exchange.isGood { return exchange }
        }
        return try await exchangeOnce(seconds: seconds)
    }

    private func exchangeOnce(seconds: Double) async throws -> Exchange {
        // The two ends are asked at the same time: when the bot has just told.
        try await pass(seconds: 0.5)
        let (first, start) = (bot.output.now.statistics.last, try await web.statistics())
        try await pass(seconds: seconds)
        let (last, end) = (bot.output.now.statistics.last, try await web.statistics())
        let botTime = (last?.t ?? 0) - (first?.t ?? 0)
        let webTime = (end.timestamp - start.timestamp) / 1_000
        func rate(_ value: (BotEvent?) -> Int?) -> Double { Double((value(last) ?? 0) - (value(first) ?? 0)) / botTime }
        let levels = bot.output.now.statistics.filter { ($0.t ?? 0) > (first?.t ?? 0) }.compactMap { $0.inbound?.audio?.audioLevelDb }
        return Exchange(
            toWeb: .init(
                sent: rate { $0?.outbound?.video?.framesEncoded },
                came: Double((end.framesDecoded ?? 0) - (start.framesDecoded ?? 0)) / webTime, seconds: webTime,
                level: end.audioLevel(since: start)),
            toBot: .init(
                sent: Double((end.framesEncoded ?? 0) - (start.framesEncoded ?? 0)) / webTime,
                came: rate { $0?.inbound?.video?.framesDecoded }, seconds: botTime, level: levels.max()),
            web: end)
    }
}

/// Picture and sound of some seconds, both ways.
struct Exchange: CustomStringConvertible {
    struct Way: CustomStringConvertible {
        /// Frames a second.
        var sent: Double
        var came: Double
        var seconds: Double
        /// In dB below full scale; `nil`: silence.
        var level: Double?

        /// Decoded of encoded. The two ends count at different moments, up to a tenth of a second apart.
        var share: Double { sent > 0 ? (came * seconds + 3) / (sent * seconds) : 0 }

        var isGood: Bool { sent > 20 && share >= 0.95 && (level ?? -.infinity) > -40 }

        var description: String {
            String(format: "%.1f of %.1f frames/s, %.1f dB", came, sent, level ?? -.infinity)
        }
    }

    var toWeb: Way
    var toBot: Way
    var web: WebStatistics

    var description: String { "terminal to browser \(toWeb); browser to terminal \(toBot)" }

    /// Nearly every frame, and sound, both ways; or what there is of it where only one way is used.
    var isGood: Bool { toWeb.isGood && (toBot.isGood || toBot.sent == 0) }

    /// Expects nearly every frame, and sound, both ways.
    func expectGood(_ location: SourceLocation = #_sourceLocation) {
        for way in [toWeb, toBot] { #expect(way.isGood, "\(self)", sourceLocation: location) }
    }
}
