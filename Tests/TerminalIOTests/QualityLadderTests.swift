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

        init(rate: Double, costs: [Int]) {
            self.rate = rate
            self.costs = costs
            ladder = QualityLadder(steps: costs.count)
        }

        /// Draws 30 pictures a second, each replaced by the next, finished or not.
        mutating func run(_ seconds: Int) {
            var left = 0.0
            for _ in 0..<(30 * seconds) {
                ladder.pictureCame()
                if left <= 0 { left = Double(costs[ladder.step]) }
                let sent = min(left, rate / 30)
                left -= sent
                ladder.painted(bytes: Int(sent), isFinished: left <= 0)
                let isLimited = Double(costs[ladder.step]) > rate / 30
                if ladder.review(rate: Int(rate), isLimited: isLimited, at: now) { steps.append(ladder.step) }
                now += .seconds(1) / 30
            }
        }
    }

    static let costs = [40_000, 20_000, 10_000, 5000, 2500]

    @Test(arguments: [(2_000_000.0, 0), (100_000, 2), (32_000, 4), (1000, 4)])
    func theStepFitsTheLine(rate: Double, expected: Int) {
        var scene = Scene(rate: rate, costs: Self.costs)
        scene.run(10)
        #expect(abs(scene.ladder.step - expected) <= 1, "\(scene.ladder.step)")
    }

    @Test func itRecovers() {
        var scene = Scene(rate: 32_000, costs: Self.costs)
        scene.run(10)
        #expect(scene.ladder.step >= 3)
        scene.rate = 2_000_000
        scene.run(40)
        #expect(scene.ladder.step == 0)
    }

    @Test func itDoesNotGoToAndFro() {
        // Between two steps: the one is too much, the other leaves the line half empty.
        var scene = Scene(rate: 100_000, costs: [40_000, 1500])
        scene.run(300)
        let late = scene.steps.count
        #expect(late < 20, "\(scene.steps)")
        let before = scene.steps.count
        scene.run(100)
        #expect(scene.steps.count - before <= 4, "\(scene.steps)")
    }

    @Test func aSlowSourceIsNoSlowLine() {
        var ladder = QualityLadder(steps: 5)
        var now = ContinuousClock.now
        for _ in 0..<20 {
            ladder.pictureCame()
            ladder.painted(bytes: 10_000, isFinished: true)
            _ = ladder.review(rate: 1_000_000, isLimited: true, at: now)
            now += .seconds(1)
        }
        #expect(ladder.step == 0)
    }
}
