/// Size and rate that a camera is asked for; it gives what is nearest.
public struct CaptureFormat: Hashable, Sendable, CustomStringConvertible {
    /// In pixels: from the smallest that any camera has to more than one core encodes.
    public static let widths = 16...7680
    public static let heights = 16...4320
    public static let rates = 1...240

    public let width: Int
    public let height: Int
    /// Frames a second.
    public let framesPerSecond: Int

    /// 640x480 at 30 frames a second.
    public init() {
        width = 640
        height = 480
        framesPerSecond = 30
    }

    /// - Returns: nil outside of the limits.
    public init?(width: Int, height: Int, framesPerSecond: Int = 30) {
        guard Self.widths ~= width, Self.heights ~= height, Self.rates ~= framesPerSecond else { return nil }
        self.width = width
        self.height = height
        self.framesPerSecond = framesPerSecond
    }

    /// Reads `1280x720` or `1280x720@25`.
    init?(parsing text: Substring) {
        guard let (width, height, rate) = splitFormat(text) else { return nil }
        self.init(width: width, height: height, framesPerSecond: rate)
    }

    public var description: String { "\(width)x\(height)@\(framesPerSecond)" }
}
