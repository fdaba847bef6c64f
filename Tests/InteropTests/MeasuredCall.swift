import Foundation
import TestProcesses

/// What one end has sent and got since the call began.
struct Counts: Sendable {
    /// In seconds, of this end's clock.
    var time = 0.0
    var framesEncoded = 0
    var framesDecoded = 0
    var freezes = 0
    /// In seconds.
    var frozen = 0.0
    var concealedSamples = 0
    var samples = 0
    /// Pictures and sound, with headers where the end counts them.
    var bytesSent = 0
}

/// One end of a call that is measured.
struct MeasuredEnd: Sendable {
    let name: String
    let count: @Sendable () async throws -> Counts
    /// Waits for about a second: until a bot has told of it, or a page has played so much sound, heard or made up.
    let pass: @Sendable () async throws -> Void
    let close: @Sendable () async throws -> Void

    init(_ name: String, _ bot: Subprocess) {
        self.name = name
        count = {
            // The newest, which a bot tells every second.
            guard let event = bot.output.now.statistics.last else { return Counts() }
            return Counts(
                time: event.t ?? 0, framesEncoded: event.outbound?.video?.framesEncoded ?? 0,
                framesDecoded: event.inbound?.video?.framesDecoded ?? 0, freezes: event.inbound?.video?.freezeCount ?? 0,
                frozen: event.inbound?.video?.totalFreezesDuration ?? 0, concealedSamples: event.inbound?.audio?.concealedSamples ?? 0,
                samples: event.inbound?.audio?.totalSamplesReceived ?? 0, bytesSent: event.transport?.bytesSent ?? 0)
        }
        pass = {
            let now = bot.output.now.statistics.last?.t ?? 0
            _ = try await bot.statistics(within: .seconds(20), for: "the next count") { ($0.t ?? 0) > now }
        }
        close = {}
    }

    init(_ name: String, _ web: WebClient) {
        self.name = name
        count = {
            let now = try await web.statistics()
            return Counts(
                time: now.timestamp / 1000, framesEncoded: now.framesEncoded ?? 0, framesDecoded: now.framesDecoded ?? 0,
                freezes: now.freezes ?? 0, frozen: now.frozen ?? 0, concealedSamples: now.concealedSamples ?? 0, samples: now.samples ?? 0,
                bytesSent: now.bytesSent ?? 0)
        }
        pass = {
            let end = (try await web.statistics().audioDuration ?? 0) + 1
            try await web.page.wait(for: "\(WebStatistics.expression).then(s => s.audioDuration >= \(end))")
        }
        close = { try await web.page.close() }
    }
}

/// What came of what one end sent to the other, from the fourth second on.
struct MeasuredWay: CustomStringConvertible, Sendable {
    let from: String
    let to: String
    private let seconds: [(sender: Counts, receiver: Counts)]
    private static let start = 4

    init(from: String, to: String, _ seconds: [(Counts, Counts)]) {
        self.from = from
        self.to = to
        self.seconds = seconds
    }

    private var first: (sender: Counts, receiver: Counts) { seconds[Self.start] }
    private var last: (sender: Counts, receiver: Counts) { seconds[seconds.count - 1] }

    /// Frames shown a second.
    var frameRate: Double {
        Double(last.receiver.framesDecoded - first.receiver.framesDecoded) / (last.receiver.time - first.receiver.time)
    }

    /// The share of the frames that were sent. The ends count at different moments, so rates are compared.
    var shown: Double {
        let sent = Double(last.sender.framesEncoded - first.sender.framesEncoded) / (last.sender.time - first.sender.time)
        return sent > 0 ? min(1, frameRate / sent) : 0
    }

    var freezes: Int { last.receiver.freezes - first.receiver.freezes }
    /// In seconds.
    var frozen: Double { last.receiver.frozen - first.receiver.frozen }

    /// In seconds, as far as counting each second tells: one that was going on when it was counted comes whole in the next.
    var longestFreeze: Double {
        zip(seconds, seconds.dropFirst()).dropFirst(Self.start).map { $1.receiver.frozen - $0.receiver.frozen }.max() ?? 0
    }

    /// The share of the sound that was made up.
    var concealed: Double { Self.concealed(first.receiver, last.receiver) }

    /// The same in the worst second.
    var worstConcealed: Double {
        zip(seconds, seconds.dropFirst()).dropFirst(Self.start).map { Self.concealed($0.receiver, $1.receiver) }.max() ?? 0
    }

    private static func concealed(_ start: Counts, _ end: Counts) -> Double {
        end.samples > start.samples ? Double(end.concealedSamples - start.concealedSamples) / Double(end.samples - start.samples) : 0
    }

    /// Bits a second between two seconds of the call.
    func sent(from: Int, to: Int) -> Double {
        let (start, end) = (seconds[from].sender, seconds[min(to, seconds.count - 1)].sender)
        return end.time > start.time ? Double(end.bytesSent - start.bytesSent) * 8 / (end.time - start.time) : 0
    }

    var description: String {
        String(
            format: "%@ to %@: %.1f frames/s, %.1f %% of those sent, %d freezes, %.1f s in all, longest %.1f s; "
                + "sound made up %.2f %%, worst second %.1f %%; %.0f kbit/s from 10 to 30 s, %.0f in the last 3 s",
            from, to, frameRate, shown * 100, freezes, frozen, longestFreeze, concealed * 100, worstConcealed * 100,
            sent(from: 10, to: 30) / 1000, sent(from: seconds.count - 4, to: seconds.count - 1) / 1000)
    }
}
