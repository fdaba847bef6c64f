import COpus

/// Decodes Opus (RFC 6716) to 48 kHz sound, and fills in what was lost.
///
/// To be used by one thread at a time, in the order in which the sound is played.
public final class OpusDecoder {
    /// Samples per second and channel.
    public static let sampleRate = 48_000
    /// The longest packet is 120 ms long (RFC 6716 section 3.2.5).
    private static let maximumFrameSize = 5760

    /// 1 or 2. A packet of two channels is mixed down for one, and the other way round.
    public let channels: Int
    private let decoder: OpaquePointer

    public init(channels: Int = 1) throws(OpusError) {
        var status: Int32 = OPUS_OK
        guard let decoder = opus_decoder_create(Int32(Self.sampleRate), Int32(clamping: channels), &status) else {
            throw .notCreated(reason: OpusError.reason(status))
        }
        self.decoder = decoder
        self.channels = channels
    }

    deinit {
        opus_decoder_destroy(decoder)
    }

    /// Decodes a packet to as many samples as it holds.
    public func decode(_ payload: [UInt8]) throws(OpusError) -> [Int16] {
        guard !payload.isEmpty else { throw .corrupt(reason: "it is empty") }
        return try decode(payload, samples: Self.maximumFrameSize, isFEC: false)
    }

    /// The `samples` before `payload`, which was lost, from the copy in low quality that `payload` carries; concealed if there is none.
    ///
    /// - Parameter samples: for each channel; a multiple of 120 (2.5 ms), up to 5760.
    public func decodeFEC(_ payload: [UInt8], samples: Int) throws(OpusError) -> [Int16] {
        guard !payload.isEmpty else { throw .corrupt(reason: "it is empty") }
        return try decode(payload, samples: checked(samples), isFEC: true)
    }

    /// Sound that goes on from what was decoded last and fades, for `samples` that never came.
    ///
    /// - Parameter samples: for each channel; a multiple of 120 (2.5 ms), up to 5760.
    public func conceal(samples: Int) throws(OpusError) -> [Int16] {
        try decode(nil, samples: checked(samples), isFEC: false)
    }

    /// How many samples for each channel a packet decodes to; 0 if it is no Opus packet.
    public func duration(of payload: [UInt8]) -> Int {
        guard !payload.isEmpty else { return 0 }
        return max(0, Int(opus_packet_get_nb_samples(payload, Int32(clamping: payload.count), Int32(Self.sampleRate))))
    }

    /// Whether a packet carries a copy of the one before it (the LBRR flag, RFC 6716 section 4.2.4).
    public func hasFEC(_ payload: [UInt8]) -> Bool {
        // Configurations from 16 on are CELT alone, which has none; a packet of two bytes has no room for one.
        guard payload.count > 2, payload[0] >> 3 < 16 else { return false }
        var sizes = [Int16](repeating: 0, count: 48)
        var offset: Int32 = 0
        let frames = opus_packet_parse(payload, Int32(clamping: payload.count), nil, nil, &sizes, &offset)
        guard frames > 0, sizes[0] > 0, Int(offset) < payload.count else { return false }
        let samples = opus_packet_get_samples_per_frame(payload, Int32(Self.sampleRate))
        // SILK frames last 20 ms, or 10 ms alone.
        let silkFrames = max(1, Int(samples) / 960)
        let channels = Int(opus_packet_get_nb_channels(payload))
        // For each channel first a flag for each frame's voice activity, then the flag sought.
        return (1...max(1, channels)).contains { channel in
            payload[Int(offset)] & (UInt8(0x80) >> UInt8(channel * (silkFrames + 1) - 1)) != 0
        }
    }

    /// Forgets the sound decoded so far, before that of another sender.
    public func reset() {
        _ = glyphone_opus_decoder_reset(decoder)
    }

    private func checked(_ samples: Int) throws(OpusError) -> Int {
        guard samples > 0, samples % 120 == 0, samples <= Self.maximumFrameSize else { throw .frameSize(samples: samples) }
        return samples
    }

    private func decode(_ payload: [UInt8]?, samples: Int, isFEC: Bool) throws(OpusError) -> [Int16] {
        var status: Int32 = 0
        let sound = [Int16](unsafeUninitializedCapacity: samples * channels) { buffer, count in
            guard let output = buffer.baseAddress else { return }
            if let payload {
                status = opus_decode(decoder, payload, Int32(clamping: payload.count), output, Int32(samples), isFEC ? 1 : 0)
            } else {
                status = opus_decode(decoder, nil, 0, output, Int32(samples), 0)
            }
            count = max(0, Int(status)) * channels
        }
        guard status >= 0 else { throw .corrupt(reason: OpusError.reason(status)) }
        return sound
    }
}
