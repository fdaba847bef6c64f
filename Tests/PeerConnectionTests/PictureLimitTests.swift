import Congestion
import ICE
import PeerConnection
import Playout
import Simulation
import Testing
import Wire

/// A window that changes its size in mid-call, in virtual time: the other side's pictures follow, and nothing else is seen or heard of it.
@Suite struct PictureLimitTests {
    /// A call whose caller has a camera of 1280x720, on a line that takes all of it.
    private func call(_ seed: UInt64) throws -> (VirtualCall, sender: SyntheticMedia, receiver: SyntheticMedia) {
        let call = try VirtualCall(seed: seed, link: LinkModel(delay: .milliseconds(20), rate: 10_000_000))
        var configuration = SyntheticMedia.Configuration()
        configuration.format = VideoLadder.Format(width: 1_280, height: 720, framesPerSecond: 30)
        configuration.maximumBitrate = 2_500_000
        let sender = SyntheticMedia(configuration, random: .seeded(seed), at: call.now)
        let receiver = SyntheticMedia(random: .seeded(seed + 100), at: call.now)
        (call.caller.media, call.callee.media) = (sender, receiver)
        return (call, sender, receiver)
    }

    private func limit(_ call: VirtualCall, _ end: VirtualCall.End, to frameSize: Int?) throws {
        end.peer.setPictureLimit(VideoLadder.Limit(frameSize: frameSize))
        try call.renegotiate(end)
    }

    @Test(arguments: [UInt64](1...3)) func `Size follows within a round trip, without a freeze or a sound made up`(_ seed: UInt64) throws {
        let (call, sender, receiver) = try call(seed)
        call.callee.peer.setPictureLimit(VideoLadder.Limit(frameSize: 300))
        try call.connect()
        call.run(for: .seconds(8))
        // 368x206 is the largest of these proportions in 300 macroblocks.
        #expect((320...368).contains(try #require(sender.format).width))
        #expect(sender.encoded.count >= 220)
        let before = (keyFrames: sender.keyFrames, shown: receiver.pictures.shown, concealed: receiver.sound.concealedSamples)
        let names = call.callee.peer.statistics.ice
        var sizes: [Int] = []
        for frameSize in [3_600, 300, 1_200, 300] {
            try limit(call, call.callee, to: frameSize)
            // The offer and the next picture: 5 ms of signaling, 33 ms of camera.
            let expected = VideoLadder.Format(width: 1_280, height: 720, framesPerSecond: 30).limited(to: .init(frameSize: frameSize))
            #expect(call.run(atMost: .milliseconds(50)) { sender.format?.width ?? 0 <= expected.width } != nil)
            call.run(for: .seconds(5))
            sizes.append(try #require(sender.format).width)
            #expect(sender.format == expected, "\(frameSize)")
        }
        // One key frame a change, for VP8 has no other way; where the larger size waits for the path to be found wide enough, one a step of that.
        #expect((4...6).contains(sender.keyFrames - before.keyFrames), "\(sender.keyFrames - before.keyFrames)")
        #expect(receiver.pictures.freezes.freezeCount == 0)
        #expect(receiver.pictures.shown - before.shown >= 590, "\(receiver.pictures.shown - before.shown)")
        #expect(receiver.sound.concealedSamples == before.concealed)
        #expect(sender.sound.concealedSamples == 0)
        for end in [call.caller, call.callee] {
            #expect(end.states == [.connecting, .connected])
            #expect(end.peer.statistics.ice.selectedCandidatePairChanges == names.selectedCandidatePairChanges)
        }
    }

    @Test func `Both sides' windows may change at the same time`() throws {
        let (call, sender, receiver) = try call(7)
        try call.connect()
        call.run(for: .seconds(8))
        #expect(sender.format?.width == 1_280)
        try limit(call, call.callee, to: 300)
        try limit(call, call.caller, to: 300)
        call.run(for: .seconds(2))
        #expect((300...368).contains(try #require(sender.format).width))
        #expect(try #require(receiver.format).width == 320)
        #expect(!call.caller.peer.isNegotiationNeeded && !call.callee.peer.isNegotiationNeeded)
        #expect(receiver.pictures.freezes.freezeCount == 0 && sender.pictures.freezes.freezeCount == 0)
    }
}
