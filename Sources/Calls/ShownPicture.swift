import Congestion

/// The pixels that this side has for the other side's picture.
public struct ShownPicture: Hashable, Sendable {
    public var width: Int
    public var height: Int

    public init(width: Int, height: Int) {
        self.width = max(0, width)
        self.height = max(0, height)
    }

    /// Enough for 640x480, so that a window that is made larger is sharp at once, and not only after the other side has learnt
    /// of it.
    private static let floor = 600_000
    /// Twice of what is just enough.
    private static let quality = 2

    /// More bits per second than this could not be seen.
    package var usefulBitrate: Int {
        let needed = VideoLadder.bitrate(for: .init(width: min(width, 8192), height: min(height, 8192), framesPerSecond: 30))
        return max(Self.floor, BitrateAllocation.wanted(video: needed * Self.quality))
    }
}
