import Codecs
import Congestion
import MediaSources
import Wire

/// Makes of a source's pictures what the bitrate is enough for: fewer, or smaller ones. To be used by one thread.
struct PictureReducer {
    private let framesPerSecond: Double
    private var ladder = VideoLadder()
    private let scaler = PictureScaler()
    private let pool = I420Pool()
    private var last: Duration?

    /// - Parameter framesPerSecond: what the source gives.
    init(framesPerSecond: Double) {
        self.framesPerSecond = framesPerSecond
    }

    var isReduced: Bool { ladder.isReduced }

    /// - Parameters:
    ///   - bitrate: bits per second for pictures.
    ///   - limit: what the other side takes.
    /// - Returns: `nil` if this picture is one too many.
    mutating func reduce(_ frame: VideoFrame, bitrate: Int, limit: VideoLadder.Limit = VideoLadder.Limit()) -> VideoFrame? {
        let source = VideoLadder.Format(width: frame.width, height: frame.height, framesPerSecond: framesPerSecond)
        let format = ladder.update(bitrate: bitrate, source: source, limit: limit, at: Instant(nanoseconds: frame.timestamp.nanoseconds))
        if let last, format.framesPerSecond < framesPerSecond {
            // With half a picture's time of tolerance, since the source keeps its own time.
            guard (frame.timestamp - last).seconds >= 1 / format.framesPerSecond - 0.5 / framesPerSecond else { return nil }
        }
        last = frame.timestamp
        guard format.width != frame.width || format.height != frame.height else { return frame }
        guard let smaller = try? pool.buffer(width: format.width, height: format.height), scaler.scale(frame.buffer, to: smaller) else {
            return frame
        }
        return VideoFrame(buffer: smaller, timestamp: frame.timestamp)
    }
}
