import Glibc
import MediaSources

/// Why a camera gives no pictures.
struct CameraFailure: Error, CustomStringConvertible {
    enum Kind: Equatable {
        /// Not there, or unplugged.
        case absent
        case forbidden
        case busy
        /// On, and silent.
        case stalled
        case other
    }

    var kind: Kind
    /// For a person: what happened, to what, and what to do next.
    var error: MediaError

    var description: String { error.description }

    init(_ kind: Kind, _ sentence: String) {
        self.kind = kind
        error = MediaError(sentence)
    }

    init(opening path: String, _ error: Int32) {
        self.init(to: "open", path, error)
    }

    /// - Parameter action: what was tried, as in "the camera failed to …".
    init(to action: String, _ path: String, _ error: Int32) {
        let name = quoted(path)
        switch error {
        case ENOENT, ENOTDIR:
            self.init(.absent, "there is no camera \(name): connect one, or choose test, a file or none for video")
        case ENODEV, ENXIO:
            self.init(.absent, "the camera \(name) was disconnected: connect it again and it goes on")
        case EACCES, EPERM: self.init(.forbidden, Self.permission(path))
        case EBUSY:
            self.init(
                .busy, "the camera \(name) is in use by another program: close that one and the picture comes, or choose another camera")
        default:
            self.init(
                .other,
                "the camera \(name) failed to \(action) (\(String(cString: strerror(error)))): it is tried again; or choose another source for video"
            )
        }
    }

    /// Who may use a device, and how to become one of them.
    private static func permission(_ path: String) -> String {
        var status = stat()
        let start = "the camera \(quoted(path)) may not be used: "
        guard stat(path, &status) == 0, status.st_mode & S_IRGRP != 0, status.st_mode & S_IWGRP != 0, status.st_gid != 0,
            let group = getgrgid(status.st_gid)
        else { return start + "only the system's administrator may, who can give it to the group \"video\"" }
        let groupName = String(cString: group.pointee.gr_name)
        let user = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "YOU"
        return start + "it belongs to the group \(quoted(groupName)); sudo usermod -aG \(groupName) \(user), then log in again"
    }
}
