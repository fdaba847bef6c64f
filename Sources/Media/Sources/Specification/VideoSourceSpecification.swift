/// What `--video` names.
public enum VideoSourceSpecification: Hashable, Sendable, CustomStringConvertible {
    /// A camera: the first, or the device at a path.
    case camera(path: String?)
    /// The test picture.
    case test(TestVideoFormat)
    /// A media file, which loops.
    case file(path: String)
    case none

    /// Reads `camera`, `camera:/dev/video2`, `test`, `test:1280x720@25`, `none`, or else the name of a file.
    public init(parsing text: String) throws(MediaError) {
        let (kind, argument) = splitSpecification(text)
        switch (kind, argument) {
        case ("", nil):
            throw MediaError("no video source is named: use camera, camera:/dev/videoN, test, a file, or none")
        case ("none", nil):
            self = .none
        case ("camera", nil):
            self = .camera(path: nil)
        case ("camera", .some(let path)):
            guard path.hasPrefix("/"), path.utf8.count > 1 else {
                throw MediaError("\(quoted(text)) names no camera: after camera: comes a device, such as camera:/dev/video2")
            }
            self = .camera(path: path)
        case ("test", nil):
            self = .test(TestVideoFormat())
        case ("test", .some(let format)):
            self = .test(try TestVideoFormat(parsing: format))
        case ("mic", _):
            throw MediaError("\(quoted(text)) is a source of sound: for video use camera, test, a file, or none")
        default:
            self = .file(path: text)
        }
    }

    public var description: String {
        switch self {
        case .camera(nil): "camera"
        case .camera(let path?): "camera:\(path)"
        case .test(let format): format == TestVideoFormat() ? "test" : "test:\(format)"
        case .file(let path): path
        case .none: "none"
        }
    }
}

/// Size and rate of the test picture.
public struct TestVideoFormat: Hashable, Sendable, CustomStringConvertible {
    /// From 96 pixels, so that a block of the stamp has the three samples that are read, to what one core encodes.
    public static let widths = 96...1920
    /// As for ``widths``, from three rows for each of the stamp's.
    public static let heights = 72...1200
    public static let rates = 1...60

    /// In pixels, even, within ``widths`` and ``heights``.
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

    /// Sizes and rates outside of the limits throw a sentence that names them.
    public init(width: Int, height: Int, framesPerSecond: Int = 30) throws(MediaError) {
        guard Self.widths ~= width, Self.heights ~= height else {
            let limits = "\(Self.widths.lowerBound)x\(Self.heights.lowerBound) to \(Self.widths.upperBound)x\(Self.heights.upperBound)"
            throw MediaError("a test picture of \(width)x\(height) is not possible: choose a size from \(limits)")
        }
        guard width.isMultiple(of: 2), height.isMultiple(of: 2) else {
            throw MediaError("a test picture of \(width)x\(height) is not possible: width and height must be even")
        }
        guard Self.rates ~= framesPerSecond else {
            throw MediaError("a test picture with \(framesPerSecond) frames a second is not possible: choose 1 to 60")
        }
        self.width = width
        self.height = height
        self.framesPerSecond = framesPerSecond
    }

    /// Reads `1280x720@25` or `1280x720`.
    init(parsing text: String) throws(MediaError) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let size = parts[0].split(separator: "x", maxSplits: 1, omittingEmptySubsequences: false).map { number($0) }
        let rate = parts.count > 1 ? number(parts[1]) : 30
        guard size.count == 2, let width = size[0], let height = size[1], let rate else {
            throw MediaError("\(quoted("test:" + text)) is no test picture: write it as test:WIDTHxHEIGHT@FPS, such as test:1280x720@25")
        }
        try self.init(width: width, height: height, framesPerSecond: rate)
    }

    public var description: String {
        "\(width)x\(height)@\(framesPerSecond)"
    }
}

/// A number of one to five digits: no sign, and nothing that overflows.
private func number(_ text: Substring) -> Int? {
    guard 1...5 ~= text.utf8.count, text.utf8.allSatisfy({ 48...57 ~= $0 }) else { return nil }
    return Int(text)
}
