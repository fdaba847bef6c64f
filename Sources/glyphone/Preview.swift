import Codecs
import Console
import Devices
import MediaSources
import Synchronization
import VoiceProcessing

/// Camera and microphone on a console's screen, without a call.
final class Preview: Sendable {
    /// Samples between two levels: 200 ms.
    private static let levelInterval = AudioFormat.sampleRate / 5

    private let inbox: ConsoleInbox
    private let inputs = Mutex<MediaInputs?>(nil)

    init(_ inbox: ConsoleInbox) {
        self.inbox = inbox
    }

    /// Switches both on. What is missing is told of in a note.
    func start(video: VideoSourceSpecification, audio: AudioSourceSpecification) async {
        await stop()
        do {
            try await TerminalThread.run { [self] in
                let inputs = try MediaInputs(video: video, audio: audio, onNote: { [inbox] in inbox.post(.note($0)) })
                inputs.video?.start { [inbox] in inbox.showOwn($0.buffer) }
                let meter = Mutex((level: LevelMeter(), samples: 0))
                inputs.audio?.start { [inbox] chunk in
                    let level = meter.withLock { meter -> Double? in
                        meter.level.measure(chunk.samples)
                        meter.samples += chunk.samples.count
                        guard meter.samples >= Self.levelInterval else { return nil }
                        meter.samples = 0
                        return meter.level.decibels
                    }
                    if let level { inbox.post(.levels(microphone: level, speaker: LevelMeter.floor)) }
                }
                self.inputs.withLock { $0 = inputs }
            }
        } catch {
            inbox.post(.note("\(error)"))
        }
    }

    /// Switches both off; after the return they are free for a call.
    func stop() async {
        guard let inputs = inputs.withLock({ $0.take() }) else { return }
        _ = try? await TerminalThread.run {
            inputs.video?.stop()
            inputs.audio?.stop()
        }
        inbox.showOwn(nil)
    }
}
