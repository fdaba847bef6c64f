import CV4L2
import Glibc
import MediaSources

/// A camera that Video4Linux offers.
public struct CameraDevice: Hashable, Sendable {
    /// What `camera:` takes: `/dev/video0`.
    public var path: String
    /// The driver's name for it, for people.
    public var name: String
    /// The formats it delivers, in the driver's words, each with the sizes it lists.
    public var formats: [Format]

    public struct Format: Hashable, Sendable {
        public var name: String
        /// Such as `640x480`.
        public var sizes: [String]
    }

    /// Device numbers looked at: what udev gives out on a machine with several cameras of several nodes each.
    private static let numbers = 0..<64
    /// Formats and sizes listed at most, whatever a driver says.
    private static let maximumListed = 32

    /// The cameras of this machine, in the order of their numbers. Devices that may not be opened, and those that are no
    /// cameras, are left out.
    public static func list() -> [CameraDevice] {
        numbers.compactMap { try? CameraDevice(path: "/dev/video\($0)") }
    }

    /// Asks a device what it is, without disturbing who uses it.
    ///
    /// - Throws: a sentence when it is absent, forbidden, or no camera.
    public init(path: String) throws(MediaError) {
        let file = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw Self.failure(to: "open", path, errno) }
        defer { close(file) }
        var capability = v4l2_capability()
        guard glyphone_v4l2_query(file, &capability) == 0 else {
            throw MediaError("\(quoted(path)) is no camera: `glyphone devices` shows the cameras")
        }
        let all = capability.capabilities
        let own = all & UInt32(V4L2_CAP_DEVICE_CAPS) != 0 ? capability.device_caps : all
        guard own & UInt32(V4L2_CAP_VIDEO_CAPTURE) != 0, own & UInt32(V4L2_CAP_STREAMING) != 0 else {
            throw MediaError("\(quoted(path)) delivers no pictures: `glyphone devices` shows the cameras")
        }
        self.path = path
        name = text(capability.card)
        formats = Self.formats(file)
    }

    private static func formats(_ file: Int32) -> [Format] {
        var formats: [Format] = []
        for index in 0..<UInt32(maximumListed) {
            var description = v4l2_fmtdesc()
            description.index = index
            description.type = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
            guard glyphone_v4l2_enum_format(file, &description) == 0 else { break }
            var sizes: [String] = []
            for sizeIndex in 0..<UInt32(maximumListed) {
                var size = v4l2_frmsizeenum()
                size.index = sizeIndex
                size.pixel_format = description.pixelformat
                guard glyphone_v4l2_enum_frame_size(file, &size) == 0 else { break }
                guard size.type == V4L2_FRMSIZE_TYPE_DISCRETE.rawValue else {
                    sizes.append("up to \(size.stepwise.max_width)x\(size.stepwise.max_height)")
                    break
                }
                sizes.append("\(size.discrete.width)x\(size.discrete.height)")
            }
            formats.append(Format(name: text(description.description), sizes: sizes))
        }
        return formats
    }

    /// The sentence for an error of the system's.
    static func failure(to action: String, _ path: String, _ error: Int32) -> MediaError {
        let name = quoted(path)
        switch error {
        case ENOENT, ENOTDIR: return MediaError("there is no camera \(name): connect one, or choose test, a file or none for video")
        case ENODEV, ENXIO: return MediaError("the camera \(name) was disconnected: connect it again, or choose another source for video")
        case EACCES, EPERM:
            return MediaError("the camera \(name) may not be used: add yourself to the group \"video\" and log in again")
        case EBUSY: return MediaError("the camera \(name) is in use by another program: close that one, or choose another camera")
        default:
            return MediaError(
                "the camera \(name) failed to \(action) (\(String(cString: strerror(error)))): choose another source for video")
        }
    }
}

/// The text in a fixed array of bytes of the system's, which need not end with a zero.
private func text<Bytes>(_ bytes: Bytes) -> String {
    withUnsafeBytes(of: bytes) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
