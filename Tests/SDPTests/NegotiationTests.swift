import SDP
import Testing

@Suite struct NegotiationTests {
    @Test func twoSessionsAgreeOnAudioAndVideo() throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2, polite: true)
        #expect(caller.negotiationNeeded)
        let change = try Fixtures.negotiate(&caller, &callee)

        #expect(caller.signalingState == .stable)
        #expect(callee.signalingState == .stable)
        #expect(!caller.negotiationNeeded)
        #expect(!callee.negotiationNeeded)
        #expect(change.offerer.changed == [0, 1])
        #expect(change.offerer.dtlsRole == .passive)
        #expect(change.answerer.dtlsRole == .active)
        #expect(change.offerer.remoteTransport?.iceUfrag == "ufrag2g0")
        #expect(caller.remoteTransport?.fingerprints == [Fixtures.transport(2).fingerprint])
        #expect(callee.transceivers.map(\.mid) == ["0", "1"])

        let audio = try #require(caller.transceivers[0].negotiated)
        #expect(audio.sendCodec?.payloadType == 111)
        #expect(audio.sendCodec?.parameters.usesInbandFEC == true)
        #expect(audio.sendCodec?.redPayloadType == 63)
        #expect(audio.receivePayloads[63] == .redundancy(payloadType: 111))
        #expect(audio.feedback == [.transportCC])
        #expect(audio.remoteSources == [RemoteSource(ssrc: 21, rtxSSRC: nil, cname: "cname21")])

        let video = try #require(caller.transceivers[1].negotiated)
        #expect(video.sendCodec?.payloadType == 96)
        #expect(video.sendCodec?.rtxPayloadType == 97)
        #expect(video.receivePayloads[97] == .retransmission(payloadType: 96))
        #expect(video.feedback == Set(RTCPFeedback.allCases))
        #expect(video.sendExtensions == [.absSendTime: 2, .transportWideCC: 3, .mid: 4])
        #expect(video.isReducedSizeRTCP && video.allowsMixedExtensions && video.canSend && video.canReceive)
        #expect(video.remoteSources == [RemoteSource(ssrc: 22, rtxSSRC: 1_022, cname: "cname22")])
        #expect(video.remoteStreams == [MediaStreamIdentifier(stream: "stream", track: "track22")])
    }
}
