import SDP
import Testing

@Suite struct DirectionTests {
    struct Pair: Sendable, CustomTestStringConvertible {
        var offered: MediaDirection
        var wanted: MediaDirection

        var testDescription: String { "\(offered) offered, \(wanted) wanted" }

        static let all = MediaDirection.allCases.flatMap { offered in MediaDirection.allCases.map { Pair(offered: offered, wanted: $0) } }
    }

    @Test(arguments: Pair.all) func bothSidesAgree(_ pair: Pair) throws {
        var caller = Fixtures.caller(1, direction: pair.offered)
        var callee = Fixtures.caller(2, polite: true, direction: pair.wanted)
        try Fixtures.negotiate(&caller, &callee)
        for index in 0..<2 {
            let (here, there) = (caller.transceivers[index], callee.transceivers[index])
            let sends = pair.offered.canSend && pair.wanted.canReceive
            let receives = pair.offered.canReceive && pair.wanted.canSend
            #expect(here.currentDirection == MediaDirection(send: sends, receive: receives))
            #expect(there.currentDirection == here.currentDirection?.reversed)
            #expect(here.direction == pair.offered && there.direction == pair.wanted)
            let (near, far) = (try #require(here.negotiated), try #require(there.negotiated))
            #expect(near.canSend == sends && near.canReceive == receives)
            #expect(far.canSend == receives && far.canReceive == sends)
            #expect(near.remoteSources.isEmpty == !receives)
            #expect(far.remoteSources.isEmpty == !sends)
        }
        #expect(!caller.negotiationNeeded)
        // The callee asks again only if it wants what the offer did not hold.
        #expect(!callee.negotiationNeeded)
    }

    @Test func aChangeNeedsNegotiationAndTakesEffectWithIt() throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2, polite: true)
        try Fixtures.negotiate(&caller, &callee)
        callee.setDirection(.sendonly, of: 1)
        #expect(callee.negotiationNeeded)
        #expect(callee.transceivers[1].currentDirection == .sendrecv)
        let change = try Fixtures.negotiate(&callee, &caller, Fixtures.transport(2), Fixtures.transport(1))
        #expect(change.offerer.changed == [1])
        #expect(change.answerer.changed == [1])
        #expect(change.answerer.dtlsRole == nil)
        #expect(callee.transceivers.map(\.currentDirection) == [.sendrecv, .sendonly])
        #expect(caller.transceivers.map(\.currentDirection) == [.sendrecv, .recvonly])
        #expect(caller.transceivers[1].direction == .sendrecv)
        #expect(!callee.negotiationNeeded && !caller.negotiationNeeded)
    }

    @Test func wantingWhatTheAnswerLeftNeedsNoNegotiation() throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2, direction: .recvonly)
        try Fixtures.negotiate(&caller, &callee)
        caller.setDirection(.sendonly, of: 0)
        #expect(!caller.negotiationNeeded)
        caller.setDirection(.recvonly, of: 0)
        #expect(caller.negotiationNeeded)
    }

    @Test func withoutASenderNothingIsSent() throws {
        var caller = Fixtures.session(1)
        caller.addTransceiver(kind: .audio, direction: .sendrecv, sender: nil)
        let offer = try caller.createOffer(Fixtures.transport(1))
        #expect(offer.direction(of: offer.media[0]) == .recvonly)
        #expect(offer.media[0].ssrcAttributes.isEmpty && offer.media[0].streams.isEmpty)
        var callee = Fixtures.caller(2)
        try Fixtures.negotiate(&caller, &callee)
        caller.setSender(Fixtures.identity(5), of: 0)
        #expect(caller.negotiationNeeded)
        try Fixtures.negotiate(&caller, &callee)
        #expect(caller.transceivers[0].currentDirection == .sendrecv)
        #expect(callee.transceivers[0].negotiated?.remoteSources == [RemoteSource(ssrc: 5, cname: "cname5")])
    }

    @Test func anotherTrackNeedsNegotiation() throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2)
        try Fixtures.negotiate(&caller, &callee)
        caller.setSender(Fixtures.identity(77), of: 1)
        #expect(caller.negotiationNeeded)
        try Fixtures.negotiate(&caller, &callee)
        #expect(callee.transceivers[1].negotiated?.remoteSources.first?.rtxSSRC == 1_077)
    }
}
