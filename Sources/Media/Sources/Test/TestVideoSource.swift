public import Codecs

/// The test picture with its stamp, in real time.
public final class TestVideoSource: VideoSource {
    public let format: TestVideoFormat
    public var framesPerSecond: Double { Double(format.framesPerSecond) }

    private let thread = Monitor<MediaThread?>(nil)

    public init(format: TestVideoFormat = TestVideoFormat()) {
        self.format = format
    }

    deinit {
        stop()
    }

    public func start(onFrame: @escaping @Sendable (VideoFrame) -> Void) {
        let format = format
        thread.withLock { thread in
            guard thread == nil else { return }
            thread = MediaThread(name: "test picture") { thread in
                Self.run(format, on: thread, onFrame)
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

    private static func run(_ format: TestVideoFormat, on thread: MediaThread, _ onFrame: @Sendable (VideoFrame) -> Void) {
        let picture = TestPicture.picture(for: format)
        let pool = I420Pool()
        let rate = Int64(format.framesPerSecond)
        let origin = MediaClock.monotonicNanoseconds
        var slot: Int64 = 0
        var counter: UInt16 = 0
        while thread.sleep(until: origin + slot * 1_000_000_000 / rate) {
            guard let buffer = try? pool.buffer(width: format.width, height: format.height) else { return }
            let timestamp = MediaClock.now
            let stamp = TestStamp(milliseconds: UInt32(truncatingIfNeeded: MediaClock.unixMilliseconds), counter: counter)
            picture.draw(on: buffer, at: Double(slot) / Double(rate))
            stamp.write(to: buffer)
            onFrame(VideoFrame(buffer: buffer, timestamp: timestamp))
            counter &+= 1
            // Times that have already passed, on a machine that was busy or asleep, are left out.
            let passed = (MediaClock.monotonicNanoseconds - origin) * rate / 1_000_000_000
            slot = max(slot + 1, passed)
        }
    }
}
