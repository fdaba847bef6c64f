import NIOCore

/// What waits to be written to one client: bytes in a row, so that all that came together leaves in one write.
package struct OutgoingQueue {
    /// How much is handed to the channel at once, and about what the channel holds when the client does not read.
    package static let chunkSize = 65_536

    private var bytes = ByteBuffer()

    package init() {}

    package var isEmpty: Bool { bytes.readableBytes == 0 }
    package var count: Int { bytes.readableBytes }

    package mutating func append(_ frame: ByteBuffer) {
        // Alone it needs no copy.
        if isEmpty { bytes = frame } else { bytes.writeImmutableBuffer(frame) }
    }

    /// The next bytes to be written; `nil` when nothing waits.
    package mutating func next() -> ByteBuffer? {
        guard !isEmpty else { return nil }
        guard count > Self.chunkSize, let chunk = bytes.readSlice(length: Self.chunkSize) else {
            defer { bytes = ByteBuffer() }
            return bytes
        }
        // Copies, so that writing on does not copy all that waits.
        defer { bytes.discardReadBytes() }
        return ByteBuffer(bytes: chunk.readableBytesView)
    }
}
