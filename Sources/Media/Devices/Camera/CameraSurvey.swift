import Glibc
public import MediaSources

/// What this machine has of cameras.
public struct CameraSurvey: Sendable {
    /// In the order of their numbers.
    public var cameras: [CameraDevice] = []
    /// What may be a camera and cannot be used, each with a sentence that says why and what to do.
    public var unusable: [(path: String, reason: MediaError)] = []

    /// Device numbers looked at: what the kernel gives out at most, of which a machine with several cameras uses a few.
    private static let numbers = 0..<256

    /// Looks at the devices in /dev, without disturbing who uses them.
    public init() {
        let present = Set(CameraDevice.entries(of: "/dev"))
        for path in Self.numbers.map({ "video\($0)" }) where present.contains(path) {
            let path = "/dev/" + path
            do throws(CameraFailure) {
                cameras.append(try CameraDevice(asking: path))
            } catch {
                // Encoders, and a camera's second device for its metadata, are no cameras and not worth a word.
                if error.kind != .absent { unusable.append((path, error.error)) }
            }
        }
    }

    /// Why there is no camera to be used, with what to do about it; nil where there is one.
    public var problem: MediaError? {
        guard cameras.isEmpty else { return nil }
        return unusable.first?.reason
            ?? MediaError("this machine has no camera: connect one, or choose test, a file or none for video")
    }
}

extension CameraDevice {
    /// The cameras of this machine that can be used, in the order of their numbers.
    public static func list() -> [CameraDevice] { CameraSurvey().cameras }

    /// The camera at a path, or the first.
    ///
    /// - Throws: a sentence when there is none that can be used.
    public static func chosen(path: String?) throws(MediaError) -> CameraDevice {
        if let path { return try CameraDevice(path: path) }
        let survey = CameraSurvey()
        if let first = survey.cameras.first { return first }
        throw survey.problem ?? CameraFailure(opening: "/dev/video0", ENOENT).error
    }
}
