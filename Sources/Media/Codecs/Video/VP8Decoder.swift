import CVPX

/// Decodes VP8 (RFC 6386).
///
/// A damaged frame is an error, after which every frame up to the next key frame is refused, so that no broken picture is ever
/// shown. To be used by one thread at a time.
public final class VP8Decoder {
    private let pool: I420Pool
    private let maximumPixels: Int
    private let context = UnsafeMutablePointer<vpx_codec_ctx_t>.allocate(capacity: 1)
    private var isOpen = false
    private var hasKeyFrame = false

    /// - Parameters:
    ///   - pool: where pictures come from.
    ///   - maximumPixels: the largest width times height that is decoded: 4096x2304 unless told otherwise. A few bytes of a key
    ///     frame can otherwise ask for 400 MB.
    public init(pool: I420Pool = I420Pool(), maximumPixels: Int = 4096 * 2304) {
        self.pool = pool
        self.maximumPixels = maximumPixels
        context.initialize(to: vpx_codec_ctx_t())
    }

    deinit {
        close()
        context.deallocate()
    }

    /// Decodes one whole frame.
    ///
    /// The picture is copied once out of libvpx's reference frames, which the next frame overwrites; its VP8 decoder cannot write
    /// into memory of ours.
    ///
    /// - Returns: `nil` for a frame that is not to be shown.
    public func decode(_ bytes: [UInt8]) throws(VP8Error) -> I420Buffer? {
        let header: VP8FrameHeader
        do { header = try VP8FrameHeader(bytes) } catch { throw failed(error) }
        if header.isKeyFrame {
            guard header.width > 0, header.height > 0, header.width * header.height <= maximumPixels else {
                throw failed(.size(width: header.width, height: header.height))
            }
        } else if !hasKeyFrame {
            throw .keyFrameNeeded
        }
        if !isOpen { try open() }
        let status = bytes.withUnsafeBufferPointer {
            vpx_codec_decode(context, $0.baseAddress, UInt32(clamping: $0.count), nil, 0)
        }
        guard status == VPX_CODEC_OK else { throw failed(.corrupt(reason: reason(of: status, in: context))) }
        var damaged: Int32 = 0
        glyphone_vpx_get(context, Int32(VP8D_GET_FRAME_CORRUPTED.rawValue), &damaged)
        guard damaged == 0 else { throw failed(.corrupt(reason: "it ends too early")) }
        hasKeyFrame = true
        var iterator: vpx_codec_iter_t?
        guard let image = vpx_codec_get_frame(context, &iterator) else { return nil }
        return try copy(image.pointee)
    }

    /// Forgets all that was decoded: the next frame must be a key frame.
    public func reset() {
        close()
        hasKeyFrame = false
    }

    private func failed(_ error: VP8Error) -> VP8Error {
        reset()
        return error
    }

    private func open() throws(VP8Error) {
        var settings = vpx_codec_dec_cfg_t(threads: 1, w: 0, h: 0)
        let status = glyphone_vp8_decoder_init(context, &settings)
        guard status == VPX_CODEC_OK else { throw .notCreated(reason: String(cString: vpx_codec_err_to_string(status))) }
        isOpen = true
    }

    private func close() {
        if isOpen { vpx_codec_destroy(context) }
        isOpen = false
    }

    private func copy(_ image: vpx_image_t) throws(VP8Error) -> I420Buffer {
        let (width, height) = (Int(image.d_w), Int(image.d_h))
        let buffer: I420Buffer
        do { buffer = try pool.buffer(width: width, height: height) } catch { throw .size(width: width, height: height) }
        guard let y = image.planes.0, let u = image.planes.1, let v = image.planes.2 else {
            throw failed(.corrupt(reason: "the decoder gave no picture"))
        }
        buffer.withMutablePlanes { yPlane, uPlane, vPlane in
            yPlane.copy(from: y, stride: Int(image.stride.0))
            uPlane.copy(from: u, stride: Int(image.stride.1))
            vPlane.copy(from: v, stride: Int(image.stride.2))
        }
        return buffer
    }
}

extension I420Buffer.MutablePlane {
    fileprivate func copy(from source: UnsafePointer<UInt8>, stride: Int) {
        for y in 0..<height {
            row(y).baseAddress?.update(from: source + y * stride, count: width)
        }
    }
}
