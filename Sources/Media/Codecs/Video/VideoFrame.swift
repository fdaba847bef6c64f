/// A picture and the time that it shows.
public struct VideoFrame: Sendable {
    public var buffer: I420Buffer
    /// When it was captured (or is to be shown), on a monotonic clock that all of the program's media share.
    public var timestamp: Duration

    public init(buffer: I420Buffer, timestamp: Duration) {
        self.buffer = buffer
        self.timestamp = timestamp
    }

    public var width: Int { buffer.width }
    public var height: Int { buffer.height }
}
