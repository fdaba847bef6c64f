import CVPX

/// What went wrong while encoding or decoding VP8.
public enum VP8Error: Error, Equatable, CustomStringConvertible {
    /// libvpx would not make an encoder or decoder.
    case notCreated(reason: String)
    /// A setting of ``VP8Encoder/Configuration`` was refused.
    case setting(name: String, reason: String)
    /// The encoder failed on a picture.
    case encoding(reason: String)
    /// The bytes are no whole, valid frame; the next one that can be decoded is a key frame.
    case corrupt(reason: String)
    /// A frame arrived that builds on others, before any key frame or after a damaged frame.
    case keyFrameNeeded
    /// A picture has a size that is not possible or not allowed.
    case size(width: Int, height: Int)

    public var description: String {
        switch self {
        case .notCreated(let reason): "libvpx could not set up VP8 (\(reason)); free some memory and try again"
        case .setting(let name, let reason): "the VP8 encoder refused its setting \(name) (\(reason)); choose another value"
        case .encoding(let reason): "a picture could not be encoded as VP8 (\(reason)); it is skipped"
        case .corrupt(let reason): "a received VP8 frame is damaged (\(reason)); a key frame is needed to go on"
        case .keyFrameNeeded: "a VP8 frame builds on one that is missing; a key frame is needed to go on"
        case .size(let width, let height): "a VP8 picture of \(width)x\(height) is not allowed; a smaller one is needed"
        }
    }
}

/// What libvpx says about its last error.
func reason(of status: vpx_codec_err_t, in context: UnsafeMutablePointer<vpx_codec_ctx_t>) -> String {
    let summary = String(cString: vpx_codec_err_to_string(status))
    guard let detail = vpx_codec_error_detail(context) else { return summary }
    return "\(summary): \(String(cString: detail))"
}
