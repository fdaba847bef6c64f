import SDP
import Testing

/// ICE restarts, DTLS roles and certificates over several negotiations.
@Suite struct TransportTests {
    @Test func anICERestartIsAskedForAndSeen() throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2, polite: true)
        try Fixtures.negotiate(&caller, &callee)
        caller.requestICERestart()
        #expect(caller.negotiationNeeded)
        let offer = try caller.createOffer(Fixtures.transport(1, generation: 1))
        try caller.setLocal(.offer, offer)
        let change = try callee.setRemote(.offer, offer)
        #expect(change.isRemoteICERestart && !change.isNewFingerprint)
        #expect(change.remoteTransport?.iceUfrag == "ufrag1g1")
        #expect { try callee.createAnswer(Fixtures.transport(2)) } throws: { "\($0)" == "the offer restarts ICE: pass new credentials" }
        #expect(callee.disposition(ofCandidateFor: "0", mLineIndex: 0, usernameFragment: "ufrag1g0") == .drop)
        let answer = try callee.createAnswer(Fixtures.transport(2, generation: 1))
        try callee.setLocal(.answer, answer)
        #expect(try caller.setRemote(.answer, answer).isRemoteICERestart)
        #expect(!caller.negotiationNeeded)
        #expect(caller.currentLocalCredentials?.ufrag == "ufrag1g1")
        #expect(caller.dtlsRole == .passive && callee.dtlsRole == .active)
    }

    @Test func withoutARestartTheCredentialsStay() throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2, polite: true)
        try Fixtures.negotiate(&caller, &callee)
        try callee.setRemote(.offer, caller.createOffer(Fixtures.transport(1)))
        #expect { try callee.createAnswer(Fixtures.transport(2, generation: 1)) } throws: { error in
            "\(error)" == "the offer does not restart ICE: pass the current credentials"
        }
        #expect(try callee.createAnswer(Fixtures.transport(2)).media.count == 2)
    }

    @Test func theRequestSurvivesACollision() throws {
        var impolite = Fixtures.caller(1)
        var polite = Fixtures.caller(2, polite: true)
        try Fixtures.negotiate(&impolite, &polite)
        polite.requestICERestart()
        try polite.setLocal(.offer, polite.createOffer(Fixtures.transport(2, generation: 1)))
        let kept = try impolite.createOffer(Fixtures.transport(1))
        try impolite.setLocal(.offer, kept)
        #expect(try polite.setRemote(.offer, kept).isRolledBack)
        try polite.setLocal(.answer, polite.createAnswer(Fixtures.transport(2)))
        #expect(polite.negotiationNeeded)
    }

    @Test func rolesStayWhoeverOffers() throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2, polite: true)
        try Fixtures.negotiate(&caller, &callee)
        for _ in 0..<2 {
            let change = try Fixtures.negotiate(&callee, &caller, Fixtures.transport(2), Fixtures.transport(1))
            #expect(change.offerer.dtlsRole == nil && change.answerer.dtlsRole == nil)
            let offer = try #require(callee.currentLocalDescription)
            let answer = try #require(caller.currentLocalDescription)
            #expect(offer.media.allSatisfy { offer.setup(of: $0) == .actpass })
            #expect(answer.media.allSatisfy { answer.setup(of: $0) == .passive })
            #expect(caller.dtlsRole == .passive && callee.dtlsRole == .active)
            try Fixtures.negotiate(&caller, &callee)
            #expect(caller.dtlsRole == .passive && callee.dtlsRole == .active)
        }
    }

    @Test(arguments: [(SetupRole.active, SetupRole.passive), (.passive, .active), (.actpass, .active), (.holdconn, .active)])
    func theFirstAnswerFitsTheOffersRole(_ offered: SetupRole, _ answered: SetupRole) throws {
        var callee = Fixtures.caller(2)
        let text = try Fixtures.offerText().replacing("a=setup:actpass", with: "a=setup:\(offered.rawValue)")
        try callee.setRemote(.offer, SessionDescription(parsing: text))
        let change = try callee.setLocal(.answer, callee.createAnswer(Fixtures.transport(2)))
        #expect(change.dtlsRole == answered)
        #expect(callee.dtlsRole == answered)
    }

    @Test func swappedRolesAreRefusedUnlessTheCertificateIsNew() throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2, polite: true)
        try Fixtures.negotiate(&caller, &callee)
        let offer = try caller.createOffer(Fixtures.transport(1)).description.replacing("setup:actpass", with: "setup:active")
        #expect { try callee.setRemote(.offer, SessionDescription(parsing: offer)) } throws: { error in
            "\(error)" == "the offer swaps the DTLS roles of a connection that is up"
        }
        var other = Fixtures.transport(1)
        other.fingerprint.bytes[0] = 99
        try caller.setLocal(.offer, caller.createOffer(other))
        let replaced = try caller.createOffer(other).description.replacing("setup:actpass", with: "setup:active")
        let change = try callee.setRemote(.offer, SessionDescription(parsing: replaced))
        #expect(change.isNewFingerprint)
        #expect(try callee.setLocal(.answer, callee.createAnswer(Fixtures.transport(2))).dtlsRole == .passive)
    }

    @Test func theTransportGoesWithTheLastSection() throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2, polite: true)
        try Fixtures.negotiate(&caller, &callee)
        for id in [0, 1] { caller.stop(id) }
        let change = try Fixtures.negotiate(&caller, &callee)
        #expect(change.offerer.isTransportClosed && change.answerer.isTransportClosed)
        #expect(caller.remoteTransport == nil && callee.dtlsRole == nil)
        callee.addTransceiver(kind: .video, direction: .sendrecv, sender: Fixtures.identity(9))
        let again = try Fixtures.negotiate(&callee, &caller, Fixtures.transport(2, generation: 1), Fixtures.transport(1, generation: 1))
        #expect(again.answerer.dtlsRole == .active && again.offerer.dtlsRole == .passive)
        #expect(again.offerer.remoteTransport?.iceUfrag == "ufrag1g1")
    }

    @Test func candidatesOfTheDescriptionAreFound() throws {
        var transport = Fixtures.transport(1)
        transport.candidates = ["candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host"]
        transport.endOfCandidates = true
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2)
        let offer = try caller.createOffer(transport)
        #expect(offer.media[1].candidates.isEmpty)
        let change = try callee.setRemote(.offer, SessionDescription(parsing: offer.description))
        #expect(change.remoteTransport?.candidates == transport.candidates)
        #expect(change.remoteTransport?.endOfCandidates == true)
        #expect(change.remoteTransport?.iceOptions == ["trickle"])
        #expect(change.remoteTransport?.isICELite == false)
        #expect(change.remoteTransport?.setup == .actpass)
    }

    @Test func aClosedSessionRefusesAll() throws {
        var caller = Fixtures.caller(1)
        let offer = try caller.createOffer(Fixtures.transport(1))
        caller.close()
        #expect(!caller.negotiationNeeded)
        #expect(throws: JSEPError.self) { try caller.createOffer(Fixtures.transport(1)) }
        #expect(throws: JSEPError.self) { try caller.setLocal(.offer, offer) }
        #expect { try caller.setRemote(.offer, offer) } throws: { error in
            "\(error)" == "cannot take an offer while closed, only while stable or have-local-offer or have-remote-offer"
        }
    }
}
