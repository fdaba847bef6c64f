import ArgumentParser
import Devices
import Foundation
import Logging
import MediaSources
import SignalingServer
import VoiceProcessing

/// `glyphone-bench sound`: from one speaker through a microphone, a call and another speaker; and what processing costs.
struct SoundBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sound",
        abstract: "Mouth to ear: two bots in a call, between two speakers of a PulseAudio server of its own, where clicks are timed.")

    @Option(help: ArgumentHelp("How long clicks are timed, one a second.", valueName: "seconds"))
    var seconds = 30

    @Option(help: "The glyphone command whose bots are measured (default: the one beside this benchmark).")
    var glyphone: String?

    func validate() throws {
        guard seconds > 4 else { throw ValidationError("--seconds must be at least 5.") }
    }

    func run() async throws {
        let server = try await SignalingServer.start(
            ServerConfiguration(), logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        let command = glyphone ?? CallBenchmark.sibling
        let raw = ["--no-echo-cancellation", "--no-noise-suppression", "--no-gain-control", "--no-high-pass"]
        for (name, options) in [("processed", []), ("as it is", raw)] {
            let call = try SoundCall(command: command, server: server.url, seconds: seconds, options: options)
            let report = try call.run()
            print("mouth to ear, ms, sound \(name), \(report.lags.count) of \(report.clicks) clicks: \(Percentiles(report.lags))")
            print("    jitter buffer \(report.jitterBuffer) ms, underruns \(report.underruns), the speaking bot \(report.share) of a core")
        }
        print(String(format: "voice processing alone: %.4f of a core", Self.processingCost(seconds: seconds)))
        try await server.shutdown()
    }

    /// The share of a core that processing takes, with a far end.
    private static func processingCost(seconds: Int) -> Double {
        guard let voice = VoiceProcessor() else { return .nan }
        let tone = TestTone()
        let began = CodecCost.processorTime()
        for index in 0..<(seconds * 50) {
            var samples = tone.samples(from: Int64(index * 960), count: 960)
            let now = Duration.milliseconds(20 * index)
            voice.willPlay(samples, heardAt: now + .milliseconds(40))
            voice.process(&samples, capturedAt: now - .milliseconds(20))
        }
        return (CodecCost.processorTime() - began) / Double(seconds)
    }
}

/// One call between two bots, one of which hears the speaker `mouth`, while the other plays on `ear`.
struct SoundCall {
    struct Report {
        var clicks = 0
        var lags: [Double] = []
        var jitterBuffer = "?"
        var underruns = "?"
        var share = "?"
    }

    /// Until the call is connected and its delays have settled.
    private static let settling = 5

    let command: String
    let server: String
    let seconds: Int
    let options: [String]
    private let pulse: PulseServer

    init(command: String, server: String, seconds: Int, options: [String]) throws {
        (self.command, self.server, self.seconds, self.options) = (command, server, seconds, options)
        pulse = try PulseServer()
    }

    func run() throws -> Report {
        let listener = bot("ear", ["--audio", "none", "--play", "speaker:ear", "--auto-answer", "--once", "--json"])
        let duration = seconds + Self.settling
        let speaker = bot(
            "mouth", ["--audio", "mic:mouth.monitor", "--call", "ear", "--duration", "\(duration)", "--json"] + options)
        let (heard, said) = (Pipe(), Pipe())
        listener.standardOutput = heard
        speaker.standardOutput = said
        try listener.run()
        try speaker.run()
        let playback = SpeakerPlayback(device: "mouth", server: pulse.address)
        let next = Monitor(TestTone.sample(atUnixNanoseconds: MediaClock.unixNanoseconds))
        let tone = TestTone()
        playback.start {
            let first = next.withLock { next in
                defer { next += Int64(AudioFormat.blockSamples) }
                return next
            }
            return tone.samples(from: first, count: AudioFormat.blockSamples)
        }
        Thread.sleep(forTimeInterval: Double(Self.settling))
        let (mouth, ear) = (Recording(speaker: "mouth", server: pulse.address), Recording(speaker: "ear", server: pulse.address))
        let output = said.fileHandleForReading.readDataToEndOfFile()
        let (before, after) = (mouth.finish(), ear.finish())
        playback.stop()
        let arrived = heard.fileHandleForReading.readDataToEndOfFile()
        speaker.waitUntilExit()
        listener.waitUntilExit()
        guard speaker.terminationStatus == 0 else {
            throw BotPair.Failure(description: "the bot's call failed with status \(speaker.terminationStatus)")
        }
        var report = try Report(listener: arrived, speaker: output)
        // The first and the last may be cut off.
        let clicks = before.clicks.dropFirst().dropLast()
        report.clicks = clicks.count
        report.lags = clicks.compactMap { before.lag(of: $0, in: after) }
        return report
    }

    private func bot(_ name: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command)
        process.arguments =
            ["bot", "--server", server, "--name", name, "--video", "test"] + (arguments.contains("--play") ? [] : ["--play", "none"])
            + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["PULSE_SERVER": pulse.address]) { $1 }
        return process
    }
}

extension SoundCall.Report {
    private struct Line: Decodable {
        struct Inbound: Decodable { var audio: Audio? }
        struct Audio: Decodable {
            var jitterBufferDelayMs: Double?
            var playoutUnderruns: Int?
        }
        struct Usage: Decodable { var cpuSeconds: Double }

        var event: String
        var t: Double?
        var inbound: Inbound?
        var process: Usage?
    }

    fileprivate init(listener: Data, speaker: Data) throws {
        func lines(_ output: Data) throws -> [Line] {
            try output.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Line.self, from: $0) }.filter {
                $0.event == "stats"
            }
        }
        let (heard, said) = (try lines(listener), try lines(speaker))
        if let audio = heard.last?.inbound?.audio {
            jitterBuffer = audio.jitterBufferDelayMs.map { String(format: "%.1f", $0) } ?? "?"
            underruns = audio.playoutUnderruns.map(String.init) ?? "?"
        }
        guard let first = said.dropFirst(2).first, let last = said.last, let begin = first.t, let end = last.t, end > begin,
            let cpuBefore = first.process?.cpuSeconds, let cpuAfter = last.process?.cpuSeconds
        else { return }
        share = String(format: "%.3f", (cpuAfter - cpuBefore) / (end - begin))
    }
}
