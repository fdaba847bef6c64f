import PeerConnection
import Simulation
import Testing
import Wire

@Suite struct UsefulBitrateTests {
    @Test func `the other side sends no more than this side can make use of, and more again at once when it can`() throws {
        let call = try VirtualCall(seed: 12, link: LinkModel(delay: .milliseconds(10), rate: 5_000_000))
        let media = (0..<2).map { SyntheticMedia(random: .seeded($0 + 5), at: call.now) }
        (call.caller.media, call.callee.media) = (media[0], media[1])
        try call.connect()
        call.run(for: .seconds(5))
        let sent = { call.network.statistics(of: call.caller.host).uplink.bytesOnTheWire }
        func rate(over duration: Duration) -> Double {
            let before = sent()
            call.run(for: duration)
            return Double(sent() - before) * 8 / duration.seconds
        }
        #expect(rate(over: .seconds(2)) > 1_500_000)
        call.callee.peer.handle(.usefulBitrate(400_000), at: call.now)
        call.drain(call.callee)
        call.run(for: .seconds(1))
        let capped = rate(over: .seconds(5))
        #expect(capped < 450_000 && capped > 250_000, "\(capped)")
        // The other direction is another matter.
        #expect(call.callee.peer.statistics.availableOutgoingBitrate ?? 0 > 1_500_000)
        call.callee.peer.handle(.usefulBitrate(10_000_000), at: call.now)
        call.drain(call.callee)
        call.run(for: .milliseconds(500))
        let again = rate(over: .seconds(2))
        #expect(again > 1_000_000, "\(again)")
    }
}
