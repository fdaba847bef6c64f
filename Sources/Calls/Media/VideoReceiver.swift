import Codecs
import MediaSources
import Playout

/// Decodes received frames on a thread of its own, in order.
final class VideoReceiver: Sendable {
    struct Statistics: Sendable {
        var framesDecoded = 0
        var keyFramesDecoded = 0
        /// Frames thrown away because the decoder could not keep up, or could not decode them.
        var framesDropped = 0
        var width = 0
        var height = 0
        var framesPerSecond = 0.0
        var endToEndMilliseconds: Double?
        var stampFramesLost: Int?
    }

    /// What comes back from the decoder's thread.
    enum Event: Sendable {
        case picture(VideoFrame, rtpTimestamp: UInt32)
        /// The stream can't be decoded until a key frame comes.
        case keyFrameNeeded
    }

    fileprivate struct State {
        var queue: [AssembledFrame] = []
        /// Frames were left out, so those that build on them can't be shown.
        var awaitsKeyFrame = false
        var isStopped = false
        var statistics = Statistics()
        var recentFrames: [Duration] = []
        var stamps = StampMeter()
    }

    /// A second of frames: a decoder that is further behind starts again from a key frame.
    private static let queueLimit = 30

    private let state = Monitor(State())
    private let thread: MediaThread
    private let onEvent: @Sendable (Event) -> Void

    init(onEvent: @escaping @Sendable (Event) -> Void) {
        self.onEvent = onEvent
        thread = MediaThread(name: "video-decoder") { [state] thread in
            Self.run(state, thread, onEvent)
        }
    }

    func decode(_ frame: AssembledFrame) {
        let isUsable = state.update { state in
            if state.queue.count >= Self.queueLimit {
                state.statistics.framesDropped += state.queue.count
                state.queue = []
                state.awaitsKeyFrame = true
            }
            if frame.isKeyFrame { state.awaitsKeyFrame = false }
            if state.awaitsKeyFrame {
                state.statistics.framesDropped += 1
            } else {
                state.queue.append(frame)
            }
            return !state.awaitsKeyFrame
        }
        if !isUsable { onEvent(.keyFrameNeeded) }
    }

    var statistics: Statistics {
        state.withLock { state in
            var statistics = state.statistics
            let now = MediaClock.now
            state.recentFrames.removeAll { now - $0 > .seconds(1) }
            statistics.framesPerSecond = Double(state.recentFrames.count)
            if state.stamps.hasStamps {
                statistics.endToEndMilliseconds = state.stamps.endToEndMilliseconds(at: MediaClock.unixMilliseconds)
                statistics.stampFramesLost = state.stamps.framesLost
            }
            return statistics
        }
    }

    /// Ends the thread and waits for it.
    func stop() {
        state.update { $0.isStopped = true }
        thread.stop()
    }

    private static func run(_ state: Monitor<State>, _ thread: MediaThread, _ onEvent: (Event) -> Void) {
        let decoder = VP8Decoder()
        while !thread.isStopping {
            let next = state.wait { state -> AssembledFrame?? in
                if state.isStopped { return .some(nil) }
                if state.queue.isEmpty { return nil }
                return state.queue.removeFirst()
            }
            guard let frame = next ?? nil else { return }
            do {
                guard let picture = try decoder.decode(frame.bytes) else { continue }
                let now = MediaClock.now
                state.withLock { $0.record(picture, isKeyFrame: frame.isKeyFrame, at: now) }
                onEvent(.picture(VideoFrame(buffer: picture, timestamp: now), rtpTimestamp: frame.rtpTimestamp))
            } catch {
                state.withLock { $0.statistics.framesDropped += 1 }
                onEvent(.keyFrameNeeded)
            }
        }
    }
}

extension VideoReceiver.State {
    fileprivate mutating func record(_ picture: I420Buffer, isKeyFrame: Bool, at now: Duration) {
        statistics.framesDecoded += 1
        statistics.keyFramesDecoded += isKeyFrame ? 1 : 0
        statistics.width = picture.width
        statistics.height = picture.height
        recentFrames.append(now)
        recentFrames.removeAll { now - $0 > .seconds(1) }
        stamps.receive(picture, at: MediaClock.unixMilliseconds)
    }
}
