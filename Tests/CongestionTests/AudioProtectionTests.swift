import Congestion
import Testing

@Suite struct AudioProtectionTests {
    private func protection(loss: Double? = nil, canRepeat: Bool = true, bitrate: Int = 40_000, spare: Int? = nil) -> AudioProtection {
        var protection = AudioProtection()
        protection.canRepeat = canRepeat
        (protection.bitrate, protection.spareBitrate) = (bitrate, spare)
        if let loss { for _ in 0..<60 { protection.receive(reportedLoss: loss) } }
        return protection
    }

    @Test func aCallBeginsWithOneCopy() {
        #expect(protection().plan.redundancy == [1])
    }

    @Test func withoutLossNothingIsRepeated() {
        let plan = protection(loss: 0).plan
        #expect(plan.redundancy.isEmpty && plan.encoderLoss == 0)
    }

    @Test func moreLossIsAnsweredWithMoreCopies() {
        #expect(protection(loss: 0.02).plan.redundancy == [1])
        #expect(protection(loss: 0.1).plan.redundancy == [1, 3])
        // What is repeated whole needs no copies of the encoder's.
        #expect(protection(loss: 0.1).plan.encoderLoss == 0)
    }

    @Test func whereTheOtherSideTakesNoCopiesTheEncoderMakesThem() {
        let plan = protection(loss: 0.1, canRepeat: false).plan
        #expect(plan.redundancy.isEmpty && plan.encoderLoss > 0.09)
    }

    @Test func onAThinLineNothingIsRepeated() {
        let plan = protection(loss: 0.1, bitrate: 13_000, spare: 0).plan
        #expect(plan.redundancy.isEmpty && plan.encoderLoss > 0.09)
        #expect(plan.bitrate == 13_000)
    }

    @Test(arguments: [(79_000, 0), (80_000, 1), (159_000, 1), (160_000, 2), (2_000_000, 2), (-5, 0)])
    func halfOfTheRestIsLeftForThePicture(spare: Int, copies: Int) {
        #expect(protection(loss: 0.1, spare: spare).plan.redundancy.count == copies)
    }
}
