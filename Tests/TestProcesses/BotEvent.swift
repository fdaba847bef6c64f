import Foundation

/// A line of `glyphone bot --json`, as far as tests read it.
package struct BotEvent: Decodable, Sendable {
    package var event: String
    package var state: String?
    package var reason: String?
    package var direction: String?
    package var ms: Double?
    package var code: String?
    package var message: String?
    package var t: Double?
    package var inbound: Inbound?
    package var outbound: Outbound?
    package var transport: Transport?

    package struct Inbound: Decodable, Sendable {
        package var video: Video?
        package var audio: Audio?

        package struct Video: Decodable, Sendable {
            package var framesDecoded: Int?
            package var freezeCount: Int?
            package var totalFreezesDuration: Double?
            package var frameWidth: Int?
            package var jitterBufferDelayMs: Double?
            package var endToEndMs: Double?
        }

        package struct Audio: Decodable, Sendable {
            package var audioLevelDb: Double?
            package var concealedSamples: Int?
            package var totalSamplesReceived: Int?
            package var fecPacketsReceived: Int?
            package var endToEndMs: Double?
        }
    }

    package struct Outbound: Decodable, Sendable {
        package var video: Video?
        package var audio: Audio?

        package struct Video: Decodable, Sendable {
            package var framesEncoded: Int?
            package var frameWidth: Int?
            package var frameHeight: Int?
            package var framesPerSecond: Double?
        }

        package struct Audio: Decodable, Sendable { package var packetsSent: Int? }
    }

    package struct Transport: Decodable, Sendable {
        package var bytesSent: Int?
        package var localCandidateType: String?
        package var remoteCandidateType: String?
        package var srtpCipher: String?
    }

    package var isEnded: Bool { event == "call" && state == "ended" }
}

extension Transcript {
    /// The events of a bot. Anything else on standard output is an error.
    package func events() throws -> [BotEvent] {
        try lines.map { try JSONDecoder().decode(BotEvent.self, from: Data($0.utf8)) }
    }

    package var statistics: [BotEvent] { ((try? events()) ?? []).filter { $0.event == "stats" } }
}

extension Subprocess {
    /// The first `stats` line for which `isWanted` holds.
    package func statistics(within limit: Duration, for what: String, _ isWanted: @escaping @Sendable (BotEvent) -> Bool) async throws
        -> BotEvent
    {
        try await output.wait(within: limit, for: what) { $0.statistics.first(where: isWanted) }
    }

    package func connected(within limit: Duration = .seconds(20)) async throws {
        _ = try await line(with: #""state":"connected""#, within: limit)
    }
}
