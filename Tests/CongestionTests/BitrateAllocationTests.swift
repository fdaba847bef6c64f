import Congestion
import Testing

@Suite struct BitrateAllocationTests {
    private func allocate(_ target: Int, retransmission: Int = 0, maximum: Int = 2_000_000, sendsVideo: Bool = true) -> BitrateAllocation {
        BitrateAllocation(target: target, retransmission: retransmission, maximumVideo: maximum, sendsVideo: sendsVideo)
    }

    @Test func `sound gets what it needs before pictures get anything`() {
        #expect(allocate(20_000) == BitrateAllocation(audio: 12_000, video: 0))
        #expect(allocate(64_000).audio < 14_000)
        #expect(allocate(300_000).audio == 40_000)
        for target in stride(from: 0, through: 3_000_000, by: 10_000) {
            let share = allocate(target)
            #expect(BitrateAllocation.audioBitrates.contains(share.audio))
            // Sound's packets have headers of 28,800 bit/s.
            #expect(share.video == 0 || share.video + share.audio + 28_800 <= target)
        }
    }

    @Test func `pictures stop where they are not worth it, and begin again only with some more`() {
        #expect(allocate(74_000, sendsVideo: true).video > 0)
        #expect(allocate(74_000, sendsVideo: false).video == 0)
        #expect(allocate(100_000, sendsVideo: false).video > 0)
    }

    @Test func `what is sent again is taken from the pictures, half of their rate at most`() {
        let (none, some, much) = (
            allocate(1_000_000).video, allocate(1_000_000, retransmission: 100_000).video,
            allocate(1_000_000, retransmission: 5_000_000).video
        )
        #expect(none - some == 94_000)
        #expect(much == none / 2)
    }
}
