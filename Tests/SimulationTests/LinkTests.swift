import Simulation
import Testing
import Wire

@Suite struct LinkTests {
    /// Sends `count` packets of `size` bytes, one every `interval`; what arrived when, in order of sending.
    private func run(
        _ model: LinkModel, count: Int = 6000, size: Int = 1000, every interval: Duration = .milliseconds(10), seed: UInt64 = 1
    ) -> (arrivals: [[Duration]], link: Link) {
        var link = Link(model, random: .seeded(seed))
        var arrivals: [[Duration]] = []
        for index in 0..<count {
            let now = Instant.zero + interval * index
            arrivals.append(link.send(size, at: now).map { $0 - now })
        }
        return (arrivals, link)
    }

    @Test func idealLink() {
        let (arrivals, link) = run(.ideal, count: 100)
        #expect(arrivals == Array(repeating: [.zero], count: 100))
        #expect(link.statistics.packets == 100 && link.statistics.bytes == 100_000)
    }

    @Test(arguments: [0.01, 0.05, 0.3]) func independentLoss(loss: Double) {
        let (arrivals, link) = run(LinkModel(loss: loss))
        let lost = arrivals.map(\.isEmpty)
        let share = Double(lost.count { $0 }) / Double(lost.count)
        #expect(abs(share - loss) < 4 * (loss * (1 - loss) / 6000).squareRoot(), "\(share)")
        #expect(link.statistics.lost == lost.count { $0 })
        // A loss says nothing about the next packet.
        let afterLoss = zip(lost, lost.dropFirst()).filter(\.0).map(\.1)
        let conditional = Double(afterLoss.count { $0 }) / Double(afterLoss.count)
        #expect(abs(conditional - loss) < 5 * (loss * (1 - loss) / Double(afterLoss.count)).squareRoot())
    }

    @Test func burstsOfLoss() {
        let bursts = LinkModel.Bursts(begin: 0.01, end: 0.2)
        let lost = run(LinkModel(bursts: bursts), count: 30_000).arrivals.map(\.isEmpty)
        let share = Double(lost.count { $0 }) / Double(lost.count)
        #expect(abs(share - bursts.averageLoss) < 0.01, "\(share)")
        let starts = zip([false] + lost, lost).count { !$0 && $1 }
        let length = Double(lost.count { $0 }) / Double(starts)
        #expect(abs(length - 5) < 0.5, "bursts of \(length) packets")
        #expect(LinkModel.Bursts(begin: 0, end: 0).averageLoss == 0)
    }

    @Test func delayAndJitter() {
        let times = run(LinkModel(delay: .milliseconds(100), jitter: .milliseconds(2)), every: .seconds(1)).arrivals.map {
            $0[0].milliseconds
        }
        let mean = times.reduce(0, +) / Double(times.count)
        let variance = times.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(times.count)
        #expect(abs(mean - 100) < 0.1)
        #expect(abs(variance.squareRoot() - 2) < 0.1)
    }

    @Test func jitterKeepsTheOrderAndIsNeverNegative() {
        let model = LinkModel(delay: .milliseconds(5), jitter: .milliseconds(20))
        let (arrivals, _) = run(model, every: .milliseconds(1))
        let absolute = arrivals.enumerated().map { $0.element[0] + .milliseconds($0.offset) }
        #expect(zip(absolute, absolute.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(arrivals.allSatisfy { $0[0] >= .zero })
    }

    @Test func reorderingAndDuplication() {
        var model = LinkModel(delay: .milliseconds(10), reordering: 0.1)
        model.reorderingDelay = .milliseconds(25)
        let held = run(model).arrivals.count { $0 == [.milliseconds(35)] }
        #expect(abs(Double(held) / 6000 - 0.1) < 0.01)
        let (arrivals, link) = run(LinkModel(duplication: 0.05))
        let doubled = arrivals.count { $0.count == 2 }
        #expect(abs(Double(doubled) / 6000 - 0.05) < 0.01)
        #expect(link.statistics.duplicated == doubled)
    }

    /// 1000 bytes and 28 of headers every 10 ms are 822 kbit/s.
    @Test func rateAndItsQueue() {
        let (fitting, _) = run(LinkModel(rate: 1_000_000))
        #expect(fitting.allSatisfy { $0 == [.nanoseconds(8_224_000)] })

        let (arrivals, link) = run(LinkModel(rate: 400_000, queue: .time(.milliseconds(100))))
        let delivered = arrivals.filter { !$0.isEmpty }
        // Half of it passes, and waits for 100 ms and its own 20.56 ms at most.
        #expect(abs(Double(delivered.count) / 6000 - 400_000 / 822_400) < 0.01)
        #expect(delivered.allSatisfy { $0[0] <= .milliseconds(121) })
        #expect(delivered.suffix(100).allSatisfy { $0[0] > .milliseconds(90) })
        #expect(link.statistics.dropped == 6000 - delivered.count)

        let bytes = run(LinkModel(rate: 400_000, queue: .bytes(5000))).arrivals.filter { !$0.isEmpty }
        #expect(bytes.allSatisfy { $0[0] <= .milliseconds(121) })
        #expect(abs(Double(bytes.count) / 6000 - 400_000 / 822_400) < 0.01)
    }

    /// A queue smaller than a packet still lets one through when the link is free.
    @Test func tinyQueue() {
        let (arrivals, _) = run(LinkModel(rate: 1_000_000, queue: .bytes(0)))
        #expect(arrivals.allSatisfy { $0.count == 1 })
    }

    @Test func sameSeedSameRun() {
        let model = LinkModel(loss: 0.1, delay: .milliseconds(20), jitter: .milliseconds(5), reordering: 0.02, duplication: 0.02)
        #expect(run(model, count: 500, seed: 5).arrivals == run(model, count: 500, seed: 5).arrivals)
        #expect(run(model, count: 500, seed: 5).arrivals != run(model, count: 500, seed: 6).arrivals)
    }
}
