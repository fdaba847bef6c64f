import SDP
import Testing

@Suite struct GlareTests {
    @Test func thePoliteSideYieldsAndTheImpoliteIgnores() throws {
        var impolite = Fixtures.caller(1)
        var polite = Fixtures.caller(2, polite: true)
        let kept = try impolite.createOffer(Fixtures.transport(1))
        try impolite.setLocal(.offer, kept)
        let given = try polite.createOffer(Fixtures.transport(2))
        try polite.setLocal(.offer, given)

        let ignored = try impolite.setRemote(.offer, given)
        #expect(ignored.isIgnored)
        #expect(impolite.signalingState == .haveLocalOffer)
        #expect(impolite.disposition(ofCandidateFor: "0", mLineIndex: 0, usernameFragment: "ufrag2g0") == .drop)
        #expect(impolite.disposition(ofCandidateFor: nil, mLineIndex: nil, usernameFragment: nil) == .drop)

        let yielded = try polite.setRemote(.offer, kept)
        #expect(yielded.isRolledBack && !yielded.isIgnored)
        #expect(yielded.added.isEmpty && yielded.removed.isEmpty)
        #expect(polite.signalingState == .haveRemoteOffer)
        #expect(polite.pendingLocalDescription == nil)
        let answer = try polite.createAnswer(Fixtures.transport(2))
        try polite.setLocal(.answer, answer)
        let change = try impolite.setRemote(.answer, answer)
        #expect(change.changed == [0, 1])
        #expect(impolite.disposition(ofCandidateFor: "0", mLineIndex: 0, usernameFragment: "ufrag2g0") == .apply)
        #expect(!polite.negotiationNeeded && !impolite.negotiationNeeded)
        #expect(polite.transceivers.map(\.currentDirection) == [.sendrecv, .sendrecv])
    }

    @Test func whatTheYieldedOfferAddedIsOfferedAgain() throws {
        var impolite = Fixtures.caller(1)
        var polite = Fixtures.caller(2, polite: true)
        try Fixtures.negotiate(&impolite, &polite)
        polite.addTransceiver(kind: .video, direction: .sendonly, sender: Fixtures.identity(50))
        let given = try polite.createOffer(Fixtures.transport(2))
        try polite.setLocal(.offer, given)
        #expect(polite.transceivers[2].mid == "2")
        impolite.setDirection(.recvonly, of: 0)
        let kept = try impolite.createOffer(Fixtures.transport(1))
        try impolite.setLocal(.offer, kept)

        #expect(try impolite.setRemote(.offer, given).isIgnored)
        // Same transport in the ignored offer: its candidates are good ones all the same.
        #expect(impolite.disposition(ofCandidateFor: "0", mLineIndex: nil, usernameFragment: nil) == .apply)
        try polite.setRemote(.offer, kept)
        #expect(polite.transceivers[2].mid == nil)
        let answer = try polite.createAnswer(Fixtures.transport(2))
        try polite.setLocal(.answer, answer)
        try impolite.setRemote(.answer, answer)
        #expect(polite.negotiationNeeded)
        let change = try Fixtures.negotiate(&polite, &impolite, Fixtures.transport(2), Fixtures.transport(1))
        #expect(change.offerer.changed == [2])
        #expect(impolite.transceivers.map(\.currentDirection) == [.recvonly, .sendrecv, .recvonly])
        #expect(!polite.negotiationNeeded && !impolite.negotiationNeeded)
    }

    @Test func anAnswerToAnOfferThatWasGivenUpIsRefused() throws {
        var caller = Fixtures.caller(1, polite: true)
        var callee = Fixtures.caller(2)
        let offer = try caller.createOffer(Fixtures.transport(1))
        try caller.setLocal(.offer, offer)
        try callee.setRemote(.offer, offer)
        let answer = try callee.createAnswer(Fixtures.transport(2))
        try caller.rollback()
        #expect(caller.signalingState == .stable)
        #expect(caller.transceivers.allSatisfy { $0.mid == nil })
        #expect { try caller.setRemote(.answer, answer) } throws: { error in
            "\(error)" == "cannot take an answer while stable, only while have-local-offer"
        }
        #expect(caller.negotiationNeeded)
    }

    @Test func rollingARemoteOfferBackRemovesWhatItMade() throws {
        var callee = Fixtures.session(2)
        let audio = callee.addTransceiver(kind: .audio, direction: .sendrecv, sender: Fixtures.identity(1))
        let kept = try #require(audio)
        var caller = Fixtures.caller(1)
        caller.addTransceiver(kind: .video, direction: .sendrecv, sender: Fixtures.identity(3))
        let offer = try caller.createOffer(Fixtures.transport(1))
        let change = try callee.setRemote(.offer, offer)
        #expect(change.added.count == 2)
        callee.setSender(Fixtures.identity(9), of: change.added[1])
        let back = try callee.rollback()
        #expect(back.removed == [change.added[0]])
        #expect(callee.transceivers.map(\.id) == [kept, change.added[1]])
        #expect(callee.transceivers.allSatisfy { $0.mid == nil && $0.mLineIndex == nil })
        #expect(callee.remoteTransport == nil)
        #expect(throws: JSEPError.self) { try callee.rollback() }
    }

    @Test func aSecondRemoteOfferReplacesTheFirst() throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.session(2)
        let first = try caller.createOffer(Fixtures.transport(1))
        let change = try callee.setRemote(.offer, first)
        let again = try callee.setRemote(.offer, caller.createOffer(Fixtures.transport(1, generation: 1)))
        #expect(change.added == [0, 1])
        #expect(again.removed == [0, 1])
        #expect(again.added == [2, 3])
        #expect(!again.isRolledBack)
        #expect(again.remoteTransport?.iceUfrag == "ufrag1g1")
    }

    @Test func candidatesWaitForADescription() throws {
        var callee = Fixtures.caller(2)
        #expect(callee.disposition(ofCandidateFor: "0", mLineIndex: 0, usernameFragment: "x") == .wait)
        var caller = Fixtures.caller(1)
        let offer = try caller.createOffer(Fixtures.transport(1))
        try caller.setLocal(.offer, offer)
        #expect(caller.transportSection?.mid == "0")
        #expect(caller.disposition(ofCandidateFor: "0", mLineIndex: 0, usernameFragment: nil) == .wait)
        try callee.setRemote(.offer, offer)
        #expect(callee.disposition(ofCandidateFor: "0", mLineIndex: nil, usernameFragment: "ufrag1g0") == .apply)
        #expect(callee.disposition(ofCandidateFor: nil, mLineIndex: 0, usernameFragment: nil) == .apply)
        #expect(callee.disposition(ofCandidateFor: "1", mLineIndex: 1, usernameFragment: nil) == .drop)
        #expect(callee.disposition(ofCandidateFor: nil, mLineIndex: 1, usernameFragment: nil) == .drop)
        #expect(callee.disposition(ofCandidateFor: "0", mLineIndex: 0, usernameFragment: "older") == .drop)
        #expect(callee.transportSection?.mLineIndex == 0)
    }
}
