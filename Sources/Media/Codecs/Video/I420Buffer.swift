/// One picture in planar YUV 4:2:0: a full-size luma plane and two chroma planes of half the width and height.
///
/// All planes lie in one allocation, each row aligned to ``alignment`` bytes. Samples are BT.601 limited range unless the
/// source says otherwise (luma 16...235, chroma 16...240 around 128).
///
/// A buffer has one writer at first, who fills it through ``withMutablePlanes(_:)``. From the moment that it is handed to
/// anyone else it is immutable. That rule, which the compiler cannot check, is what makes it `Sendable` without a lock.
public final class I420Buffer: @unchecked Sendable {
    /// Rows and planes begin at multiples of this many bytes: a cache line, and enough for every vector instruction.
    public static let alignment = 64
    /// The largest width and height: what VP8 can carry (14 bits, RFC 6386 section 9.1).
    public static let maximumDimension = 16383

    /// In pixels, 1...``maximumDimension``.
    public let width: Int
    public let height: Int
    /// Distance in bytes between the starts of two luma rows.
    public let lumaStride: Int
    /// Distance in bytes between the starts of two rows of either chroma plane.
    public let chromaStride: Int

    private let storage: UnsafeMutableRawBufferPointer
    private let pool: I420Pool?

    /// The size of a picture is not within 1...``maximumDimension``.
    public struct SizeError: Error, Equatable, CustomStringConvertible {
        public var width: Int
        public var height: Int

        public init(width: Int, height: Int) {
            self.width = width
            self.height = height
        }

        public var description: String {
            "a picture of \(width)x\(height) is not possible: each side must be 1 to \(maximumDimension) pixels"
        }
    }

    /// A picture of its own memory, whose samples are undefined until written.
    public convenience init(width: Int, height: Int) throws(SizeError) {
        let layout = try Layout(width: width, height: height)
        self.init(layout: layout, storage: layout.allocate(), pool: nil)
    }

    init(layout: Layout, storage: UnsafeMutableRawBufferPointer, pool: I420Pool?) {
        width = layout.width
        height = layout.height
        lumaStride = layout.lumaStride
        chromaStride = layout.chromaStride
        self.storage = storage
        self.pool = pool
    }

    deinit {
        if let pool { pool.recycle(storage) } else { storage.deallocate() }
    }

    /// Width of a chroma plane: half the picture's, rounded up.
    public var chromaWidth: Int { (width + 1) / 2 }
    public var chromaHeight: Int { (height + 1) / 2 }

    /// Reads the planes, which are valid only within `body`.
    public func withPlanes<Result, Failure: Error>(
        _ body: (_ y: Plane, _ u: Plane, _ v: Plane) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withMutablePlanes { (y, u, v) throws(Failure) in try body(Plane(y), Plane(u), Plane(v)) }
    }

    /// Writes the planes, which are valid only within `body`; only for the writer that has not yet shared the buffer.
    public func withMutablePlanes<Result, Failure: Error>(
        _ body: (_ y: MutablePlane, _ u: MutablePlane, _ v: MutablePlane) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let luma = lumaStride * height
        let chroma = chromaStride * chromaHeight
        return try withExtendedLifetime(self) { () throws(Failure) in
            try body(
                plane(at: 0, width, height, lumaStride),
                plane(at: luma, chromaWidth, chromaHeight, chromaStride),
                plane(at: luma + chroma, chromaWidth, chromaHeight, chromaStride))
        }
    }

    private func plane(at offset: Int, _ width: Int, _ height: Int, _ stride: Int) -> MutablePlane {
        let part = UnsafeMutableRawBufferPointer(rebasing: storage[offset..<(offset + stride * height)])
        return MutablePlane(samples: part.assumingMemoryBound(to: UInt8.self), width: width, height: height, stride: stride)
    }

    /// Fills the whole picture with one colour; black unless told otherwise.
    public func fill(y: UInt8 = 16, u: UInt8 = 128, v: UInt8 = 128) {
        withMutablePlanes { yPlane, uPlane, vPlane in
            yPlane.samples.update(repeating: y)
            uPlane.samples.update(repeating: u)
            vPlane.samples.update(repeating: v)
        }
    }
}

extension I420Buffer {
    /// The samples of one plane, with `stride` bytes from row to row.
    public struct Plane {
        public let samples: UnsafeBufferPointer<UInt8>
        public let width: Int
        public let height: Int
        public let stride: Int

        init(_ plane: MutablePlane) {
            samples = UnsafeBufferPointer(plane.samples)
            width = plane.width
            height = plane.height
            stride = plane.stride
        }

        /// The samples of row `y`, which must lie within the plane.
        public func row(_ y: Int) -> UnsafeBufferPointer<UInt8> {
            UnsafeBufferPointer(rebasing: samples[(y * stride)..<(y * stride + width)])
        }
    }

    /// The samples of one plane, to be written.
    public struct MutablePlane {
        public let samples: UnsafeMutableBufferPointer<UInt8>
        public let width: Int
        public let height: Int
        public let stride: Int

        /// The samples of row `y`, which must lie within the plane.
        public func row(_ y: Int) -> UnsafeMutableBufferPointer<UInt8> {
            UnsafeMutableBufferPointer(rebasing: samples[(y * stride)..<(y * stride + width)])
        }
    }

    /// Where the planes of a picture lie in its memory.
    struct Layout: Equatable, Sendable {
        let width: Int
        let height: Int
        let lumaStride: Int
        let chromaStride: Int

        init(width: Int, height: Int) throws(SizeError) {
            guard 1...maximumDimension ~= width, 1...maximumDimension ~= height else { throw SizeError(width: width, height: height) }
            self.width = width
            self.height = height
            lumaStride = Self.aligned(width)
            chromaStride = Self.aligned((width + 1) / 2)
        }

        var byteCount: Int { lumaStride * height + 2 * chromaStride * ((height + 1) / 2) }

        func allocate() -> UnsafeMutableRawBufferPointer {
            .allocate(byteCount: byteCount, alignment: alignment)
        }

        private static func aligned(_ count: Int) -> Int {
            (count + alignment - 1) / alignment * alignment
        }
    }
}
