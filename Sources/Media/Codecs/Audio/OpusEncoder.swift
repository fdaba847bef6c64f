import COpus

/// Encodes 48 kHz sound as Opus (RFC 6716) for speech.
///
/// To be used by one thread at a time.
public final class OpusEncoder {
    public struct Configuration: Sendable {
        /// 1 or 2; samples of two channels are interleaved.
        public var channels: Int
        /// Bits per second, 6000...510,000. libopus makes room for FEC in wide sound from 36,000 on, however little gets lost.
        public var bitrate: Int
        /// 0 (least work) ... 10 (best). A 20 ms frame takes about 0.30 ms at 5, 0.56 ms at 10.
        public var complexity: Int
        /// Whether each packet repeats the one before in low quality once loss is reported (in-band FEC).
        public var usesFEC: Bool
        /// Whether to send next to nothing while there is silence (discontinuous transmission), until ``OpusEncoder/setDTX(_:)``.
        public var usesDTX: Bool

        public init(channels: Int = 1, bitrate: Int = 40_000, complexity: Int = 5, usesFEC: Bool = true, usesDTX: Bool = false) {
            self.channels = channels
            self.bitrate = bitrate
            self.complexity = complexity
            self.usesFEC = usesFEC
            self.usesDTX = usesDTX
        }
    }

    /// Samples per second and channel.
    public static let sampleRate = 48_000

    public let configuration: Configuration
    private let encoder: OpaquePointer
    private var usesDTX: Bool
    private var isSilent = false

    public init(_ configuration: Configuration = Configuration()) throws(OpusError) {
        var status: Int32 = OPUS_OK
        guard
            let encoder = opus_encoder_create(
                Int32(Self.sampleRate), Int32(clamping: configuration.channels), OPUS_APPLICATION_VOIP, &status)
        else { throw .notCreated(reason: OpusError.reason(status)) }
        self.encoder = encoder
        self.configuration = configuration
        usesDTX = configuration.usesDTX
        try set("bitrate", OPUS_SET_BITRATE_REQUEST, configuration.bitrate)
        // What is taken for music is coded in a way that has no FEC.
        try set("signal", OPUS_SET_SIGNAL_REQUEST, Int(OPUS_SIGNAL_VOICE))
        try set("complexity", OPUS_SET_COMPLEXITY_REQUEST, configuration.complexity)
        try set("FEC", OPUS_SET_INBAND_FEC_REQUEST, configuration.usesFEC ? 1 : 0)
        try set("DTX", OPUS_SET_DTX_REQUEST, configuration.usesDTX ? 1 : 0)
    }

    deinit {
        opus_encoder_destroy(encoder)
    }

    /// Sets the bits per second, 6000...510,000.
    public func setBitrate(_ bitrate: Int) throws(OpusError) {
        try set("bitrate", OPUS_SET_BITRATE_REQUEST, min(max(bitrate, 6000), 510_000))
    }

    /// Tells how much of what is sent gets lost, 0...1, so that FEC takes its share of the bitrate.
    public func setPacketLoss(_ fraction: Double) throws(OpusError) {
        let percent = fraction.isFinite ? Int((min(max(fraction, 0), 1) * 100).rounded(.up)) : 0
        try set("packet loss", OPUS_SET_PACKET_LOSS_PERC_REQUEST, percent)
    }

    /// Sets whether to send next to nothing while there is silence.
    public func setDTX(_ usesDTX: Bool) throws(OpusError) {
        try set("DTX", OPUS_SET_DTX_REQUEST, usesDTX ? 1 : 0)
        self.usesDTX = usesDTX
    }

    /// Encodes one frame of 2.5, 5, 10, 20, 40 or 60 ms: 120 to 2880 samples for each channel.
    ///
    /// - Returns: `nil` if the receiver needs nothing for this frame: silence goes on, and DTX is in use. The RTP timestamp
    ///   advances all the same.
    public func encode(_ samples: [Int16]) throws(OpusError) -> [UInt8]? {
        let perChannel = samples.count / configuration.channels
        guard [120, 240, 480, 960, 1920, 2880].contains(perChannel), samples.count % configuration.channels == 0 else {
            throw .frameSize(samples: samples.count)
        }
        var status: Int32 = 0
        let packet = [UInt8](unsafeUninitializedCapacity: Self.maximumPacketSize) { buffer, count in
            guard let output = buffer.baseAddress else { return }
            status = opus_encode(encoder, samples, Int32(perChannel), output, Int32(buffer.count))
            count = max(0, Int(status))
        }
        guard status >= 0 else { throw .encoding(reason: OpusError.reason(status)) }
        // A packet of one or two bytes says "silence"; once said, it need not be repeated.
        let wasSilent = isSilent
        isSilent = usesDTX && packet.count <= 2
        return isSilent && wasSilent ? nil : packet
    }

    /// Three frames of 1275 bytes would be allowed, but no packet may exceed what a datagram carries unfragmented.
    private static let maximumPacketSize = 1200

    private func set(_ name: String, _ request: Int32, _ value: Int) throws(OpusError) {
        let status = glyphone_opus_encoder_set(encoder, request, Int32(clamping: value))
        guard status == OPUS_OK else { throw .setting(name: name, reason: OpusError.reason(status)) }
    }
}
