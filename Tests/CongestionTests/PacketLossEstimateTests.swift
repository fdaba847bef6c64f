import Congestion
import Testing

@Suite struct PacketLossEstimateTests {
    @Test func someLossIsExpectedUntilReportsCome() {
        #expect(PacketLossEstimate().fraction > 0)
    }

    @Test func aRiseIsFollowedAtOnceAndAFallSlowly() {
        var estimate = PacketLossEstimate()
        estimate.receive(reported: 0.1)
        #expect(estimate.fraction == 0.1)
        for _ in 0..<5 { estimate.receive(reported: 0) }
        #expect(estimate.fraction > 0.05)
    }

    @Test func aCleanPathEndsWithNoLossAtAll() {
        var estimate = PacketLossEstimate()
        estimate.receive(reported: 1)
        for _ in 0..<60 { estimate.receive(reported: 0) }
        #expect(estimate.fraction == 0)
    }

    @Test func whatNoReportCanSayIsLimited() {
        var estimate = PacketLossEstimate()
        estimate.receive(reported: 7)
        #expect(estimate.fraction == 1)
        estimate.receive(reported: -7)
        #expect(estimate.fraction == 0.9)
    }
}
