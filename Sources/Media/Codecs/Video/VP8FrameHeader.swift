/// What the first bytes of a VP8 frame say (RFC 6386 section 9.1).
struct VP8FrameHeader: Equatable, Sendable {
    var isKeyFrame: Bool
    /// Whether the frame is to be shown, rather than only kept as a reference.
    var isShown: Bool
    /// In pixels; 0 in a frame that is no key frame.
    var width = 0
    var height = 0

    /// - Throws: ``VP8Error/corrupt(reason:)`` if the bytes end too early or the start code is wrong.
    init(_ bytes: [UInt8]) throws(VP8Error) {
        guard bytes.count >= 3 else { throw .corrupt(reason: "\(bytes.count) bytes are no frame") }
        isKeyFrame = bytes[0] & 1 == 0
        isShown = bytes[0] & 0x10 != 0
        guard isKeyFrame else { return }
        guard bytes.count >= 10 else { throw .corrupt(reason: "a key frame of \(bytes.count) bytes ends too early") }
        guard bytes[3] == 0x9d, bytes[4] == 0x01, bytes[5] == 0x2a else { throw .corrupt(reason: "a key frame without its start code") }
        width = (Int(bytes[7]) << 8 | Int(bytes[6])) & 0x3fff
        height = (Int(bytes[9]) << 8 | Int(bytes[8])) & 0x3fff
    }
}
