/// A decoded picture in I420, borrowed: three planes of 8 bits, the chroma planes at half the width and height, rounded up.
///
/// The samples are read as BT.601 with the range 16...235, which is what VP8 carries (RFC 6386 section 9.2). The planes must outlive the view.
public struct PictureView {
    /// No side of a picture is longer than this, in samples: VP8's own limit (14 bits, RFC 6386 section 9.1), which the scaler's sums rely on.
    public static let longestSide = 16_383

    public let width: Int
    public let height: Int
    public let luma: UnsafeBufferPointer<UInt8>
    public let blue: UnsafeBufferPointer<UInt8>
    public let red: UnsafeBufferPointer<UInt8>
    public let lumaStride: Int
    public let chromaStride: Int

    /// - Parameters:
    ///   - blue: the plane U (Cb).
    ///   - red: the plane V (Cr).
    ///   - lumaStride: bytes from one row to the next, at least `width`.
    ///   - chromaStride: the same of both chroma planes, at least half of `width`, rounded up.
    /// - Returns: nil if a plane is too small for these sizes or a side is not in 1...``longestSide``.
    public init?(
        width: Int, height: Int, luma: UnsafeBufferPointer<UInt8>, lumaStride: Int, blue: UnsafeBufferPointer<UInt8>,
        red: UnsafeBufferPointer<UInt8>, chromaStride: Int
    ) {
        let sides = 1...Self.longestSide
        let widestStride = 1 << 24
        guard sides.contains(width), sides.contains(height), (width...widestStride).contains(lumaStride) else { return nil }
        let chromaWidth = (width + 1) / 2
        let chromaHeight = (height + 1) / 2
        guard (chromaWidth...widestStride).contains(chromaStride) else { return nil }
        guard luma.count >= lumaStride * (height - 1) + width else { return nil }
        let chromaCount = chromaStride * (chromaHeight - 1) + chromaWidth
        guard blue.count >= chromaCount, red.count >= chromaCount else { return nil }
        self.width = width
        self.height = height
        self.luma = luma
        self.blue = blue
        self.red = red
        self.lumaStride = lumaStride
        self.chromaStride = chromaStride
    }

    var chromaWidth: Int { (width + 1) / 2 }
    var chromaHeight: Int { (height + 1) / 2 }
}
