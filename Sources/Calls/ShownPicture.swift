import Congestion

/// What this side has for the other side's picture.
public struct ShownPicture: Hashable, Sendable {
    /// In pixels.
    public var width: Int
    public var height: Int
    /// More pictures a second are not seen.
    public var framesPerSecond: Int

    /// No side of a picture is longer (RFC 6386 section 9.1).
    private static let longestSide = 16_383

    public init(width: Int, height: Int, framesPerSecond: Int = 60) {
        self.width = min(max(0, width), Self.longestSide)
        self.height = min(max(0, height), Self.longestSide)
        self.framesPerSecond = max(1, framesPerSecond)
    }

    /// As many of 16x16 pixels as cover it.
    package var macroblocks: Int { (width * height + 255) / 256 }

    /// Enough for 640x480, so that a window that is made larger is sharp at once, and not only after the other side has learnt
    /// of it.
    private static let floor = 600_000
    /// Twice of what is just enough.
    private static let quality = 2

    /// More bits per second than this could not be seen.
    package var usefulBitrate: Int {
        let needed = VideoLadder.bitrate(
            for: .init(width: width, height: height, framesPerSecond: Double(min(framesPerSecond, 30))))
        return max(Self.floor, BitrateAllocation.wanted(video: needed * Self.quality))
    }
}
