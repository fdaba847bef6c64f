public import Codecs
public import MediaSources

/// A camera: whatever its format is, its pictures arrive as I420.
///
/// The camera is on between ``start(onFrame:)`` and ``stop()`` only. One that is missing, in use, unplugged or silent is told
/// of in a sentence and waited for: its pictures come, or come again, once they can.
public final class CameraSource: VideoSource {
    public let framesPerSecond: Double
    private let wish: Wish
    private let thread = Monitor<MediaThread?>(nil)
    private let counts = Monitor(CameraStatistics())

    /// - Parameters:
    ///   - path: of the device; nil for the first camera.
    ///   - format: what it is asked for; the camera gives what is nearest.
    ///   - onNote: told, on the source's thread, in one sentence each, why there are no pictures, and when they come again.
    ///   - onMute: told, on the source's thread, when the pictures cease without a ``stop()`` (true), and when they come (again).
    public init(
        path: String? = nil, format: CaptureFormat = CaptureFormat(), onNote: @escaping @Sendable (String) -> Void = { _ in },
        onMute: @escaping @Sendable (Bool) -> Void = { _ in }
    ) {
        framesPerSecond = Double(format.framesPerSecond)
        wish = Wish(path: path, format: format, onNote: onNote, onMute: onMute)
    }

    deinit {
        stop()
    }

    public func start(onFrame: @escaping @Sendable (VideoFrame) -> Void) {
        let (wish, counts) = (wish, counts)
        thread.withLock { thread in
            guard thread == nil else { return }
            thread = MediaThread(name: "camera") { thread in
                var session = CameraSession(wish, thread, counts, onFrame)
                session.run()
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

    /// What became of the pictures since the source was made.
    public var statistics: CameraStatistics { counts.withLock { $0 } }

    /// What is asked for, and who is told.
    struct Wish: Sendable {
        var path: String?
        var format: CaptureFormat
        var onNote: @Sendable (String) -> Void
        var onMute: @Sendable (Bool) -> Void
    }
}

/// One time that a camera is wanted, from a start to a stop; on the source's thread.
private struct CameraSession {
    /// In nanoseconds: a camera that gives nothing for 5 s is worth a word, and is switched off and on.
    private static let patience: Int64 = 5_000_000_000
    /// In nanoseconds: how often a camera is tried again that no event will tell of, as one that another program uses.
    private static let retryInterval: Int64 = 2_000_000_000

    private let wish: CameraSource.Wish
    private let thread: MediaThread
    private let counts: Monitor<CameraStatistics>
    private let onFrame: @Sendable (VideoFrame) -> Void
    private let pool = I420Pool()
    /// What was in use last, to be known again under another number.
    private var device: CameraDevice?
    /// Why there are no pictures at present, as the person was told.
    private var trouble: CameraFailure?
    private var isMuted: Bool?

    init(
        _ wish: CameraSource.Wish, _ thread: MediaThread, _ counts: Monitor<CameraStatistics>,
        _ onFrame: @escaping @Sendable (VideoFrame) -> Void
    ) {
        self.wish = wish
        self.thread = thread
        self.counts = counts
        self.onFrame = onFrame
    }

    mutating func run() {
        // Watching begins before the camera is looked for: one that comes in between is not missed.
        let watch = DeviceWatch()
        while !thread.isStopping {
            do {
                try capture()
            } catch {
                let failure = error as? CameraFailure ?? CameraFailure(.absent, "\(error)")
                setMuted(true)
                // A camera that is unplugged may be busy, forbidden and absent in turn while it comes back; once is enough.
                if trouble == nil || trouble?.kind != failure.kind && failure.kind != .absent { wish.onNote(failure.error.description) }
                trouble = failure
                guard failure.kind != .stalled else { continue }
                watch.wait(until: MediaClock.monotonicNanoseconds + Self.retryInterval, on: thread)
            }
        }
    }

    /// Captures until the thread is to stop.
    ///
    /// - Throws: ``CameraFailure``, or `MediaError` where there is no such camera.
    private mutating func capture() throws {
        let camera = try find()
        let mode = camera.mode(for: wish.format)
        let stream = try CameraStream(path: camera.path, mode: mode, wanted: wish.format)
        device = camera
        var account = CameraStatistics()
        var lastFrame = MediaClock.monotonicNanoseconds
        while !thread.isStopping {
            let capture = try stream.next(pool)
            let now = MediaClock.monotonicNanoseconds
            add(stream.statistics, since: &account)
            if let frame = capture?.frame {
                lastFrame = now
                if isMuted != false { begin(stream.mode, camera) }
                onFrame(frame)
            } else if now - lastFrame > Self.patience {
                throw CameraFailure(
                    .stalled,
                    "the camera \(quoted(camera.name)) is on but gives no pictures: it is tried again; or disconnect it and connect it again"
                )
            }
        }
    }

    /// The first picture is there, of the first time or after trouble.
    private mutating func begin(_ mode: CameraMode, _ camera: CameraDevice) {
        setMuted(false)
        if trouble != nil { wish.onNote("the camera \(quoted(camera.name)) is back") }
        trouble = nil
        let wanted = wish.format
        if wanted != CaptureFormat(), (mode.width, mode.height) != (wanted.width, wanted.height) {
            wish.onNote(
                "the camera \(quoted(camera.name)) has no pictures of \(wanted.width)x\(wanted.height): it gives \(mode.width)x\(mode.height)"
            )
        }
    }

    private mutating func setMuted(_ isMuted: Bool) {
        guard self.isMuted != isMuted else { return }
        self.isMuted = isMuted
        wish.onMute(isMuted)
    }

    private func add(_ current: CameraStatistics, since last: inout CameraStatistics) {
        let change = (
            current.framesCaptured - last.framesCaptured, current.framesDropped - last.framesDropped,
            current.framesBroken - last.framesBroken
        )
        last = current
        counts.withLock {
            $0.framesCaptured += change.0
            $0.framesDropped += change.1
            $0.framesBroken += change.2
        }
    }

    /// The camera that was wanted; after it was unplugged the same one, whatever its number is then.
    private func find() throws(MediaError) -> CameraDevice {
        guard let device else { return try CameraDevice.chosen(path: wish.path) }
        let cameras = CameraDevice.list()
        if let same = cameras.first(where: { $0.identity == device.identity && $0.path == device.path })
            ?? cameras.first(where: { $0.identity == device.identity }) ?? cameras.first(where: { $0.name == device.name })
        {
            return same
        }
        if wish.path == nil, let other = cameras.first { return other }
        return try CameraDevice(path: device.path)
    }
}
