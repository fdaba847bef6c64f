/// What `--video` names.
public enum VideoSourceSpecification: Hashable, Sendable, CustomStringConvertible {
    /// A camera: the first, or the device at a path; and what it is asked for.
    case camera(path: String?, format: CaptureFormat = CaptureFormat())
    /// The test picture.
    case test(TestVideoFormat)
    /// A media file, which loops.
    case file(path: String)
    case none

    /// Reads `camera`, `camera:/dev/video2`, `camera:1280x720@25`, `camera:/dev/video2@1280x720`, `test`, `test:1280x720@25`, `none`, or else the name of a file.
    public init(parsing text: String) throws(MediaError) {
        let (kind, argument) = splitSpecification(text)
        switch (kind, argument) {
        case ("", nil):
            throw MediaError("no video source is named: use camera, camera:/dev/videoN, test, a file, or none")
        case ("none", nil):
            self = .none
        case ("camera", nil):
            self = .camera(path: nil)
        case ("camera", .some(let argument)):
            self = try Self.camera(argument)
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

    /// Reads what follows `camera:`, a device or a format or both.
    private static func camera(_ text: String) throws(MediaError) -> Self {
        if !text.hasPrefix("/"), let format = CaptureFormat(parsing: text[...]) { return .camera(path: nil, format: format) }
        guard text.hasPrefix("/"), text.utf8.count > 1 else {
            let example = "such as camera:/dev/video2, camera:1280x720@25, or camera:/dev/video2@1280x720"
            throw MediaError(
                "\(quoted("camera:" + text)) names no camera: after camera: comes a device, a size and rate, or both, \(example)")
        }
        // A device may have an @ in its name: only what reads as a format is one.
        for index in text.indices where text[index] == "@" {
            guard let format = CaptureFormat(parsing: text[text.index(after: index)...]) else { continue }
            return .camera(path: String(text[..<index]), format: format)
        }
        return .camera(path: text)
    }

    public var description: String {
        switch self {
        case .camera(let path, let format):
            switch (path, format == CaptureFormat()) {
            case (nil, true): "camera"
            case (nil, false): "camera:\(format)"
            case (let path?, true): "camera:\(path)"
            case (let path?, false): "camera:\(path)@\(format)"
            }
        case .test(let format): format == TestVideoFormat() ? "test" : "test:\(format)"
        case .file(let path): path
        case .none: "none"
        }
    }
}

extension VideoSourceSpecification {
    /// The most bits per second that its pictures are worth: somewhat less than libwebrtc's encoders take at their size (1.7 and
    /// 2.5 Mbit/s), since of more nobody sees anything and each packet costs processor time.
    public var maximumBitrate: Int {
        switch self {
        case .camera(_, let format) where format.width * format.height <= 640 * 480: 1_500_000
        case .test(let format) where format.width * format.height <= 640 * 480: 1_500_000
        default: 2_500_000
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
        guard let (width, height, rate) = splitFormat(text[...]) else {
            throw MediaError("\(quoted("test:" + text)) is no test picture: write it as test:WIDTHxHEIGHT@FPS, such as test:1280x720@25")
        }
        try self.init(width: width, height: height, framesPerSecond: rate)
    }

    public var description: String {
        "\(width)x\(height)@\(framesPerSecond)"
    }
}
