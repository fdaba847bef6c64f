import Codecs
import MediaSources

/// Encodes what an audio source captures, on the source's own thread; muted, it sends silence.
final class AudioSender: Sendable {
    fileprivate struct State {
        var isMuted = false
        var isSending = false
        var packetLoss = PacketLossEstimate()
        var bitrate = OpusEncoder.Configuration().bitrate
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
            let now = state.withLock { $0 }
            guard now.isSending else { return }
            let samples = now.isMuted ? [Int16](repeating: 0, count: chunk.samples.count) : chunk.samples
            guard let packet = encoder.encode(samples, bitrate: now.bitrate, packetLoss: now.packetLoss.fraction) else { return }
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

    /// Sets the bits per second to aim at.
    func setBitrate(_ bitrate: Int) {
        state.withLock { $0.bitrate = bitrate }
    }

    func stop() {
        source.stop()
    }
}

/// An encoder that only the source's thread uses.
private final class ConfinedEncoder: @unchecked Sendable {
    private let encoder: OpusEncoder
    private var packetLoss = 0.0
    private var bitrate = OpusEncoder.Configuration().bitrate

    init(_ encoder: OpusEncoder) {
        self.encoder = encoder
    }

    func encode(_ samples: [Int16], bitrate: Int, packetLoss: Double) -> [UInt8]? {
        if bitrate != self.bitrate {
            self.bitrate = bitrate
            try? encoder.setBitrate(bitrate)
        }
        if packetLoss != self.packetLoss {
            self.packetLoss = packetLoss
            try? encoder.setPacketLoss(packetLoss)
        }
        return try? encoder.encode(samples)
    }
}
