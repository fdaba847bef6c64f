import Congestion
import Testing
import Wire

@Suite struct LossControllerTests {
    /// Sends packets of 1200 bytes at `rate` for so many seconds, of which `lost` tells which are lost.
    private func run(
        _ losses: inout LossController, rate: Double, seconds: Double, from start: Double = 0, delayBased: Double,
        lost: (Double) -> Bool
    ) {
        let spacing = 1200 * 8 / rate
        var (time, number, arrived) = (start, Int64(start * 10_000), 0)
        var batch: [PacketResult] = []
        var batchEnd = start + 0.1
        while time < start + seconds {
            let sentAt = Instant(nanoseconds: Int64(time * 1e9))
            let isLost = lost(time)
            if !isLost { arrived += 1 }
            batch.append(
                PacketResult(packet: SentPacket(number: number, size: 1200, sentAt: sentAt, probe: nil), receivedAt: isLost ? nil : sentAt))
            number += 1
            time += spacing
            if time >= batchEnd {
                losses.update(
                    batch, delayBased: delayBased, acknowledged: rate * Double(batch.count { $0.receivedAt != nil }) / Double(batch.count))
                batch = []
                batchEnd += 0.1
            }
        }
    }

    @Test func `without losses there is no limit`() {
        var losses = LossController()
        run(&losses, rate: 1_000_000, seconds: 10, delayBased: 1_500_000) { _ in false }
        #expect(losses.limit == nil)
    }

    @Test(arguments: [UInt64](1...5)) func `what a path loses at any rate hardly limits the rate`(seed: UInt64) {
        var random = RandomSource.seeded(seed)
        var losses = LossController()
        run(&losses, rate: 1_000_000, seconds: 20, delayBased: 1_200_000) { _ in Double.random(in: 0..<1, using: &random) < 0.05 }
        #expect((losses.limit ?? .infinity) > 800_000, "\(String(describing: losses.limit))")
        #expect(abs(losses.averageLoss - 0.05) < 0.03)
    }

    @Test func `losses that come with the rate limit it to what passes`() throws {
        var losses = LossController()
        run(&losses, rate: 400_000, seconds: 5, delayBased: 500_000) { _ in false }
        #expect(losses.limit == nil)
        // A path of half a megabit whose queue is too short to be seen: of a whole one, half is lost.
        var random = RandomSource.seeded(3)
        run(&losses, rate: 1_000_000, seconds: 3, from: 5, delayBased: 1_000_000) { _ in Double.random(in: 0..<1, using: &random) < 0.5 }
        let limit = try #require(losses.limit)
        #expect(limit < 600_000, "\(limit)")
        // And given up again when they are over.
        run(&losses, rate: 400_000, seconds: 30, from: 8, delayBased: 450_000) { _ in false }
        #expect((losses.limit ?? .infinity) > 400_000)
    }
}
