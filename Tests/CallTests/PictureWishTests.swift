import Calls
import Congestion
import Testing
import Wire

/// What pictures the other side is asked for, in virtual time.
@Suite struct PictureWishTests {
    private static let start = Instant(nanoseconds: 1_000_000_000)

    /// A wish, and when it asked for what.
    private struct Bench {
        var wish: PictureWish
        var now = PictureWishTests.start
        private(set) var asked: [(size: Int?, after: Duration)] = []

        init(_ width: Int, _ height: Int) {
            wish = PictureWish(ShownPicture(width: width, height: height))
        }

        mutating func show(_ width: Int, _ height: Int) {
            wish.handle(.shown(ShownPicture(width: width, height: height)), at: now)
            drain()
        }

        mutating func run(for duration: Duration) {
            let end = now + duration
            while let deadline = wish.deadline, deadline <= end {
                now = deadline
                wish.handle(.timeout, at: now)
                drain()
            }
            now = end
        }

        private mutating func drain() {
            while let limit = wish.nextOutput() { asked.append((limit.frameSize, now - PictureWishTests.start)) }
        }
    }

    private func first(_ width: Int, _ height: Int) -> Int? {
        PictureWish(ShownPicture(width: width, height: height)).limit.frameSize
    }

    @Test func `Sizes go in a few steps, of which the least is 320x240`() {
        // 80x24 and 160x60 cells of blocks: the smaller window can become the larger one, and nothing is asked for.
        #expect(first(160, 84) == 300 && first(320, 228) == 300)
        #expect(first(0, 0) == 300)
        #expect(first(400, 228) == 1_200)
        #expect(first(640, 480) == 1_200)
        #expect(first(800, 420) == 3_600)
        #expect(first(1920, 1080) == 8_160)
        #expect(first(3840, 2160) == nil)
        #expect(first(.max, .max) == nil && first(-5, .min) == 300)
    }

    @Test func `Whoever shows nothing, as a bot, takes whatever comes`() {
        #expect(PictureWish(nil).limit == VideoLadder.Limit())
    }

    @Test func `The rate is what the terminal shows`() {
        #expect(PictureWish(ShownPicture(width: 160, height: 84, framesPerSecond: 20)).limit.framesPerSecond == 20)
    }

    @Test func `More is asked for once the window stands still, the last size alone`() {
        var bench = Bench(160, 84)
        for width in stride(from: 200, through: 1_200, by: 40) {
            bench.show(width, width * 9 / 16)
            bench.run(for: .milliseconds(20))
        }
        #expect(bench.asked.isEmpty)
        bench.run(for: .seconds(60))
        #expect(bench.asked.map(\.size) == [3_600])
        #expect(bench.asked.allSatisfy { $0.after < .milliseconds(800) }, "\(bench.asked)")
        #expect(bench.wish.deadline == nil)
    }

    @Test func `Less is asked for when it has lasted, and not at all if the window grows again`() {
        var bench = Bench(640, 480)
        bench.show(160, 84)
        bench.run(for: .milliseconds(2_900))
        bench.show(640, 480)
        bench.run(for: .seconds(60))
        #expect(bench.asked.isEmpty)
        bench.show(160, 84)
        bench.run(for: .milliseconds(2_990))
        #expect(bench.asked.isEmpty)
        bench.run(for: .milliseconds(20))
        #expect(bench.asked.map(\.size) == [300])
    }

    @Test func `A window that moves about the edge of a step changes nothing`() {
        var bench = Bench(320, 240)
        bench.show(322, 240)
        bench.run(for: .seconds(10))
        #expect(bench.asked.map(\.size) == [1_200])
        for _ in 0..<50 {
            bench.show(318, 238)
            bench.run(for: .seconds(10))
            bench.show(322, 240)
            bench.run(for: .seconds(10))
        }
        #expect(bench.asked.count == 1)
        // A fifth less is another matter.
        bench.show(286, 214)
        bench.run(for: .seconds(10))
        #expect(bench.asked.map(\.size) == [1_200, 300])
    }

    @Test func `However often a window changes, negotiations are two seconds apart`() {
        var bench = Bench(160, 84)
        for turn in 0..<400 {
            bench.show(turn % 2 == 0 ? 640 : 1_280, turn % 2 == 0 ? 480 : 720)
            bench.run(for: .milliseconds(300))
        }
        #expect(bench.asked.count > 1)
        let pauses = zip(bench.asked, bench.asked.dropFirst()).map { $1.after - $0.after }
        #expect(pauses.allSatisfy { $0 >= .seconds(2) }, "\(pauses)")
    }

    @Test func `Any window, however it moves, is asked for what it needs in the end`() {
        for seed in 0..<50 {
            var random = RandomSource.seeded(UInt64(seed))
            var bench = Bench(Int.random(in: 0..<4_000, using: &random), Int.random(in: 0..<3_000, using: &random))
            var size = (width: 0, height: 0)
            for _ in 0..<30 {
                size = (Int.random(in: 0..<4_000, using: &random), Int.random(in: 0..<3_000, using: &random))
                bench.show(size.width, size.height)
                bench.run(for: .milliseconds(Int.random(in: 0..<4_000, using: &random)))
            }
            bench.run(for: .seconds(6))
            #expect(bench.wish.deadline == nil)
            let limit = bench.wish.limit.frameSize ?? .max
            #expect(limit >= size.width * size.height / 256)
            // No more than a step beyond what is enough.
            #expect(limit <= first(size.width * 9 / 8, size.height * 9 / 8) ?? .max)
        }
    }
}
