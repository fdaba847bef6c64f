import CVPX

/// One frame as the encoder wrote it.
public struct EncodedFrame: Sendable {
    public var bytes: [UInt8]
    public var isKeyFrame: Bool
    /// The quantizer index of the frame, 0 (best) to 127, as W3C's `qpSum` counts it.
    public var qp: Int

    public init(bytes: [UInt8], isKeyFrame: Bool, qp: Int) {
        self.bytes = bytes
        self.isKeyFrame = isKeyFrame
        self.qp = qp
    }
}

/// Encodes pictures as VP8 (RFC 6386) for a live call: constant bitrate, no delay, key frames only when asked for or when the
/// picture's size changes.
///
/// To be used by one thread at a time.
public final class VP8Encoder {
    public struct Configuration: Sendable {
        /// Bits per second to aim at, 10,000...100,000,000; other values are taken as the nearest of these.
        public var bitrate: Int
        /// The frame rate expected, which sets how much bitrate a key frame may take; the true one is read off the timestamps.
        public var framesPerSecond: Int
        /// libvpx's speed: -16 (fastest) ... -1 (best). -8 takes about 2.4 ms for 640x480, -4 4.2 ms.
        public var speed: Int
        /// Quantizers on the scale 0 (best) ... 63. The lower bound keeps still pictures from wasting bits, the upper one keeps
        /// faces recognisable: the encoder drops frames before it goes beyond.
        public var quantizers: ClosedRange<Int>
        /// Frames are dropped while the encoder's bit buffer is emptier than this percentage; 0 never drops.
        public var dropThreshold: Int

        public init(
            bitrate: Int = 1_000_000, framesPerSecond: Int = 30, speed: Int = -8, quantizers: ClosedRange<Int> = 2...56,
            dropThreshold: Int = 30
        ) {
            self.bitrate = bitrate
            self.framesPerSecond = framesPerSecond
            self.speed = speed
            self.quantizers = quantizers
            self.dropThreshold = dropThreshold
        }
    }

    public private(set) var configuration: Configuration
    private let context = UnsafeMutablePointer<vpx_codec_ctx_t>.allocate(capacity: 1)
    private var settings = vpx_codec_enc_cfg_t()
    private var isOpen = false
    /// The encoder's own timestamps, in ``ticksPerSecond``, which only ever grow.
    private var position: Int64 = 0
    private var lastTimestamp: Duration?
    /// Between the last two pictures.
    private var lastInterval: Int64?

    private static let ticksPerSecond: Int64 = 90_000
    /// A pause longer than this tells the rate control nothing more.
    private static let longestPause: Int64 = 10 * ticksPerSecond

    /// The encoder opens with the first picture, whose size it takes.
    public init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        context.initialize(to: vpx_codec_ctx_t())
    }

    deinit {
        close()
        context.deallocate()
    }

    /// Sets the bits per second to aim at, from the next picture on.
    public func setBitrate(_ bitrate: Int) throws(VP8Error) {
        guard bitrate != configuration.bitrate else { return }
        configuration.bitrate = bitrate
        guard isOpen else { return }
        settings.rc_target_bitrate = kilobits
        let status = vpx_codec_enc_config_set(context, &settings)
        guard status == VPX_CODEC_OK else { throw .setting(name: "bitrate", reason: reason(of: status, in: context)) }
    }

    /// No pictures were wanted for a while: the time until the next one says nothing of the frame rate, and what the pause saved is
    /// not to be spent on one picture.
    public func resume() {
        lastTimestamp = nil
    }

    /// Encodes a picture.
    ///
    /// - Returns: `nil` if the picture was dropped to keep to the bitrate; one that was to be a key frame never is.
    public func encode(_ frame: VideoFrame, forceKeyFrame: Bool = false) throws(VP8Error) -> EncodedFrame? {
        if !isOpen || Int(settings.g_w) != frame.width || Int(settings.g_h) != frame.height {
            close()
            try open(width: frame.width, height: frame.height)
        }
        let duration = advance(to: frame.timestamp)
        let flags = forceKeyFrame ? vpx_enc_frame_flags_t(VPX_EFLAG_FORCE_KF) : 0
        let status = frame.buffer.withPlanes { y, u, v in
            var image = vpx_image_t()
            // Only read: the library's image type knows no constness.
            let base = { (plane: I420Buffer.Plane) in UnsafeMutablePointer(mutating: plane.samples.baseAddress) }
            vpx_img_wrap(&image, VPX_IMG_FMT_I420, UInt32(frame.width), UInt32(frame.height), 1, base(y))
            image.planes = (base(y), base(u), base(v), nil)
            image.stride = (Int32(y.stride), Int32(u.stride), Int32(v.stride), 0)
            return vpx_codec_encode(context, &image, position, duration, flags, UInt(VPX_DL_REALTIME))
        }
        guard status == VPX_CODEC_OK else { throw .encoding(reason: reason(of: status, in: context)) }
        var iterator: vpx_codec_iter_t?
        guard let packet = glyphone_vpx_next_frame(context, &iterator) else { return nil }
        var quantizer: Int32 = 0
        glyphone_vpx_get(context, Int32(VP8E_GET_LAST_QUANTIZER.rawValue), &quantizer)
        let bytes = Array(UnsafeBufferPointer(start: glyphone_vpx_bytes(packet), count: glyphone_vpx_byte_count(packet)))
        return EncodedFrame(bytes: bytes, isKeyFrame: glyphone_vpx_is_key(packet) != 0, qp: Int(quantizer))
    }

    /// Moves `position` to the time of the next picture, and returns how long that is expected to last.
    private func advance(to timestamp: Duration) -> UInt {
        let usual = Self.ticksPerSecond / Int64(max(1, min(1000, configuration.framesPerSecond)))
        if let lastTimestamp {
            let elapsed = (timestamp - lastTimestamp) / .seconds(1) * Double(Self.ticksPerSecond)
            let interval = Int64(min(max(elapsed.rounded(), 1), Double(Self.longestPause)))
            position += interval
            lastInterval = interval
        } else {
            position += lastInterval ?? usual
        }
        lastTimestamp = timestamp
        return UInt(usual)
    }
}

