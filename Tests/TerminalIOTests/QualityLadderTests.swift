import TerminalIO
import Testing

@Suite struct QualityLadderTests {
    /// A line that takes so many bytes a second, and pictures that take fewer with every step.
    struct Scene {
        var rate: Double
        var costs: [Int]
        var ladder: QualityLadder
        var now = ContinuousClock.now
        var steps: [Int] = []
        /// Pictures finished in the last second.
        var finished = 0

        init(rate: Double, costs: [Int], enough: [Double] = [10, 10, 8, 6, 0]) {
            self.rate = rate
            self.costs = costs
            ladder = QualityLadder(enough: Array(enough.prefix(costs.count)))
        }

        /// Draws of 30 pictures a second each to its end, and then the newest.
        mutating func run(_ seconds: Int) {
            var left = 0.0
            for tick in 0..<(30 * seconds) {
                ladder.picturesCame(1)
                if tick % 30 == 0 { finished = 0 }
                if left <= 0 { left = Double(costs[ladder.step]) }
                left -= min(left, rate / 30)
                if left <= 0 {
                    ladder.pictureFinished()
                    finished += 1
                }
                let isLimited = Double(costs[ladder.step]) > rate / 30
                if ladder.review(isLimited: isLimited, at: now) { steps.append(ladder.step) }
                now += .seconds(1) / 30
            }
        }
    }

    static let costs = [40_000, 20_000, 10_000, 5000, 2500]

    @Test(arguments: [(2_000_000.0, 0), (100_000, 2), (40_000, 3), (1000, 4)])
    func `The step is the best that shows enough pictures`(rate: Double, expected: Int) {
        var scene = Scene(rate: rate, costs: Self.costs)
        scene.run(40)
        #expect(scene.ladder.step == expected)
        if rate > 1000 { #expect(Double(scene.finished) >= scene.ladder.enough[expected]) }
    }

    @Test func `A faster line brings the best picture back, though it is full on every step below`() {
        // Two or three of the source's 30 pictures a second go by for each that is drawn, whatever the step.
        var scene = Scene(rate: 40_000, costs: [60_000, 40_000, 30_000, 25_000], enough: [5, 5, 5, 0])
        scene.run(20)
        #expect(scene.ladder.step == 3)
        scene.rate = 620_000
        scene.run(40)
        #expect(scene.ladder.step == 0)
    }

    @Test func `It does not go to and fro between two steps`() {
        // The one is too much, the other leaves the line half empty.
        var scene = Scene(rate: 100_000, costs: [40_000, 1500])
        scene.run(300)
        #expect(scene.steps.count < 20, "\(scene.steps)")
        let before = scene.steps.count
        scene.run(100)
        #expect(scene.steps.count - before <= 4, "\(scene.steps)")
    }

    @Test func `A slow source is no slow line`() {
        var ladder = QualityLadder(enough: [10, 10, 0])
        var now = ContinuousClock.now
        for _ in 0..<20 {
            ladder.picturesCame(1)
            ladder.pictureFinished()
            _ = ladder.review(isLimited: true, at: now)
            now += .seconds(1)
        }
        #expect(ladder.step == 0)
    }

    @Test func `A terminal that stood still was no slow line`() {
        var ladder = QualityLadder(enough: [10, 0])
        var now = ContinuousClock.now
        for _ in 0..<600 {
            ladder.picturesCame(1)
            ladder.forget()
            _ = ladder.review(isLimited: true, at: now)
            now += .milliseconds(33)
        }
        #expect(ladder.step == 0)
    }
}
