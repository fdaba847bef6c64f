import CV4L2
import Glibc
public import MediaSources

/// One of the things that a camera lets one adjust. It keeps the setting, for every program, until it is unplugged.
public struct CameraControl: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case number(ClosedRange<Int>, step: Int)
        case onOff
        /// A choice by number.
        case choice(ClosedRange<Int>)
    }

    public var id: UInt32
    /// The driver's name for it, for people.
    public var name: String
    public var kind: Kind
    /// Nil where it can't be read at present, as the distance of a focus that is automatic.
    public var value: Int?

    /// Controls looked at, whatever a driver says.
    private static let maximumListed = 256

    /// The controls of the camera at a path.
    ///
    /// - Throws: a sentence when that is absent or forbidden.
    public static func list(path: String) throws(MediaError) -> [CameraControl] {
        try withCamera(path) { file in list(file) }
    }

    /// Sets a control to a number within its range.
    ///
    /// - Throws: a sentence when the camera does not take it.
    package static func set(_ id: UInt32, to value: Int, path: String) throws(MediaError) {
        let error = try withCamera(path) { file -> Int32 in
            var control = v4l2_control(id: id, value: Int32(clamping: value))
            return glyphone_v4l2_set_control(file, &control) == 0 ? 0 : errno
        }
        guard error == 0 else {
            throw MediaError(
                "the camera \(quoted(path)) refuses that at present (\(String(cString: strerror(error)))): set it to auto or off first, or try another value"
            )
        }
    }

    private static func withCamera<Result>(_ path: String, _ body: (Int32) -> Result) throws(MediaError) -> Result {
        let file = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw CameraFailure(opening: path, errno).error }
        defer { close(file) }
        return body(file)
    }

    private static func list(_ file: Int32) -> [CameraControl] {
        var controls: [CameraControl] = []
        var description = v4l2_queryctrl()
        for _ in 0..<maximumListed {
            guard glyphone_v4l2_next_control(file, &description) == 0 else { break }
            let flags = description.flags
            guard flags & UInt32(V4L2_CTRL_FLAG_DISABLED | V4L2_CTRL_FLAG_READ_ONLY) == 0, description.minimum <= description.maximum else {
                continue
            }
            let range = Int(description.minimum)...Int(description.maximum)
            let kind: Kind
            switch v4l2_ctrl_type(rawValue: description.type) {
            case V4L2_CTRL_TYPE_INTEGER: kind = .number(range, step: max(1, Int(description.step)))
            case V4L2_CTRL_TYPE_BOOLEAN: kind = .onOff
            case V4L2_CTRL_TYPE_MENU, V4L2_CTRL_TYPE_INTEGER_MENU: kind = .choice(range)
            case V4L2_CTRL_TYPE_BUTTON: kind = .choice(0...0)
            default: continue
            }
            var current = v4l2_control(id: description.id, value: 0)
            let isKnown = flags & UInt32(V4L2_CTRL_FLAG_WRITE_ONLY) == 0 && glyphone_v4l2_get_control(file, &current) == 0
            controls.append(
                CameraControl(id: description.id, name: text(description.name), kind: kind, value: isKnown ? Int(current.value) : nil))
        }
        return controls
    }
}