extension VP8Encoder {
    private var kilobits: UInt32 {
        UInt32(min(max(configuration.bitrate, 10_000), 100_000_000) / 1000)
    }

    private func close() {
        if isOpen { vpx_codec_destroy(context) }
        isOpen = false
    }

    private func open(width: Int, height: Int) throws(VP8Error) {
        var status = glyphone_vp8_default_configuration(&settings)
        guard status == VPX_CODEC_OK else { throw .notCreated(reason: String(cString: vpx_codec_err_to_string(status))) }
        settings.g_w = UInt32(width)
        settings.g_h = UInt32(height)
        settings.g_timebase = vpx_rational(num: 1, den: Int32(Self.ticksPerSecond))
        settings.g_threads = 1
        settings.g_lag_in_frames = 0
        // Retransmission repairs losses, so frames may lean on each other's probabilities.
        settings.g_error_resilient = 0
        settings.rc_end_usage = VPX_CBR
        settings.rc_target_bitrate = kilobits
        settings.rc_min_quantizer = UInt32(min(max(configuration.quantizers.lowerBound, 0), 63))
        settings.rc_max_quantizer = UInt32(min(max(configuration.quantizers.upperBound, 0), 63))
        settings.rc_dropframe_thresh = UInt32(min(max(configuration.dropThreshold, 0), 100))
        settings.rc_resize_allowed = 0
        settings.rc_undershoot_pct = 100
        settings.rc_overshoot_pct = 15
        // Milliseconds of bitrate: one second is what a receiver's bandwidth estimate averages over.
        settings.rc_buf_initial_sz = 500
        settings.rc_buf_optimal_sz = 600
        settings.rc_buf_sz = 1000
        settings.kf_mode = VPX_KF_DISABLED
        status = glyphone_vp8_encoder_init(context, &settings)
        guard status == VPX_CODEC_OK else { throw .notCreated(reason: String(cString: vpx_codec_err_to_string(status))) }
        isOpen = true
        do {
            try control("speed", VP8E_SET_CPUUSED, min(max(configuration.speed, -16), -1))
            try control("static threshold", VP8E_SET_STATIC_THRESHOLD, 1)
            try control("token partitions", VP8E_SET_TOKEN_PARTITIONS, 0)
            // In percent of a frame's usual share: half of the optimal buffer.
            let share = Int(settings.rc_buf_optimal_sz) / 2 * max(1, min(240, configuration.framesPerSecond)) / 10
            try control("key frame size", VP8E_SET_MAX_INTRA_BITRATE_PCT, max(300, share))
        } catch {
            close()
            throw error
        }
    }

    private func control(_ name: String, _ identifier: vp8e_enc_control_id, _ value: Int) throws(VP8Error) {
        let status = glyphone_vpx_control(context, Int32(identifier.rawValue), Int32(value))
        guard status == VPX_CODEC_OK else { throw .setting(name: name, reason: reason(of: status, in: context)) }
    }
}
