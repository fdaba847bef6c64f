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

/// Processes the sound of one microphone: echo, noise, gain, rumble.
///
/// Of an echo speexdsp's filter takes away what is linear, which leaves the near voice alone; what that leaves, and the rest of the work,
/// is webrtc-audio-processing's. Both work below 8 kHz, and ``HighBand`` does the same to the rest. The near end is the microphone, the far
/// end what the speaker plays; each may come on a thread of its own. The echo is looked for from 30 ms before to 98 ms after the times
/// that both tell: sound servers are wrong by some milliseconds either way, and a room has its own share.
public final class VoiceProcessor: @unchecked Sendable {
    /// By how much webrtc-audio-processing's echo cancellation and noise suppression make sound later, in samples of 16 kHz: 7 and 6 ms.
    private static let echoDelay = 112
    private static let noiseDelay = 96

    private let voice: OpaquePointer
    private let filter: EchoFilter
    private let nearDown: Resampler
    private let farDown: Resampler
    private let highBand: HighBand
    private let options: VoiceOptions
    private let reference = Mutex(EchoReference())
    private let isCancelling: Atomic<Bool>
    /// What is heard while the block is captured that is being processed; its low band, and that of the block.
    private let far = UnsafeMutableBufferPointer<Int16>.allocate(capacity: AudioFormat.blockSamples)
    private let farLow = UnsafeMutableBufferPointer<Int16>.allocate(capacity: LowBand.blockSamples)
    private let nearLow = UnsafeMutableBufferPointer<Int16>.allocate(capacity: LowBand.blockSamples)
    private let processed = UnsafeMutableBufferPointer<Int16>.allocate(capacity: LowBand.blockSamples)

    /// - Returns: nil where the libraries cannot be set up.
    public init?(_ options: VoiceOptions = VoiceOptions()) {
        var flags = glyphone_voice_options(
            echo_cancellation: options.cancelsEcho ? 1 : 0, noise_suppression: options.suppressesNoise ? 1 : 0,
            gain_control: options.controlsGain ? 1 : 0, high_pass: options.filtersRumble ? 1 : 0)
        guard let filter = EchoFilter(), let nearDown = Resampler(from: AudioFormat.sampleRate, to: LowBand.rate),
            let farDown = Resampler(from: AudioFormat.sampleRate, to: LowBand.rate), let highBand = HighBand(),
            let voice = glyphone_voice_create(&flags)
        else { return nil }
        self.voice = voice
        self.filter = filter
        (self.nearDown, self.farDown, self.highBand) = (nearDown, farDown, highBand)
        self.options = options
        isCancelling = Atomic(options.cancelsEcho)
        for buffer in [far, farLow, nearLow, processed] { buffer.initialize(repeating: 0) }
    }

    deinit {
        glyphone_voice_free(voice)
        for buffer in [far, farLow, nearLow, processed] { buffer.deallocate() }
    }

    /// Takes note of what is about to be played.
    ///
    /// - Parameter heardAt: when the first sample is heard, by ``MediaClock/now``; nil if it is not, or not known.
    public func willPlay(_ samples: [Int16], heardAt: Duration?) {
        guard isCancelling.load(ordering: .relaxed) else { return }
        samples.withUnsafeBufferPointer { samples in
            reference.withLock { $0.append(samples, heardAt: heardAt?.wholeNanoseconds) }
        }
    }

    /// Processes whole blocks of 10 ms that the microphone heard, in place.
    ///
    /// - Parameters:
    ///   - capturedAt: when the first sample was captured, by ``MediaClock/now``.
    ///   - hasEcho: false if somebody else has cancelled the echo already: twice would distort the voice.
    public func process(_ samples: inout [Int16], capturedAt: Duration, hasEcho: Bool = true) {
        let cancels = options.cancelsEcho && hasEcho
        if isCancelling.exchange(cancels, ordering: .relaxed) != cancels { _ = glyphone_voice_cancel_echo(voice, cancels ? 1 : 0) }
        highBand.delay = (cancels ? Self.echoDelay : 0) + (options.suppressesNoise ? Self.noiseDelay : 0)
        let blockSamples = AudioFormat.blockSamples
        samples.withUnsafeMutableBufferPointer { samples in
            for start in stride(from: 0, to: samples.count / blockSamples * blockSamples, by: blockSamples) {
                let block = UnsafeMutableBufferPointer(rebasing: samples[start..<(start + blockSamples)])
                nearDown.process(UnsafeBufferPointer(block), into: nearLow)
                _ = processed.update(from: nearLow)
                if cancels {
                    let time = capturedAt.wholeNanoseconds &+ Int64(start) * 1_000_000 / 48
                    reference.withLock { $0.copy(to: far, capturedAt: time) }
                    farDown.process(UnsafeBufferPointer(far), into: farLow)
                    filter.process(processed, reference: UnsafeBufferPointer(farLow))
                    _ = glyphone_voice_far(voice, farLow.baseAddress)
                }
                _ = glyphone_voice_near(voice, processed.baseAddress)
                highBand.join(block, low: UnsafeBufferPointer(nearLow), processed: UnsafeBufferPointer(processed))
            }
        }
    }
}
