import CFFmpeg
import Codecs

/// The pictures of a file, scaled to what a call sends.
final class VideoTrack {
    /// Files with more are thinned out.
    static let maximumFramesPerSecond = 30.0
    /// Pictures are fitted into this size, never enlarged.
    static let maximumSize = (width: 640, height: 480)

    /// As the file claims, thinned out.
    let framesPerSecond: Double
    let index: Int32
    /// The end of the last picture, in samples of 48 kHz.
    private(set) var endSample: Int64 = 0

    private let decoder: StreamDecoder
    private let pool = I420Pool()
    private let scaler = PictureScaler()
    private var size: (width: Int, height: Int)?
    private var frameDuration: Int64
    private var lastTime: Int64?
    private var lastKept: Int64?

    init?(stream: MediaStream) {
        guard let decoder = StreamDecoder(stream) else { return nil }
        self.decoder = decoder
        index = decoder.index
        let claim = stream.stream.pointee.avg_frame_rate
        let rate = claim.num > 0 && claim.den > 0 ? min(max(Double(claim.num) / Double(claim.den), 0.1), 1_000) : 25
        frameDuration = Int64(1e9 / rate)
        // Thinned out by whole steps, since a picture is shown or left out.
        framesPerSecond = rate / (rate / Self.maximumFramesPerSecond - 0.1).rounded(.up).clamped(to: 1...1_000)
    }

    func decode(_ packet: UnsafeMutablePointer<AVPacket>?, origin: Int64) -> [MediaFile.Item] {
        var items: [MediaFile.Item] = []
        decoder.decode(packet) { frame in
            let time = time(of: frame, origin: origin)
            endSample = max(endSample, (time &+ frameDuration) / 1_000 * 48 / 1_000)
            // Half a frame's tolerance, since time stamps are rounded.
            if let lastKept, time - lastKept < Int64(0.75e9 / Self.maximumFramesPerSecond), time >= lastKept { return }
            guard let picture = convert(frame) else { return }
            lastKept = time
            items.append(.video(picture, time: time))
        }
        return items
    }

    func restart() {
        decoder.restart()
        endSample = 0
        lastTime = nil
        lastKept = nil
    }

    /// When a picture is due, in nanoseconds: in a day at most, so that no file's stamps lead anywhere odd.
    private func time(of frame: UnsafeMutablePointer<AVFrame>, origin: Int64) -> Int64 {
        let stamp = frame.pointee.best_effort_timestamp
        let expected = lastTime.map { $0 + frameDuration } ?? 0
        let time = stamp == glyphone_av_nopts_value ? expected : decoder.time(stamp, rate: 1_000_000_000, origin: origin)
        let bounded = time.clamped(to: 0...86_400_000_000_000)
        lastTime = bounded
        return bounded
    }

    private func convert(_ frame: UnsafeMutablePointer<AVFrame>) -> I420Buffer? {
        let (width, height) = (Int(frame.pointee.width), Int(frame.pointee.height))
        guard width > 0, height > 0, frame.pointee.data.0 != nil else { return nil }
        let size = size ?? Self.fittedSize(width: width, height: height, aspect: frame.pointee.sample_aspect_ratio)
        self.size = size
        guard let picture = try? pool.buffer(width: size.width, height: size.height) else { return nil }
        return scaler.scale(frame, to: picture) ? picture : nil
    }

    /// The size in which a picture is sent: its shape on a screen, within ``maximumSize``, even, and not under 16.
    static func fittedSize(width: Int, height: Int, aspect: AVRational) -> (width: Int, height: Int) {
        let stretch = aspect.num > 0 && aspect.den > 0 ? (Double(aspect.num) / Double(aspect.den)).clamped(to: 0.1...10) : 1
        let shown = (width: Double(width) * stretch, height: Double(height))
        let scale = min(1, Double(maximumSize.width) / shown.width, Double(maximumSize.height) / shown.height)
        func even(_ length: Double) -> Int {
            max(16, Int((length * scale / 2).rounded()) * 2)
        }
        return (even(shown.width), even(shown.height))
    }
}

extension Comparable {
    func clamped(to range: ClosedRange<Self>) -> Self {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
