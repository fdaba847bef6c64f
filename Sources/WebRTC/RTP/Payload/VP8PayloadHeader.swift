import Wire

/// The start of a VP8 frame, which the first payload of each frame carries (RFC 7741 section 4.3, RFC 6386 section 9.1).
public struct VP8PayloadHeader: Hashable, Sendable {
    public var isKeyFrame: Bool
    /// 0...3 in valid streams.
    public var version: UInt8
    public var isShown: Bool
    /// Bytes.
    public var firstPartitionSize: Int
    /// The picture's size in pixels; only key frames tell it.
    public var size: (width: Int, height: Int)? { keyFrameSize.map { (Int($0.width), Int($0.height)) } }

    private struct Size: Hashable, Sendable {
        var width: UInt16
        var height: UInt16
    }

    private var keyFrameSize: Size?

    /// Reads the first bytes of a frame: the VP8 data of a payload whose descriptor says that it starts the frame.
    ///
    /// `nil` if they are too few, or a key frame lacks its start code.
    public init?(_ data: ArraySlice<UInt8>) {
        guard data.count >= 3 else { return nil }
        let start = data.startIndex
        isKeyFrame = data[start] & 1 == 0
        version = data[start] >> 1 & 7
        isShown = data[start] & 0x10 != 0
        firstPartitionSize = Int(data[start] >> 5) | Int(data[start + 1]) << 3 | Int(data[start + 2]) << 11
        guard isKeyFrame else { return }
        guard data.count >= 10, data[start + 3] == 0x9d, data[start + 4] == 0x01, data[start + 5] == 0x2a else { return nil }
        // Little-endian; the upper two bits of each are a hint for scaling.
        keyFrameSize = Size(
            width: UInt16(data[start + 6]) | UInt16(data[start + 7] & 0x3f) << 8,
            height: UInt16(data[start + 8]) | UInt16(data[start + 9] & 0x3f) << 8)
    }

    public init?(_ data: [UInt8]) { self.init(data[...]) }
}
