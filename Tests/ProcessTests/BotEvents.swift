import Foundation
import Testing

/// A line of `glyphone bot --json`, as far as tests read it.
struct BotEvent: Decodable, Sendable {
    var event: String
    var state: String?
    var reason: String?
    var direction: String?
    var code: String?
    var message: String?
    var t: Double?
    var inbound: Inbound?
    var outbound: Outbound?
    var transport: Transport?

    struct Inbound: Decodable {
        var video: Video?
        var audio: Audio?

        struct Video: Decodable {
            var framesDecoded: Int?
            var freezeCount: Int?
        }

        struct Audio: Decodable {
            var audioLevelDb: Double?
            var concealedSamples: Int?
            var totalSamplesReceived: Int?
        }
    }

    struct Outbound: Decodable {
        var video: Video?

        struct Video: Decodable { var framesEncoded: Int? }
    }

    struct Transport: Decodable {
        var localCandidateType: String?
        var srtpCipher: String?
    }

    var isEnded: Bool { event == "call" && state == "ended" }
}

extension Transcript {
    /// The events of a bot. Anything else on standard output is an error.
    func events() throws -> [BotEvent] {
        try lines.map { try JSONDecoder().decode(BotEvent.self, from: Data($0.utf8)) }
    }

    var statistics: [BotEvent] { ((try? events()) ?? []).filter { $0.event == "stats" } }
}

extension Subprocess {
    /// The first `stats` line for which `isWanted` holds.
    func statistics(within limit: Duration, for what: String, _ isWanted: @escaping @Sendable (BotEvent) -> Bool) async throws -> BotEvent {
        try await output.wait(within: limit, for: what) { $0.statistics.first(where: isWanted) }
    }

    func connected(within limit: Duration = .seconds(20)) async throws {
        _ = try await line(with: #""state":"connected""#, within: limit)
    }

    /// Expects the process to end with 0 after a call that ended with a hang-up; returns all it said.
    func endOfCall(within limit: Duration, _ location: SourceLocation = #_sourceLocation) async throws -> [BotEvent] {
        let outcome = try await end(within: limit)
        let (output, errors) = try await everything()
        #expect(outcome == .status(0), "\(errors)", sourceLocation: location)
        #expect(output.rest.isEmpty, sourceLocation: location)
        let events = try output.events()
        #expect(events.last { $0.isEnded }?.reason == "hangup", "\(output)", sourceLocation: location)
        return events
    }
}

/// What came of what was sent, from the `stats` lines of the two ends after the call's first second.
struct Delivery: CustomStringConvertible {
    var encodedPerSecond = 0.0
    var decodedPerSecond = 0.0
    var frames = 0.0
    var levels: [Double] = []
    var concealed = 0.0

    /// - Throws: when one end said too little to tell.
    init(from sender: [BotEvent], to receiver: [BotEvent]) throws {
        let sent = Self.settled(sender).compactMap { event in event.outbound?.video?.framesEncoded.map { (event.t ?? 0, $0) } }
        let settled = Self.settled(receiver)
        let came = settled.compactMap { event in event.inbound?.video?.framesDecoded.map { (event.t ?? 0, $0) } }
        let (firstSent, lastSent) = (try #require(sent.first), try #require(sent.last))
        let (firstCame, lastCame) = (try #require(came.first), try #require(came.last))
        try #require(lastSent.0 - firstSent.0 > 1.5 && lastCame.0 - firstCame.0 > 1.5, "too few statistics")
        encodedPerSecond = Double(lastSent.1 - firstSent.1) / (lastSent.0 - firstSent.0)
        decodedPerSecond = Double(lastCame.1 - firstCame.1) / (lastCame.0 - firstCame.0)
        frames = Double(lastCame.1 - firstCame.1)
        levels = settled.dropFirst().compactMap { $0.inbound?.audio?.audioLevelDb }
        if let audio = settled.last?.inbound?.audio, let total = audio.totalSamplesReceived, total > 0 {
            concealed = Double(audio.concealedSamples ?? 0) / Double(total)
        }
    }

    private static func settled(_ events: [BotEvent]) -> [BotEvent] {
        events.filter { $0.event == "stats" && ($0.t ?? 0) >= 1 }
    }

    /// Decoded of encoded. The two ends count at different moments, so a frame at each end of the time may be on the way.
    var share: Double { (decodedPerSecond * frames + decodedPerSecond * 2) / (encodedPerSecond * frames) }

    var medianLevel: Double? { levels.isEmpty ? nil : levels.sorted()[levels.count / 2] }

    /// Of the test sound in dB: a tone at -20, and the clicks.
    static let testLevel = -19.2

    var description: String {
        func short(_ value: Double) -> String { String(format: "%.3f", value) }
        return
            "\(short(decodedPerSecond)) of \(short(encodedPerSecond)) frames/s, level \(levels.map(short)), concealed \(short(concealed))"
    }
}
