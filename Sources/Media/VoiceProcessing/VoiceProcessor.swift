import CVoice
import MediaSources
import Synchronization

/// What is done to a microphone's sound before it is sent. All of it, unless a person says otherwise.
public struct VoiceOptions: Hashable, Sendable {
    /// What the speaker plays is taken out of what the microphone hears.
    public var cancelsEcho = true
    /// Steady noise, such as a fan's, is made quieter.
    public var suppressesNoise = true
    /// Quiet voices are made louder, and loud ones quieter.
    public var controlsGain = true
    /// Rumble below 80 Hz, which no voice has, is taken away.
    public var filtersRumble = true

    public init() {}

    /// Whether anything is done at all.
    public var isActive: Bool { cancelsEcho || suppressesNoise || controlsGain || filtersRumble }
}

/// Processes the sound of one microphone, by webrtc-audio-processing: echo, noise, gain, rumble.
///
/// The near end is the microphone, the far end what the speaker plays; each may come on a thread of its own. The echo is looked for
/// where both streams' delays say that it is.
public final class VoiceProcessor: @unchecked Sendable {
    /// Taken from the delay that is measured, since sound servers are wrong by some milliseconds either way: an echo that comes up to
    /// 100 ms later than told is within the canceller's filter (128 ms), one that comes earlier is not.
    private static let margin: Duration = .milliseconds(30)
    /// More is no delay that a canceller finds an echo at.
    private static let longestDelay: Duration = .milliseconds(500)

    private let voice: OpaquePointer
    private let options: VoiceOptions
    /// From a block's being given to the speaker until it is heard, in nanoseconds.
    private let playbackDelay = Atomic<Int64>(0)
    private let isCancelling: Atomic<Bool>

    /// - Returns: nil where the library cannot be set up.
    public init?(_ options: VoiceOptions = VoiceOptions()) {
        var flags = glyphone_voice_options(
            echo_cancellation: options.cancelsEcho ? 1 : 0, noise_suppression: options.suppressesNoise ? 1 : 0,
            gain_control: options.controlsGain ? 1 : 0, high_pass: options.filtersRumble ? 1 : 0)
        guard let voice = glyphone_voice_create(&flags) else { return nil }
        self.voice = voice
        self.options = options
        isCancelling = Atomic(options.cancelsEcho)
    }

    deinit {
        glyphone_voice_free(voice)
    }

    /// Takes note of what is about to be played: whole blocks of 10 ms.
    ///
    /// - Parameter delay: how long it takes until the first sample is heard; nil while not known.
    public func willPlay(_ samples: [Int16], delay: Duration?) {
        guard isCancelling.load(ordering: .relaxed) else { return }
        if let delay { playbackDelay.store(delay.wholeNanoseconds, ordering: .relaxed) }
        samples.withUnsafeBufferPointer { samples in
            guard let base = samples.baseAddress else { return }
            for start in Self.blocks(samples.count) { _ = glyphone_voice_far(voice, base + start) }
        }
    }

    /// Processes whole blocks of 10 ms that the microphone heard, in place.
    ///
    /// - Parameters:
    ///   - age: how long ago the first sample was captured.
    ///   - hasEcho: false if somebody else has cancelled the echo already: twice would distort the voice.
    public func process(_ samples: inout [Int16], age: Duration, hasEcho: Bool = true) {
        let cancels = options.cancelsEcho && hasEcho
        if isCancelling.exchange(cancels, ordering: .relaxed) != cancels { _ = glyphone_voice_cancel_echo(voice, cancels ? 1 : 0) }
        let delay = age + .nanoseconds(playbackDelay.load(ordering: .relaxed)) - Self.margin
        samples.withUnsafeMutableBufferPointer { samples in
            guard let base = samples.baseAddress else { return }
            for start in Self.blocks(samples.count) {
                // What was captured later is that much younger.
                let delay = min(max(delay - .microseconds(start * 125 / 6), .zero), Self.longestDelay)
                _ = glyphone_voice_near(voice, base + start, Int32(delay.wholeNanoseconds / 1_000_000))
            }
        }
    }

    private static func blocks(_ count: Int) -> StrideTo<Int> {
        stride(from: 0, to: count / AudioFormat.blockSamples * AudioFormat.blockSamples, by: AudioFormat.blockSamples)
    }
}
