public import Codecs
public import MediaSources

/// A camera, through libv4l2: whatever its format is, its pictures arrive as I420.
///
/// The camera is on between ``start(onFrame:)`` and ``stop()`` only.
public final class CameraSource: VideoSource {
    /// In nanoseconds: a camera that gives nothing for 5 s is worth a word.
    private static let patience: Int64 = 5_000_000_000

    public let device: CameraDevice
    public let framesPerSecond: Double
    private let width: Int
    private let height: Int
    private let onNote: @Sendable (String) -> Void
    private let thread = Monitor<MediaThread?>(nil)

    /// Looks whether there is such a camera, without switching it on.
    ///
    /// - Parameters:
    ///   - path: of the device; nil for the first camera.
    ///   - width: wanted, in pixels; the camera gives what is nearest.
    ///   - onNote: told, on the source's thread, in one sentence why there are no pictures.
    /// - Throws: a sentence when it is absent, forbidden, or no camera.
    public init(
        path: String? = nil, width: Int = 640, height: Int = 480, framesPerSecond: Int = 30,
        onNote: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(MediaError) {
        if let path {
            device = try CameraDevice(path: path)
        } else {
            guard let first = CameraDevice.list().first else {
                throw MediaError("this machine has no camera that can be used: connect one, or choose test, a file or none for video")
            }
            device = first
        }
        self.width = width
        self.height = height
        self.framesPerSecond = Double(max(1, framesPerSecond))
        self.onNote = onNote
    }

    deinit {
        stop()
    }

    public func start(onFrame: @escaping @Sendable (VideoFrame) -> Void) {
        let (path, width, height, rate, onNote) = (device.path, width, height, framesPerSecond, onNote)
        thread.withLock { thread in
            guard thread == nil else { return }
            thread = MediaThread(name: "camera") { thread in
                do throws(MediaError) {
                    let camera = try CameraStream(path: path, width: width, height: height, framesPerSecond: rate)
                    try Self.run(camera, on: thread, onNote, onFrame)
                } catch {
                    onNote(error.description)
                }
            }
        }
    }

    public func stop() {
        let stopped = thread.withLock { thread -> MediaThread? in
            defer { thread = nil }
            return thread
        }
        stopped?.stop()
    }

    private static func run(
        _ camera: CameraStream, on thread: MediaThread, _ onNote: (String) -> Void, _ onFrame: (VideoFrame) -> Void
    ) throws(MediaError) {
        let pool = I420Pool()
        var lastFrame: Int64? = MediaClock.monotonicNanoseconds
        while !thread.isStopping {
            let frame = try camera.nextFrame(pool)
            let now = MediaClock.monotonicNanoseconds
            if let frame {
                lastFrame = now
                onFrame(frame)
            } else if let last = lastFrame, now - last > patience {
                onNote("the camera \(quoted(camera.path)) is on but gives no pictures: disconnect it and connect it again")
                lastFrame = nil
            }
        }
    }
}
