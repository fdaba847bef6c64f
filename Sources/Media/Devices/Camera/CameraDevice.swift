import CV4L2
import Glibc
public import MediaSources

/// A camera that Video4Linux offers.
public struct CameraDevice: Hashable, Sendable {
    /// What `camera:` takes: `/dev/video0`.
    public var path: String
    /// A path that stays this camera's in whatever order cameras are connected; nil where the system gives none.
    public var stablePath: String?
    /// The driver's name for it, for people.
    public var name: String
    public var formats: [CameraFormat]

    /// What tells this camera from others after it was connected again: its name and where it is plugged in.
    var identity: [String] { [name, location] }
    private var location: String

    /// Asks a device what it is, without disturbing who uses it.
    ///
    /// - Throws: a sentence when it is absent, forbidden, or no camera.
    public init(path: String) throws(MediaError) {
        do throws(CameraFailure) { try self.init(asking: path) } catch { throw error.error }
    }

    init(asking path: String) throws(CameraFailure) {
        let file = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw CameraFailure(opening: path, errno) }
        defer { close(file) }
        var capability = v4l2_capability()
        guard glyphone_v4l2_query(file, &capability) == 0 else {
            throw CameraFailure(.absent, "\(quoted(path)) is no camera: `glyphone devices` shows the cameras")
        }
        let all = capability.capabilities
        let own = all & UInt32(V4L2_CAP_DEVICE_CAPS) != 0 ? capability.device_caps : all
        guard own & UInt32(V4L2_CAP_VIDEO_CAPTURE) != 0, own & UInt32(V4L2_CAP_STREAMING) != 0 else {
            throw CameraFailure(.absent, "\(quoted(path)) delivers no pictures: `glyphone devices` shows the cameras")
        }
        self.path = path
        stablePath = Self.stablePath(of: path)
        name = text(capability.card)
        location = text(capability.bus_info)
        formats = Self.formats(file)
    }

    /// The mode that is nearest to what is wanted; nil where only libv4l2 can make a picture of what the camera gives.
    public func mode(for wanted: CaptureFormat) -> CameraMode? {
        CameraMode.best(of: formats, for: wanted)
    }

    /// The link in /dev/v4l/by-id, or else by-path, that leads to a device.
    private static func stablePath(of path: String) -> String? {
        guard let target = resolved(path) else { return nil }
        for folder in ["/dev/v4l/by-id", "/dev/v4l/by-path"] {
            for name in entries(of: folder) where resolved("\(folder)/\(name)") == target { return "\(folder)/\(name)" }
        }
        return nil
    }

    /// The names in a folder, sorted; none where it can't be read.
    static func entries(of folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = text(entry.pointee.d_name)
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}

// MARK: - Formats

extension CameraDevice {
    /// Formats, sizes and rates listed at most, whatever a driver says: the richest driver known, the kernel's test driver, has 84 formats.
    private static let maximumListed = 128

    private static func formats(_ file: Int32) -> [CameraFormat] {
        var formats: [CameraFormat] = []
        for index in 0..<UInt32(maximumListed) {
            var description = v4l2_fmtdesc()
            description.index = index
            description.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
            guard glyphone_v4l2_enum_format(file, &description) == 0 else { break }
            let format = PixelFormat(code: description.pixelformat)
            formats.append(CameraFormat(pixelFormat: format, name: text(description.description), sizes: sizes(file, format)))
        }
        return formats
    }

    private static func sizes(_ file: Int32, _ format: PixelFormat) -> [CameraSize] {
        var sizes: [CameraSize] = []
        for index in 0..<UInt32(maximumListed) {
            var size = v4l2_frmsizeenum()
            size.index = index
            size.pixel_format = format.code
            guard glyphone_v4l2_enum_frame_size(file, &size) == 0 else { break }
            if size.type == V4L2_FRMSIZE_TYPE_DISCRETE.rawValue {
                let (width, height) = (Int(size.discrete.width), Int(size.discrete.height))
                add(CameraSize.Side(width...width), CameraSize.Side(height...height))
            } else {
                let range = size.stepwise
                guard range.min_width <= range.max_width, range.min_height <= range.max_height else { break }
                add(
                    CameraSize.Side(Int(range.min_width)...Int(range.max_width), step: Int(range.step_width)),
                    CameraSize.Side(Int(range.min_height)...Int(range.max_height), step: Int(range.step_height)))
                break
            }
        }
        // A driver that lists no sizes takes what it is asked for, or says so then.
        if sizes.isEmpty { add(CameraSize.Side(CaptureFormat.widths), CameraSize.Side(CaptureFormat.heights)) }
        return sizes

        func add(_ width: CameraSize.Side, _ height: CameraSize.Side) {
            guard width.range.lowerBound > 0, height.range.lowerBound > 0 else { return }
            let usual = CaptureFormat()
            let rates = rates(file, format, width.nearest(to: usual.width), height.nearest(to: usual.height))
            sizes.append(CameraSize(width: width, height: height, rates: rates.listed, hasRatesBetween: rates.hasAllBetween))
        }
    }

    private static func rates(_ file: Int32, _ format: PixelFormat, _ width: Int, _ height: Int) -> (listed: [Double], hasAllBetween: Bool)
    {
        var rates: [Double] = []
        for index in 0..<UInt32(maximumListed) {
            var interval = v4l2_frmivalenum()
            interval.index = index
            interval.pixel_format = format.code
            interval.width = UInt32(clamping: width)
            interval.height = UInt32(clamping: height)
            guard glyphone_v4l2_enum_frame_interval(file, &interval) == 0 else { break }
            if interval.type == V4L2_FRMIVAL_TYPE_DISCRETE.rawValue {
                if let rate = rate(interval.discrete) { rates.append(rate) }
            } else {
                guard let fastest = rate(interval.stepwise.min), let slowest = rate(interval.stepwise.max) else { break }
                return ([min(slowest, fastest), max(slowest, fastest)], true)
            }
        }
        return (rates, false)
    }

    /// Frames a second of an interval in seconds, of those that a camera can have.
    private static func rate(_ interval: v4l2_fract) -> Double? {
        guard interval.numerator > 0, interval.denominator > 0 else { return nil }
        let rate = Double(interval.denominator) / Double(interval.numerator)
        return min(max(rate, 0.1), 1000)
    }
}

/// The text in a fixed array of bytes of the system's, which need not end with a zero.
func text<Bytes>(_ bytes: Bytes) -> String {
    withUnsafeBytes(of: bytes) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
