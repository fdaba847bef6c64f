import Codecs
import Congestion
import MediaSources

/// Encodes what an audio source captures, on the source's own thread; muted, it sends silence.
final class AudioSender: Sendable {
    fileprivate struct State {
        var isMuted = false
        var isSending = false
        var protection = AudioProtection()
    }

    private let source: any AudioSource
    private let state = Monitor(State())
    private let onEncoded: @Sendable (Packet, Duration) -> Void

    struct Packet: Sendable {
        var bytes: [UInt8]
        /// Which packets before this one are to be repeated with it: 1 is the last.
        var redundancy: [Int]
    }

    /// - Parameter onEncoded: each packet with the time of its first sample, on the source's thread.
    init(source: any AudioSource, onEncoded: @escaping @Sendable (Packet, Duration) -> Void) {
        self.source = source
        self.onEncoded = onEncoded
    }

    /// - Throws: `OpusError` where the encoder can't be made.
    func start() throws {
        let encoder = ConfinedEncoder(try OpusEncoder())
        source.start { [state, onEncoded] chunk in
            let (isSending, isMuted, plan) = state.withLock { ($0.isSending, $0.isMuted, $0.protection.plan) }
            guard isSending else { return }
            let samples = isMuted ? [Int16](repeating: 0, count: chunk.samples.count) : chunk.samples
            guard let packet = encoder.encode(samples, plan) else { return }
            onEncoded(Packet(bytes: packet, redundancy: plan.redundancy), chunk.timestamp)
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

/// An encoder that only the source's thread uses.
private final class ConfinedEncoder: @unchecked Sendable {
    private let encoder: OpusEncoder
    private var packetLoss = 0.0
    private var bitrate: Int

    init(_ encoder: OpusEncoder) {
        self.encoder = encoder
        bitrate = encoder.configuration.bitrate
    }

    func encode(_ samples: [Int16], _ plan: AudioProtection.Plan) -> [UInt8]? {
        if plan.encoderLoss != packetLoss {
            packetLoss = plan.encoderLoss
            try? encoder.setPacketLoss(packetLoss)
        }
        if plan.bitrate != bitrate {
            bitrate = plan.bitrate
            try? encoder.setBitrate(bitrate)
        }
        return try? encoder.encode(samples)
    }
}
