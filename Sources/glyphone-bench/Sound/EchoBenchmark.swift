import ArgumentParser
import Foundation
import MediaSources
import VoiceProcessing
import VoiceSimulation

/// `glyphone-bench echo`: how much of an echo is left in simulated rooms, and of a near voice, beside speexdsp.
struct EchoBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo", abstract: "Echo cancellation in simulated rooms, with speech made by espeak-ng, beside speexdsp.")

    private struct Case {
        var name: String
        var room: Room
        var loudness = 1.0
        /// By how much the measured delay is wrong, in milliseconds.
        var error = 0
    }

    private static var cases: [Case] {
        var cases = [20, 100, 200].map { Case(name: "delay \($0) ms", room: Room(delayMilliseconds: $0)) }
        cases += [20, 200].map { Case(name: "delay \($0) ms, loud far end", room: Room(delayMilliseconds: $0), loudness: 3) }
        cases.append(Case(name: "delay 100 ms, told as 60", room: Room(delayMilliseconds: 100), error: -40))
        cases.append(Case(name: "delay 100 ms, told as 125", room: Room(delayMilliseconds: 100), error: 25))
        var room = Room(delayMilliseconds: 100)
        room.driftPartsPerMillion = 50
        cases.append(Case(name: "delay 100 ms, clocks 50 ppm apart", room: room))
        room.driftPartsPerMillion = 0
        room.distortion = 2
        cases.append(Case(name: "delay 100 ms, poor speaker", room: room))
        return cases
    }

    func run() throws {
        guard Speech.isAvailable else { throw ValidationError("espeak-ng is not there: Assets/setup bench installs it.") }
        let conversation = try Speech.conversation()
        print("| room | echo quieter by, after 3 s | near voice while both talk | speexdsp: echo | near voice |\n|---|---|---|---|---|")
        for item in Self.cases {
            let conversation = conversation.withFarEnd(gain: item.loudness)
            let told = item.room.delayMilliseconds + item.error
            let cells = [
                figures(conversation, item.room) { try Self.ours(told) }, figures(conversation, item.room) { try Self.speex(told) },
            ]
            print("| \(item.name) | \(try cells.map { try $0.get() }.joined(separator: " | ")) |")
        }
        print(String(format: "processor time: %.4f of a core, speexdsp %.4f", try cost(Self.ours(100)), try cost(Self.speex(100))))
    }

    private func figures(_ conversation: Conversation, _ room: Room, _ canceller: () throws -> Conversation.Canceller) -> Result<
        String, any Error
    > {
        Result {
            let reduction = conversation.echoReduction(in: room, try canceller())
            let change = conversation.nearVoiceChange(in: room, both: try canceller(), alone: try canceller())
            return String(format: "%.1f dB | %+.1f dB", reduction, change)
        }
    }

    /// The share of a core that a canceller takes.
    private func cost(_ canceller: Conversation.Canceller) -> Double {
        let tone = TestTone()
        let began = CodecCost.processorTime()
        for index in 0..<1_000 {
            var heard = tone.samples(from: Int64(index * 480 + 4_800), count: 480)
            canceller(tone.samples(from: Int64(index * 480), count: 480), &heard)
        }
        return (CodecCost.processorTime() - began) / 10
    }

    private static func ours(_ delay: Int) throws -> Conversation.Canceller {
        guard let voice = VoiceProcessor() else { throw ValidationError("the microphone's processing cannot be set up.") }
        var now = Duration.zero
        return { played, heard in
            voice.willPlay(played, heardAt: now + .milliseconds(delay))
            voice.process(&heard, capturedAt: now)
            now += .milliseconds(10)
        }
    }

    private static func speex(_ delay: Int) throws -> Conversation.Canceller {
        // 10 ms in hand, as a canceller that knows no echo before its time needs.
        let speex = SpeexCanceller(tailMilliseconds: 100, delayMilliseconds: delay - 10)
        return { speex.process($0, &$1) }
    }
}
