import Foundation

/// What came of what was sent, from the `stats` lines of the two ends after the call's first second.
package struct Delivery: CustomStringConvertible {
    package var encodedPerSecond = 0.0
    package var decodedPerSecond = 0.0
    package var frames = 0.0
    package var levels: [Double] = []
    package var concealed = 0.0
    /// By how many milliseconds sound came later than its picture, by clicks and stamps.
    package var soundLags: [Double] = []

    /// - Throws: when one end said too little to tell.
    package init(from sender: [BotEvent], to receiver: [BotEvent]) throws {
        let sent = Self.settled(sender).compactMap { event in event.outbound?.video?.framesEncoded.map { (event.t ?? 0, $0) } }
        let settled = Self.settled(receiver)
        let came = settled.compactMap { event in event.inbound?.video?.framesDecoded.map { (event.t ?? 0, $0) } }
        guard let firstSent = sent.first, let lastSent = sent.last, lastSent.0 - firstSent.0 > 1.5,
            let firstCame = came.first, let lastCame = came.last, lastCame.0 - firstCame.0 > 1.5
        else { throw Subprocess.Failure(description: "too few statistics to tell what came of what was sent") }
        encodedPerSecond = Double(lastSent.1 - firstSent.1) / (lastSent.0 - firstSent.0)
        decodedPerSecond = Double(lastCame.1 - firstCame.1) / (lastCame.0 - firstCame.0)
        frames = Double(lastCame.1 - firstCame.1)
        levels = settled.dropFirst().compactMap { $0.inbound?.audio?.audioLevelDb }
        soundLags = settled.compactMap { event in
            guard let heard = event.inbound?.audio?.endToEndMs, let decoded = event.inbound?.video?.endToEndMs else { return nil }
            return heard - decoded - (event.inbound?.video?.jitterBufferDelayMs ?? 0)
        }
        if let audio = settled.last?.inbound?.audio, let total = audio.totalSamplesReceived, total > 0 {
            concealed = Double(audio.concealedSamples ?? 0) / Double(total)
        }
    }

    private static func settled(_ events: [BotEvent]) -> [BotEvent] {
        events.filter { $0.event == "stats" && ($0.t ?? 0) >= 1 }
    }

    /// Decoded of encoded. The two ends count at different moments, so a frame at each end of the time may be on the way.
    package var share: Double { (decodedPerSecond * frames + decodedPerSecond * 2) / (encodedPerSecond * frames) }

    package var medianLevel: Double? { levels.isEmpty ? nil : levels.sorted()[levels.count / 2] }

    package var medianSoundLag: Double? { soundLags.isEmpty ? nil : soundLags.sorted()[soundLags.count / 2] }

    /// Of the test sound in dB: a tone at -20, and the clicks.
    package static let testLevel = -19.2

    package var description: String {
        func short(_ value: Double) -> String { String(format: "%.3f", value) }
        return
            """
            \(short(decodedPerSecond)) of \(short(encodedPerSecond)) frames/s, level \(levels.map(short)), concealed \(short(concealed)), \
            sound \(soundLags.map(short)) ms after its picture
            """
    }
}
