import Codecs
import Congestion
import MediaSources
import Wire

/// Encodes what a video source captures, on a thread of its own that always takes the newest picture.
///
/// Capturing and sending are apart: the source may run (for the self view, or to have a picture ready) before anything is
/// sent, and only ``startSending()`` sets the encoder to work.
final class VideoSender: Sendable {
    struct Statistics: Sendable {
        var framesEncoded = 0
        var keyFramesEncoded = 0
        var width = 0
        var height = 0
        /// The quantizer index of the newest frame.
        var qp = 0
        var targetBitrate = 0
        var framesPerSecond = 0.0
        /// Pictures are smaller or fewer than captured, because the line takes no more.
        var isReduced = false
        /// None are sent, for the same reason.
        var isPaused = false
    }

    fileprivate struct State {
        var newest: VideoFrame?
        var isSending = false
        /// Whether pictures were not wanted since the last one that was encoded.
        var hasPaused = false
        var keyFrameWanted = false
        /// Bits per second; 0: no pictures.
        var bitrate = 0
        var limit = VideoLadder.Limit()
        /// Since when the bitrate is 0.
        var pausedAt: Duration?
        var isStopped = false
        var statistics = Statistics()
        var recentFrames: [Duration] = []
    }

    private let source: any VideoSource
    private let state: Monitor<State>
    private let thread: Monitor<MediaThread?>
    private let onCaptured: @Sendable (VideoFrame) -> Void
    private let onEncoded: @Sendable (EncodedFrame, Duration) -> Void

    /// - Parameters:
    ///   - onCaptured: each picture as captured, on the source's thread.
    ///   - onEncoded: each encoded frame with its time of capture, on the encoder's thread.
    init(
        source: any VideoSource, onCaptured: @escaping @Sendable (VideoFrame) -> Void,
        onEncoded: @escaping @Sendable (EncodedFrame, Duration) -> Void
    ) {
        self.source = source
        state = Monitor(State())
        thread = Monitor(nil)
        self.onCaptured = onCaptured
        self.onEncoded = onEncoded
    }

    func startCapturing() {
        source.start { [state, onCaptured] frame in
            state.update { $0.newest = frame }
            onCaptured(frame)
        }
    }

    /// Closes the source.
    func stopCapturing() {
        source.stop()
        showBlack()
    }

    /// Shows black to the other side, not the last picture for ever.
    func showBlack() {
        state.update { state in
            let size = state.statistics
            guard size.width > 0, let black = try? I420Buffer(width: size.width, height: size.height) else {
                state.newest = nil
                return
            }
            black.fill()
            state.newest = VideoFrame(buffer: black, timestamp: MediaClock.now)
        }
    }

    /// Begins with a key frame of the newest picture.
    func startSending() {
        state.update {
            $0.isSending = true
            $0.keyFrameWanted = true
        }
        let framesPerSecond = source.framesPerSecond
        thread.withLock { thread in
            guard thread == nil else { return }
            thread = MediaThread(name: "video-encoder") { [state, onEncoded] thread in
                Self.run(state, framesPerSecond: framesPerSecond, thread, onEncoded)
            }
        }
    }

    /// Encodes nothing until ``startSending()``.
    func pauseSending() {
        state.update {
            $0.isSending = false
            $0.hasPaused = true
        }
    }

    func requestKeyFrame() {
        state.update { $0.keyFrameWanted = true }
    }

    /// Sets the bits per second to aim at; 0 sends no pictures until there is more again.
    func setBitrate(_ bitrate: Int) {
        state.update {
            $0.bitrate = bitrate
            if bitrate == 0 { $0.hasPaused = true }
            $0.pausedAt = bitrate > 0 ? nil : $0.pausedAt ?? MediaClock.now
        }
    }

    /// Sends no pictures that are larger or more than the other side takes.
    func setLimit(_ limit: VideoLadder.Limit) {
        state.update { $0.limit = limit }
    }

    var statistics: Statistics {
        state.withLock { state in
            var statistics = state.statistics
            // A pause that is over before anybody notices is not worth a word.
            statistics.isPaused = state.isSending && state.pausedAt.map { MediaClock.now - $0 > .seconds(1) } ?? false
            return statistics
        }
    }

    /// Ends capture and encoder, and waits for both.
    func stop() {
        source.stop()
        state.update { $0.isStopped = true }
        thread.withLock { thread in
            thread?.stop()
            thread = nil
        }
    }

    private static func run(
        _ state: Monitor<State>, framesPerSecond: Double, _ thread: MediaThread, _ onEncoded: (EncodedFrame, Duration) -> Void
    ) {
        let encoder = VP8Encoder(VP8Encoder.Configuration(framesPerSecond: Int(framesPerSecond.rounded(.up))))
        var reducer = PictureReducer(framesPerSecond: framesPerSecond)
        while !thread.isStopping {
            let job = state.wait { state -> (frame: VideoFrame, keyFrame: Bool, bitrate: Int, limit: VideoLadder.Limit)?? in
                if state.isStopped { return .some(nil) }
                guard state.isSending, state.bitrate > 0, let frame = state.newest else { return nil }
                state.newest = nil
                return (frame, state.keyFrameWanted, state.bitrate, state.limit)
            }
            guard let job = job ?? nil else { return }
            guard let frame = reducer.reduce(job.frame, bitrate: job.bitrate, limit: job.limit) else { continue }
            let hasPaused = state.withLock { state in
                state.keyFrameWanted = false
                defer { state.hasPaused = false }
                return state.hasPaused
            }
            if hasPaused { encoder.resume() }
            do {
                try encoder.setBitrate(job.bitrate)
                guard let encoded = try encoder.encode(frame, forceKeyFrame: job.keyFrame) else { continue }
                state.withLock {
                    $0.record(encoded, of: frame, bitrate: job.bitrate)
                    $0.statistics.isReduced = reducer.isReduced
                }
                onEncoded(encoded, job.frame.timestamp)
            } catch {
                // The next picture begins anew.
                state.withLock { $0.keyFrameWanted = true }
            }
        }
    }
}

extension VideoSender.State {
    fileprivate mutating func record(_ encoded: EncodedFrame, of frame: VideoFrame, bitrate: Int) {
        statistics.framesEncoded += 1
        statistics.keyFramesEncoded += encoded.isKeyFrame ? 1 : 0
        statistics.width = frame.width
        statistics.height = frame.height
        statistics.qp = encoded.qp
        statistics.targetBitrate = bitrate
        recentFrames.append(frame.timestamp)
        recentFrames.removeAll { frame.timestamp - $0 > .seconds(1) }
        statistics.framesPerSecond = Double(recentFrames.count)
    }
}
