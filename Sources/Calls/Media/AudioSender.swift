import Codecs
import Congestion
import MediaSources
import VoiceProcessing

/// Processes and encodes what an audio source captures, on the source's own thread; muted, it sends silence.
final class AudioSender: Sendable {
    /// What the microphone hears, told five times a second.
    struct Level: Sendable {
        /// See ``LevelMeter``.
        var decibels: Double
        /// Whether somebody speaks whom nobody can hear.
        var isSpeechMuted: Bool
    }

    fileprivate struct State {
        var isMuted = false
        var isSending = false
        var usesDTX = false
        var protection = AudioProtection()
    }

    private let source: any AudioSource
    private let voice: VoiceProcessor?
    private let state = Monitor(State())
    private let onEncoded: @Sendable (Output, Duration) -> Void
    private let onLevel: @Sendable (Level) -> Void

    enum Output: Sendable {
        /// Which packets before this one are to be repeated with it: 1 is the last.
        case packet([UInt8], redundancy: [Int])
        /// So many samples need not be sent: silence goes on.
        case silence(sampleCount: Int)
    }

    /// - Parameters:
    ///   - voice: what processes the sound; nil to send it as it is.
    ///   - onEncoded: each packet, or what stands for none, with the time of its first sample, on the source's thread.
    ///   - onLevel: on the source's thread, too.
    init(
        source: any AudioSource, voice: VoiceProcessor?, onEncoded: @escaping @Sendable (Output, Duration) -> Void,
        onLevel: @escaping @Sendable (Level) -> Void
    ) {
        self.source = source
        self.voice = voice
        self.onEncoded = onEncoded
        self.onLevel = onLevel
    }

    /// - Throws: `OpusError` where the encoder can't be made.
    func start() throws {
        let line = OutgoingLine(try OpusEncoder())
        source.start { [state, voice, onEncoded, onLevel, weak source] chunk in
            let (isSending, isMuted, usesDTX, plan) = state.withLock { ($0.isSending, $0.isMuted, $0.usesDTX, $0.protection.plan) }
            guard isSending else { return }
            var samples = chunk.samples
            voice?.process(&samples, capturedAt: chunk.timestamp, hasEcho: source?.cancelsEcho == false)
            if let level = line.measure(samples, isMuted: isMuted) { onLevel(level) }
            if isMuted { samples = [Int16](repeating: 0, count: samples.count) }
            if let output = line.encode(samples, plan, usesDTX: usesDTX) { onEncoded(output, chunk.timestamp) }
        }
    }

    func startSending() {
        state.withLock { $0.isSending = true }
    }

    func setMuted(_ isMuted: Bool) {
        state.withLock { $0.isMuted = isMuted }
    }

    /// Tells what fraction of the packets sent got lost as the other side last reported.
    func setReportedLoss(_ fraction: Double) {
        state.withLock { $0.protection.receive(reportedLoss: fraction) }
    }

    /// Tells whether the other side takes packets that repeat earlier ones.
    func setCanRepeat(_ canRepeat: Bool) {
        state.withLock { $0.protection.canRepeat = canRepeat }
    }

    /// Tells whether the other side wants next to nothing sent while there is silence.
    func setDTX(_ usesDTX: Bool) {
        state.withLock { $0.usesDTX = usesDTX }
    }

    /// Tells what the path takes.
    func setBitrate(_ allocation: BitrateAllocation) {
        state.withLock { $0.protection.receive(allocation) }
    }

    /// What the encoder is to make now, in bits per second.
    var targetBitrate: Int { state.withLock { $0.protection.plan.bitrate } }

    func stop() {
        source.stop()
    }
}

/// Encoder and meters, which only the source's thread uses.
private final class OutgoingLine: @unchecked Sendable {
    /// Samples between two levels: 200 ms.
    private static let levelInterval = AudioFormat.sampleRate / 5

    private let encoder: OpusEncoder
    private var packetLoss = 0.0
    private var bitrate: Int
    private var usesDTX: Bool
    private var meter = LevelMeter()
    private var speech = SpeechDetector()
    private var samplesMeasured = 0

    init(_ encoder: OpusEncoder) {
        self.encoder = encoder
        bitrate = encoder.configuration.bitrate
        usesDTX = encoder.configuration.usesDTX
    }

    func encode(_ samples: [Int16], _ plan: AudioProtection.Plan, usesDTX: Bool) -> AudioSender.Output? {
        if usesDTX != self.usesDTX {
            self.usesDTX = usesDTX
            try? encoder.setDTX(usesDTX)
        }
        if plan.encoderLoss != packetLoss {
            packetLoss = plan.encoderLoss
            try? encoder.setPacketLoss(packetLoss)
        }
        if plan.bitrate != bitrate {
            bitrate = plan.bitrate
            try? encoder.setBitrate(bitrate)
        }
        do {
            guard let packet = try encoder.encode(samples) else { return .silence(sampleCount: samples.count) }
            return .packet(packet, redundancy: plan.redundancy)
        } catch {
            return nil
        }
    }

    func measure(_ samples: [Int16], isMuted: Bool) -> AudioSender.Level? {
        meter.measure(samples)
        speech.hear(samples)
        samplesMeasured += samples.count
        guard samplesMeasured >= Self.levelInterval else { return nil }
        samplesMeasured = 0
        return AudioSender.Level(decibels: meter.decibels, isSpeechMuted: isMuted && speech.isSpeech)
    }
}
