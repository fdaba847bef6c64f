import Congestion
import Testing
import Wire

@Suite struct DetectorTests {
    /// What the detector says after each of so many groups that are sent every 20 ms and arrive `delay` after that.
    private func usages(groups: Int, delay: (Int) -> Duration) -> [BandwidthUsage] {
        var (groupsSeen, trend) = (ArrivalGroups(), TrendlineDetector())
        return (0..<groups).map { index in
            let sentAt = Instant(nanoseconds: 1_000_000_000) + .milliseconds(20) * index
            // The other side's clock is another one.
            let arrivedAt = Instant(nanoseconds: 77_000_000_000) + .milliseconds(20) * index + delay(index)
            if let delta = groupsSeen.add(sentAt: sentAt, arrivedAt: arrivedAt) { trend.add(delta) }
            return trend.usage
        }
    }

    @Test func `a queue that grows is seen within half a second, and as soon as it shrinks that is seen too`() throws {
        let usages = usages(groups: 150) { index in
            index < 50
                ? .zero : index < 100 ? .milliseconds(4) * (index - 50) : max(.zero, .milliseconds(200) - .milliseconds(8) * (index - 100))
        }
        #expect(!usages[..<50].contains(.overusing))
        let seen = try #require(usages[50...].firstIndex(of: .overusing))
        #expect(seen < 75, "\(seen)")
        #expect(usages[100...].contains(.underusing))
    }

    @Test(arguments: [UInt64](1...5)) func `jitter is not taken for a queue`(seed: UInt64) {
        var random = RandomSource.seeded(seed)
        let usages = usages(groups: 1000) { _ in .microseconds(Int64.random(in: 0...15_000, using: &random)) }
        #expect(usages.count { $0 == .overusing } < 20, "\(usages.count { $0 == .overusing })")
    }

    @Test func `packets sent together are one group, and the order of arrival does not matter within it`() throws {
        var groups = ArrivalGroups()
        let (sent, arrived) = (Instant(nanoseconds: 0), Instant(nanoseconds: 5_000_000_000))
        var deltas: [ArrivalGroups.Delta] = []
        for index in 0..<3 {
            for (offset, order) in [(0, 8), (1, 0), (2, 16)] {
                let delta = groups.add(
                    sentAt: sent + .milliseconds(30 * index + offset), arrivedAt: arrived + .milliseconds(40 * index + order))
                if let delta { deltas.append(delta) }
            }
        }
        #expect(deltas.map(\.sent) == [.milliseconds(30)])
        #expect(deltas.map(\.arrived) == [.milliseconds(40)])
    }

    @Test func `the rate falls below what arrives when a queue grows, and grows again while none does`() {
        var rates = RateControl(rate: 1_000_000, minimum: 20_000)
        var now = Instant(nanoseconds: 0)
        func update(_ usage: BandwidthUsage, arriving: Double, sent: Double, atFullQueue: Double? = nil) {
            now += .milliseconds(100)
            rates.update(
                usage, acknowledged: arriving, atFullQueue: atFullQueue, sent: sent, mayGrow: true, roundTripTime: .milliseconds(50),
                at: now)
        }
        update(.normal, arriving: 900_000, sent: 900_000)
        update(.overusing, arriving: 400_000, sent: 900_000)
        #expect(rates.rate == 340_000)
        for _ in 0..<50 { update(.normal, arriving: 330_000, sent: 330_000) }
        #expect(rates.rate > 360_000 && rates.rate <= 330_000 * 1.5 + 10_000, "\(rates.rate)")
        // While next to nothing is sent, what arrives tells nothing of the path.
        let before = rates.rate
        update(.overusing, arriving: 40_000, sent: 40_000)
        #expect(rates.rate == before * 0.85)
        // What came through a queue does, however little is sent while it empties.
        update(.overusing, arriving: 400_000, sent: 40_000, atFullQueue: 100_000)
        #expect(rates.rate == 85_000)
    }

    @Test func `what arrives is measured, and followed when it changes`() throws {
        var acknowledged = AcknowledgedBitrate()
        var now = Instant(nanoseconds: 0)
        for index in 0..<400 {
            now += .milliseconds(index < 200 ? 10 : 40)
            acknowledged.add(
                size: 1250, at: now, queueing: index < 200 ? .zero : .milliseconds(30 * (index - 199)), isApplicationLimited: false)
            if index == 199 { #expect(abs(try #require(acknowledged.estimate) - 1_000_000) < 30_000) }
            // Six packets after the step what comes through a full queue is known.
            if index == 206 { #expect(abs(try #require(acknowledged.atFullQueue) - 250_000) < 60_000) }
        }
        #expect(abs(try #require(acknowledged.estimate) - 250_000) < 30_000)
        // Where nothing waits, what comes is no more than what was sent.
        for _ in 0..<10 {
            now += .milliseconds(20)
            acknowledged.add(size: 125, at: now, isApplicationLimited: true)
        }
        #expect(acknowledged.atFullQueue == nil)
    }

    /// What a full queue lets through, by packets of 1250 bytes that arrive so long after one another and have waited for 50 ms.
    private func atFullQueue(_ pauses: [Int], missedBefore missed: Int? = nil) -> Double? {
        var (acknowledged, now) = (AcknowledgedBitrate(), Instant(nanoseconds: 0))
        for (index, pause) in pauses.enumerated() {
            now += .milliseconds(pause)
            if index == missed { acknowledged.missed() }
            acknowledged.add(size: 1250, at: now, queueing: .milliseconds(50), isApplicationLimited: false)
        }
        return acknowledged.atFullQueue
    }

    @Test func `a far end that stands still for a moment is not taken for a narrow path`() throws {
        #expect(abs(try #require(atFullQueue([40, 40, 40, 40, 40, 40, 40])) - 250_000) < 1000)
        #expect(atFullQueue([5, 5, 5, 110, 1, 1, 1, 1]) == nil)
        // Beside the pause the packets go on telling.
        #expect(abs(try #require(atFullQueue([10, 10, 10, 10, 10, 10, 80, 10, 10])) - 1_000_000) < 1000)
    }

    @Test func `a queue that has just begun tells of the path, and what came before it does not`() throws {
        var (acknowledged, now) = (AcknowledgedBitrate(), Instant(nanoseconds: 0))
        for index in 0..<11 {
            now += .milliseconds(index < 3 ? 5 : 20)
            acknowledged.add(size: 1250, at: now, queueing: index < 3 ? .zero : .milliseconds(50), isApplicationLimited: false)
        }
        #expect(abs(try #require(acknowledged.atFullQueue) - 500_000) < 1000)
    }

    @Test func `where feedback was lost, what it would have told of is not taken for missing`() {
        #expect(atFullQueue([40, 40, 40, 40, 40, 40, 40, 40], missedBefore: 4) == nil)
    }
}
