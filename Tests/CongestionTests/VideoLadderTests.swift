import Congestion
import Testing
import Wire

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
