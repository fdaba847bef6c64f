import SDP
import Testing

/// Sections that are rejected, used again, unknown, or outside the bundle.
@Suite struct SectionTests {
    @Test func aStoppedSectionIsGivenUpAndUsedAgain() throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2, polite: true)
        try Fixtures.negotiate(&caller, &callee)
        caller.stop(0)
        #expect(caller.negotiationNeeded)
        let change = try Fixtures.negotiate(&caller, &callee)
        #expect(change.offerer.removed == [0] && change.answerer.removed == [0])
        #expect(caller.currentLocalDescription?.media.map(\.port) == [0, 9])
        #expect(caller.currentLocalDescription?.bundle == ["1"])
        #expect(callee.currentLocalDescription?.bundle == ["1"])
        #expect(callee.remoteTransport?.mid == "1")
        #expect(!caller.negotiationNeeded && !callee.negotiationNeeded)

        // A new video takes a section of its own, a new audio the one that was given up, whoever offers it.
        callee.addTransceiver(kind: .video, direction: .sendrecv, sender: Fixtures.identity(60))
        callee.addTransceiver(kind: .audio, direction: .sendrecv, sender: Fixtures.identity(61))
        caller.addTransceiver(kind: .audio, direction: .sendrecv, sender: Fixtures.identity(62))
        try Fixtures.negotiate(&callee, &caller, Fixtures.transport(2), Fixtures.transport(1))
        #expect(callee.currentLocalDescription?.media.map(\.media) == ["audio", "video", "video"])
        #expect(callee.currentLocalDescription?.media.map(\.mid) == ["2", "1", "3"])
        #expect(callee.currentLocalDescription?.bundle == ["2", "1", "3"])
        #expect(caller.transceivers.map(\.currentDirection) == [.sendrecv, .sendrecv, .recvonly])
        #expect(caller.transceivers.map(\.mid) == ["1", "2", "3"])
        #expect(!caller.negotiationNeeded && !callee.negotiationNeeded)
    }

    @Test func theAnswererMayRejectASection() throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2, polite: true)
        let offer = try caller.createOffer(Fixtures.transport(1))
        try caller.setLocal(.offer, offer)
        try callee.setRemote(.offer, offer)
        callee.stop(0)
        let answer = try callee.createAnswer(Fixtures.transport(2))
        #expect(answer.media.map(\.port) == [0, 9])
        #expect(answer.bundle == ["1"])
        #expect(try callee.setLocal(.answer, answer).removed == [0])
        #expect(try caller.setRemote(.answer, answer).removed == [0])
        #expect(caller.remoteTransport?.mid == "1")
        #expect(caller.remoteTransport?.mLineIndex == 1)
        #expect(!caller.negotiationNeeded && !callee.negotiationNeeded)
    }

    @Test func aNeverOfferedTransceiverStopsAtOnce() throws {
        var caller = Fixtures.caller(1)
        caller.stop(1)
        #expect(caller.transceivers.map(\.id) == [0])
        caller.stop(0)
        #expect(!caller.negotiationNeeded)
        #expect(try caller.createOffer(Fixtures.transport(1)).media.isEmpty)
    }

    @Test func whatIsUnknownIsRejected() throws {
        let text =
            try Fixtures.offerText().replacing("opus/48000/2", with: "speex/16000").replacing("BUNDLE 0 1", with: "BUNDLE 0 1 2")
            + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\na=sctp-port:5000\r\n"
        var callee = Fixtures.caller(2)
        let change = try callee.setRemote(.offer, SessionDescription(parsing: text))
        #expect(change.remoteTransport?.mid == "1")
        let answer = try callee.createAnswer(Fixtures.transport(2))
        #expect(answer.media.map(\.port) == [0, 9, 0])
        #expect(answer.media.map(\.mid) == ["0", "1", "2"])
        #expect(answer.media[2].formats == ["webrtc-datachannel"])
        #expect(answer.bundle == ["1"])
        try callee.setLocal(.answer, answer)
        #expect(callee.transceivers[0].mid == nil)
        // The audio that found no place is offered next, in the rejected audio section.
        #expect(callee.negotiationNeeded)
        let offer = try callee.createOffer(Fixtures.transport(2))
        #expect(offer.media.map(\.mid) == ["3", "1", "2"])
        #expect(offer.media.map(\.port) == [9, 9, 0])
    }

    @Test func anOfferWithNothingKnownIsAnsweredWithoutTransport() throws {
        var callee = Fixtures.caller(2)
        let text = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=text 9 RTP/AVP 98\r\nm=audio 9 RTP/AVP 0\r\n"
        #expect(try callee.setRemote(.offer, SessionDescription(parsing: text)).remoteTransport == nil)
        let answer = try callee.createAnswer(Fixtures.transport(2))
        #expect(answer.media.map(\.port) == [0, 0])
        try callee.setLocal(.answer, answer)
        #expect(callee.dtlsRole == nil)
        #expect(callee.negotiationNeeded)
    }

    @Test func bundleOnlySectionsAreAnswered() throws {
        let lines = try Fixtures.offerText().replacing("m=video 9", with: "m=video 0").replacing(
            "a=mid:1\r\n", with: "a=mid:1\r\na=bundle-only\r\n")
        var callee = Fixtures.caller(2)
        try callee.setRemote(.offer, SessionDescription(parsing: lines))
        let answer = try callee.createAnswer(Fixtures.transport(2))
        #expect(answer.media.map(\.port) == [9, 9])
        #expect(!answer.media[1].isBundleOnly)
        try callee.setLocal(.answer, answer)
        #expect(callee.transceivers.map(\.currentDirection) == [.sendrecv, .sendrecv])
    }

    @Test func aBundledSectionMayLeaveTheTransportOut() throws {
        let offer = try SessionDescription(parsing: Fixtures.offerText())
        var short = offer
        for name in ["ice-ufrag", "ice-pwd", "ice-options", "fingerprint", "setup", "rtcp-mux", "rtcp"] { short.media[1].remove(name) }
        var callee = Fixtures.caller(2)
        try callee.setRemote(.offer, short)
        #expect(try callee.createAnswer(Fixtures.transport(2)).media.map(\.port) == [9, 9])
        // Even if the section that has it is refused.
        callee.stop(0)
        #expect(callee.remoteTransport?.iceUfrag == "ufrag1g0")
        #expect(callee.remoteTransport?.mid == "1")
    }

    @Test func withoutABundleOnlyTheFirstSectionIsTaken() throws {
        var callee = Fixtures.caller(2)
        try callee.setRemote(.offer, SessionDescription(parsing: Fixtures.offerText().replacing("a=group:BUNDLE 0 1\r\n", with: "")))
        let answer = try callee.createAnswer(Fixtures.transport(2))
        #expect(answer.media.map(\.port) == [9, 0])
        #expect(answer.bundle.isEmpty)
    }

    @Test func withoutMuxNothingIsTaken() throws {
        var callee = Fixtures.caller(2)
        try callee.setRemote(.offer, SessionDescription(parsing: Fixtures.offerText().replacing("a=rtcp-mux\r\n", with: "")))
        #expect(try callee.createAnswer(Fixtures.transport(2)).media.map(\.port) == [0, 0])
    }

    @Test(arguments: [
        ("a=ice-ufrag:ufrag2g0\r\n", "", "section 0 has no ICE credentials or no fingerprint"),
        ("a=setup:active", "a=setup:actpass", "the answer must choose setup active or passive"),
        ("BUNDLE 0 1", "BUNDLE 0", "the answer leaves section 1 out of the bundle"),
        ("a=rtcp-mux\r\n", "", "section 0 of the answer lacks rtcp-mux"),
        ("a=mid:1", "a=mid:7", "section 1 of the answer is video with mid 7, the offer's is video with mid 1"),
        ("a=mid:1", "a=mid:0", "two sections have the mid 0"),
        ("m=video", "m=audio", "section 1 of the answer is audio with mid 1, the offer's is video with mid 1"),
        ("VP8/90000", "VP7/90000", "section 1 (video) shares no codec with this side's"),
    ])
    func aBadAnswerChangesNothing(_ good: String, _ bad: String, _ sentence: String) throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2)
        let offer = try caller.createOffer(Fixtures.transport(1))
        try caller.setLocal(.offer, offer)
        try callee.setRemote(.offer, offer)
        let answer = try callee.createAnswer(Fixtures.transport(2))
        let damaged = try SessionDescription(parsing: answer.description.replacing(good, with: bad))
        #expect { try caller.setRemote(.answer, damaged) } throws: { "\($0)" == sentence }
        #expect(caller.signalingState == .haveLocalOffer)
        #expect(caller.transceivers.allSatisfy { $0.negotiated == nil })
        try caller.setRemote(.answer, answer)
        #expect(caller.signalingState == .stable)
    }

    @Test func aReofferKeepsItsSections() throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2)
        try Fixtures.negotiate(&caller, &callee)
        let offer = try caller.createOffer(Fixtures.transport(1))
        var fewer = offer
        fewer.media.removeLast()
        #expect { try callee.setRemote(.offer, fewer) } throws: { "\($0)" == "the offer has 1 sections, there were 2 before" }
        var other = offer
        other.media[1] = offer.media[0]
        other.media[1].remove("mid")
        #expect { try callee.setRemote(.offer, other) } throws: { error in
            "\(error)" == "section 1 of the offer is audio without mid, it was video with mid 1 before and was not rejected since"
        }
        #expect(callee.signalingState == .stable)
    }
}
