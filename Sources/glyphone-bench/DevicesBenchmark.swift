import ArgumentParser
import Devices
import Foundation
import Logging
import MediaSources
import SignalingServer
import VoiceProcessing

/// `glyphone-bench devices`: what camera and microphone cost in a call, together, beside all of the call.
struct DevicesBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "The processor time of capture, conversion and voice processing together, as a share of a core and of a call's.",
        discussion: """
            A microphone and a speaker of a PulseAudio server of its own work in real time, with all processing. Meanwhile pictures are \
            converted from memory, at a camera's pace; its own system calls, three for each, are not in it. The call is that of two bots.
            """)

    /// Frames a second.
    private static let rate = 30

    @Option(help: ArgumentHelp("How long sound is captured, and how long the call is.", valueName: "seconds"))
    var seconds = 15

    @Option(help: "The glyphone command whose bots are measured (default: the one beside this benchmark).")
    var glyphone: String?

    func validate() throws {
        guard 5...3600 ~= seconds else { throw ValidationError("--seconds must lie between 5 and 3600.") }
    }

    func run() async throws {
        let server = try await SignalingServer.start(
            ServerConfiguration(), logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        let report = try BotPair(command: glyphone ?? CallBenchmark.sibling, server: server.url, seconds: seconds).run()
        let call = report.cpuSeconds / report.wallSeconds
        print(String(format: "the call without devices: %.2f %% of a core", call * 100))
        print("at 640x480 and 30 a second  conversion     sound  together, of a core  of the call with them")
        for format in ["YUYV", "NV12", "MJPG"] {
            let pictures = try CameraPictures(format, width: 640, height: 480)
            let name = format == "MJPG" ? "Motion JPEG, \(pictures.meanBytes / 1_000) KB" : format
            var conversion = 0.0
            let sound = try soundCost {
                conversion =
                    try CameraBenchmark.conversionCost(pictures, frames: seconds * Self.rate, rate: Self.rate) * Double(Self.rate) / 1e6
            }
            let together = conversion + sound
            print(
                name.padding(toLength: 28, withPad: " ", startingAt: 0)
                    + String(
                        format: "%8.2f %%  %6.2f %%  %17.2f %%  %19.1f %%", conversion * 100, sound * 100, together * 100,
                        together / (call + together) * 100))
        }
        try await server.shutdown()
    }

    /// The share of a core that the microphone's thread takes, which captures and processes, while `body` runs; the sound server's own
    /// is not in it.
    private func soundCost(during body: () throws -> Void) throws -> Double {
        let pulse = try PulseServer(hums: true)
        guard let voice = VoiceProcessor() else { throw ValidationError("the microphone's processing cannot be set up.") }
        let speaker = SpeakerPlayback(device: "mouth", server: pulse.address)
        let microphone = MicrophoneSource(device: "ear.monitor", server: pulse.address)
        let next = Monitor(TestTone.sample(atUnixNanoseconds: MediaClock.unixNanoseconds))
        let tone = TestTone()
        speaker.start { [weak speaker] in
            let first = next.withLock { next in
                defer { next += Int64(AudioFormat.blockSamples) }
                return next
            }
            let block = tone.samples(from: first, count: AudioFormat.blockSamples)
            voice.willPlay(block, heardAt: speaker?.delay.map { MediaClock.now + $0 })
            return block
        }
        let captured = Monitor((samples: 0, cpu: 0.0))
        microphone.start { chunk in
            var samples = chunk.samples
            voice.process(&samples, capturedAt: chunk.timestamp)
            // What this thread has taken so far, for capturing, too.
            captured.update { $0 = ($0.samples + samples.count, CodecCost.processorTime()) }
        }
        defer {
            microphone.stop()
            speaker.stop()
        }
        // The samples so far, and what they cost, when there are `samples` of them.
        func reading(at samples: Int) throws -> (samples: Int, cpu: Double) {
            let deadline = MediaClock.monotonicNanoseconds + Int64(10) * 1_000_000_000
            guard let reading = captured.wait(until: deadline, for: { $0.samples >= samples ? $0 : nil }) else {
                throw BotPair.Failure(description: "the microphone gives no sound")
            }
            return reading
        }
        // A second to begin with.
        let before = try reading(at: AudioFormat.sampleRate)
        try body()
        let after = try reading(at: before.samples + 1)
        return (after.cpu - before.cpu) * Double(AudioFormat.sampleRate) / Double(after.samples - before.samples)
    }
}
