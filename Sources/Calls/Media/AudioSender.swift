import Codecs
import MediaSources

/// Encodes what an audio source captures, on the source's own thread; muted, it sends silence.
final class AudioSender: Sendable {
    fileprivate struct State {
        var isMuted = false
        var isSending = false
        var packetLoss = PacketLossEstimate()
    }

    private let source: any AudioSource
    private let state = Monitor(State())
    private let onEncoded: @Sendable ([UInt8], Duration) -> Void

    /// - Parameter onEncoded: each packet with the time of its first sample, on the source's thread.
    init(source: any AudioSource, onEncoded: @escaping @Sendable ([UInt8], Duration) -> Void) {
        self.source = source
        self.onEncoded = onEncoded
    }

    /// - Throws: `OpusError` where the encoder can't be made.
    func start() throws {
        let encoder = ConfinedEncoder(try OpusEncoder())
        source.start { [state, onEncoded] chunk in
            let (isSending, isMuted, loss) = state.withLock { ($0.isSending, $0.isMuted, $0.packetLoss.fraction) }
            guard isSending else { return }
            let samples = isMuted ? [Int16](repeating: 0, count: chunk.samples.count) : chunk.samples
            guard let packet = encoder.encode(samples, packetLoss: loss) else { return }
            onEncoded(packet, chunk.timestamp)
        }
    }

    func startSending() {
        state.withLock { $0.isSending = true }
    }

    func setMuted(_ isMuted: Bool) {
        state.withLock { $0.isMuted = isMuted }
    }

    /// Tells what fraction of the packets sent got lost as the other side last reported, so that forward error correction covers for it.
    func setReportedLoss(_ fraction: Double) {
        state.withLock { $0.packetLoss.receive(reported: fraction) }
    }

    func stop() {
        source.stop()
    }
}

/// An encoder that only the source's thread uses.
private final class ConfinedEncoder: @unchecked Sendable {
    private let encoder: OpusEncoder
    private var packetLoss = 0.0

    init(_ encoder: OpusEncoder) {
        self.encoder = encoder
    }

    func encode(_ samples: [Int16], packetLoss: Double) -> [UInt8]? {
        if packetLoss != self.packetLoss {
            self.packetLoss = packetLoss
            try? encoder.setPacketLoss(packetLoss)
        }
        return try? encoder.encode(samples)
    }
}
