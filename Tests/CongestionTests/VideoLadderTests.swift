import Congestion
import Testing
import Wire

@Suite struct PictureLimitTests {
    private let source = VideoLadder.Format(width: 1280, height: 720, framesPerSecond: 30)

    @Test func `what a receiver takes is not exceeded, and used`() {
        for most in [1, 12, 99, 300, 396, 1200, 3599, 3600, 100_000] {
            let format = source.limited(to: .init(frameSize: most))
            let (columns, rows) = ((format.width + 15) / 16, (format.height + 15) / 16)
            #expect(columns * rows <= most && columns * columns <= most * 8 && rows * rows <= most * 8, "\(most): \(format)")
            // No more is given up than whole macroblocks ask for.
            if most >= 99 { #expect(Double(columns * rows) > min(3600, Double(most)) * 0.85, "\(most): \(format)") }
            if most >= 99 { #expect(abs(Double(format.width) / Double(format.height) - 16 / 9) < 0.05, "\(format)") }
            #expect(format.width % 2 == 0 && format.height % 2 == 0 && format.width >= 2 && format.height >= 2)
        }
        // Where just half of it fits, that is taken.
        let camera = VideoLadder.Format(width: 640, height: 480, framesPerSecond: 30)
        #expect(camera.limited(to: .init(frameSize: 300)) == .init(width: 320, height: 240, framesPerSecond: 30))
        #expect(source.limited(to: .init()) == source)
        #expect(source.limited(to: .init(frameSize: 3600, framesPerSecond: 60)) == source)
        #expect(source.limited(to: .init(framesPerSecond: 10)).framesPerSecond == 10)
        #expect(source.limited(to: .init(frameSize: 0, framesPerSecond: 0)).framesPerSecond == 1)
    }

    @Test func `a picture longer than wide allows is made smaller too`() {
        let strip = VideoLadder.Format(width: 1920, height: 16, framesPerSecond: 30)
        #expect(strip.limited(to: .init(frameSize: 200)).width <= 640)
    }

    @Test func `the ladder begins at what the receiver takes`() {
        var ladder = VideoLadder()
        let limit = VideoLadder.Limit(frameSize: 300, framesPerSecond: 15)
        let format = ladder.update(bitrate: 5_000_000, source: source, limit: limit, at: .zero)
        #expect(format == source.limited(to: limit))
        #expect(!ladder.isReduced)
        let little = ladder.update(bitrate: 40_000, source: source, limit: limit, at: .zero)
        #expect(little.width < format.width || little.framesPerSecond < format.framesPerSecond)
        #expect(ladder.isReduced)
    }
}

@Suite struct VideoLadderTests {
    private let source = VideoLadder.Format(width: 640, height: 480, framesPerSecond: 30)

    /// What the ladder chooses when it starts with `bitrate`.
    private func choice(_ bitrate: Int, _ source: VideoLadder.Format? = nil) -> VideoLadder.Format {
        var ladder = VideoLadder()
        return ladder.update(bitrate: bitrate, source: source ?? self.source, at: .zero)
    }

    @Test func `with enough everything is sent as it is`() {
        #expect(choice(1_000_000) == source)
        #expect(choice(320_000) == source)
        let odd = VideoLadder.Format(width: 333, height: 251, framesPerSecond: 12)
        #expect(choice(1_000_000, odd) == odd)
    }

    @Test func `with less there are fewer pixels, then fewer pictures, down to 160x120 at 5`() {
        let choices = stride(from: 400_000, through: 5_000, by: -1000).map { choice($0) }
        for (more, less) in zip(choices, choices.dropFirst()) {
            #expect(less.width <= more.width && less.height <= more.height && less.framesPerSecond <= more.framesPerSecond)
        }
        #expect(choice(100_000) == VideoLadder.Format(width: 320, height: 240, framesPerSecond: 30))
        #expect(choices.last == VideoLadder.Format(width: 160, height: 120, framesPerSecond: 5))
    }

    @Test func `a small source becomes no smaller than it is`() {
        let small = VideoLadder.Format(width: 160, height: 120, framesPerSecond: 30)
        #expect(choice(1000, small) == VideoLadder.Format(width: 160, height: 120, framesPerSecond: 5))
        #expect(choice(1000, .init(width: 8, height: 6, framesPerSecond: 1)) == .init(width: 8, height: 6, framesPerSecond: 1))
    }

    @Test func `down at once, up only after a while, and later each time that it was too early`() {
        var ladder = VideoLadder()
        var now = Instant.zero
        func run(_ bitrate: Int, seconds: Double) -> Duration? {
            let start = now
            var up: Duration?
            while now - start < .milliseconds(Int(seconds * 1000)) {
                now += .milliseconds(33)
                let format = ladder.update(bitrate: bitrate, source: source, at: now)
                if format.width == 640, up == nil { up = now - start }
            }
            return up
        }
        _ = run(1_000_000, seconds: 1)
        let reduced = ladder.update(bitrate: 100_000, source: source, at: now)
        #expect(reduced.width == 320)
        #expect(ladder.isReduced)
        let first = run(1_000_000, seconds: 20)
        #expect(first.map { $0 >= .seconds(2) && $0 < .seconds(3) } == true, "\(String(describing: first))")
        // Up again, and at once too little again: twice.
        _ = run(100_000, seconds: 1)
        let second = run(1_000_000, seconds: 4)
        _ = run(100_000, seconds: 1)
        let third = run(1_000_000, seconds: 30)
        #expect(second.map { $0 < .seconds(3) } == true, "\(String(describing: second))")
        #expect(third.map { $0 > .seconds(3.5) } == true, "\(String(describing: third))")
        #expect(!ladder.isReduced)
    }
}
