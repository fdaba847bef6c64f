import Congestion
import RTP
import Testing
import Wire

@Suite struct SendHistoryTests {
    private let start = Instant(nanoseconds: 9_000_000_000)

    private func feedback(_ base: UInt16, _ deltas: [Int32?], reference: UInt32 = 100) -> TransportFeedback {
        TransportFeedback(
            senderSSRC: 1, mediaSSRC: 2, baseSequenceNumber: base, referenceTime: reference, feedbackPacketCount: 0, deltas: deltas)
    }

    @Test func `each packet is told of once, lost or arrived, across the wrap of the numbers`() {
        var history = SendHistory()
        for index in 0..<6 { history.add(65_533 &+ UInt16(index), size: 100 + index, probe: nil, at: start + .milliseconds(index)) }
        #expect(history.bytesInFlight == 615)
        #expect(history.oldestInFlight == start)
        let first = history.results(of: feedback(65_533, [0, nil, 4, 4]))
        #expect(first.map(\.packet.size) == [100, 101, 102, 103])
        #expect(first.map { $0.receivedAt != nil } == [true, false, true, true])
        #expect(history.bytesInFlight == 104 + 105)
        #expect(history.oldestInFlight == start + .milliseconds(4))
        // The lost one came after all: told of as arrived, and the others not again.
        let second = history.results(of: feedback(65_534, [40, 1, 1, 1, 1]))
        #expect(second.map(\.packet.size) == [101, 104, 105])
        #expect(second.allSatisfy { $0.receivedAt != nil })
        #expect(history.bytesInFlight == 0)
        #expect(history.oldestInFlight == nil)
    }

    @Test func `times are the other side's, also across the wrap of its reference`() throws {
        var history = SendHistory()
        for index in 0..<3 { history.add(UInt16(index), size: 100, probe: nil, at: start + .milliseconds(64 * index)) }
        let first = history.results(of: feedback(0, [4], reference: 0xff_ffff))
        let second = history.results(of: feedback(1, [8], reference: 0))
        let (one, two) = (try #require(first.first?.receivedAt), try #require(second.first?.receivedAt))
        #expect(two - one == .milliseconds(64 + 1))
    }

    @Test func `packets whose feedback got lost are not under way for ever`() {
        var history = SendHistory()
        for index in 0..<100 { history.add(UInt16(index), size: 1000, probe: nil, at: start + .milliseconds(index)) }
        _ = history.results(of: feedback(50, Array(repeating: 4, count: 40)))
        #expect(history.bytesInFlight == 10_000)
    }

    @Test func `feedback about packets that were never sent is of no use and does no harm`() {
        var history = SendHistory()
        let early = history.results(of: feedback(7, [1, 2, 3]))
        #expect(early.isEmpty)
        history.add(1000, size: 100, probe: nil, at: start)
        for base: UInt16 in [0, 999, 1001, 30_000, 65_535] {
            _ = history.results(of: feedback(base, Array(repeating: 1, count: 8192)))
            _ = history.results(of: feedback(base, []))
        }
        #expect(history.bytesInFlight >= 0)
    }
}
