import SDP
import Testing

/// What pictures a side takes (`max-fs`, `max-fr`, RFC 7741 section 6.1), as offers and answers tell.
@Suite struct PictureLimitTests {
    private func limit(_ session: inout JSEPSession, _ frameSize: Int?, _ frameRate: Int? = 60) {
        session.setParameters(of: "VP8") { ($0.maxFrameSize, $0.maxFrameRate) = (frameSize, frameRate) }
    }

    /// What a description says of VP8.
    private func told(_ description: SessionDescription?) throws -> String {
        try #require(description).media[1].parameters(96).description
    }

    private func heard(_ session: JSEPSession) -> Int? {
        session.transceivers[1].negotiated?.sendCodec?.parameters.maxFrameSize
    }

    @Test func `Offer and answer tell what their writer takes`() throws {
        var (caller, callee) = (Fixtures.caller(1), Fixtures.caller(2, polite: true))
        limit(&callee, 1_200, 20)
        try Fixtures.negotiate(&caller, &callee)
        #expect(try told(caller.localDescription) == "max-fs=36864;max-fr=60")
        #expect(try told(callee.localDescription) == "max-fs=1200;max-fr=20")
        #expect(heard(caller) == 1_200 && heard(callee) == 36_864)
        #expect(!caller.negotiationNeeded && !callee.negotiationNeeded)
        // Of sound nothing has changed.
        #expect(callee.localDescription?.media[0].parameters(111).description == "minptime=10;useinbandfec=1")
    }

    @Test func `Another limit is negotiated, and nothing else changes with it`() throws {
        var (caller, callee) = (Fixtures.caller(1), Fixtures.caller(2, polite: true))
        try Fixtures.negotiate(&caller, &callee)
        let before = caller.transceivers
        limit(&callee, 300)
        #expect(callee.negotiationNeeded && !caller.negotiationNeeded)
        let change = try Fixtures.negotiate(&callee, &caller, Fixtures.transport(2), Fixtures.transport(1))
        #expect(heard(caller) == 300)
        #expect(!callee.negotiationNeeded && !caller.negotiationNeeded)
        for side in [change.offerer, change.answerer] {
            #expect(side.changed == [1])
            #expect(side.dtlsRole == nil && side.remoteTransport == nil && !side.isRemoteICERestart)
        }
        var after = try #require(caller.transceivers[1].negotiated)
        after.sendCodecs[0].parameters = try #require(before[1].negotiated?.sendCodec).parameters
        #expect(after == before[1].negotiated)
        #expect(caller.transceivers[0] == before[0])
        // Back to none is a change, too.
        limit(&callee, nil, nil)
        #expect(callee.negotiationNeeded)
        try Fixtures.negotiate(&callee, &caller, Fixtures.transport(2), Fixtures.transport(1))
        #expect(heard(caller) == nil)
        #expect(!callee.negotiationNeeded)
    }

    @Test(arguments: [("chromium-156", false), ("firefox-153", true)])
    func `Only who gives limits is asked to heed another`(_ browser: String, _ isAsked: Bool) throws {
        var session = Fixtures.caller()
        try session.setLocal(.offer, session.createOffer(Fixtures.transport(1)))
        try session.setRemote(.answer, Golden.named("\(browser)-answer-to-glyphone"))
        limit(&session, 300)
        #expect(session.negotiationNeeded == isAsked)
        var callee = Fixtures.caller(2, polite: true)
        try callee.setRemote(.offer, Golden.named("\(browser)-offer-audio-video"))
        limit(&callee, 1_200)
        try callee.setLocal(.answer, callee.createAnswer(Fixtures.transport(2)))
        // It was told with the answer.
        let type = try #require(
            callee.transceivers[1].negotiated?.receivePayloads.first { if case .media = $0.value { true } else { false } }?.key)
        #expect(callee.localDescription?.media[1].parameters(type).maxFrameSize == 1_200)
        #expect(!callee.negotiationNeeded)
        limit(&callee, 300)
        #expect(callee.negotiationNeeded == isAsked)
    }

    @Test func `Where no picture comes no limit is negotiated`() throws {
        var (caller, callee) = (Fixtures.caller(1), Fixtures.caller(2, polite: true, direction: .recvonly))
        try Fixtures.negotiate(&caller, &callee)
        limit(&caller, 300)
        #expect(!caller.negotiationNeeded)
        // It is told with the picture.
        callee.setDirection(.sendrecv, of: 1)
        try Fixtures.negotiate(&callee, &caller, Fixtures.transport(2), Fixtures.transport(1))
        #expect(heard(callee) == 300)
        #expect(!caller.negotiationNeeded)
    }

    @Test func `Where two offers cross both limits arrive`() throws {
        var (impolite, polite) = (Fixtures.caller(1), Fixtures.caller(2, polite: true))
        try Fixtures.negotiate(&impolite, &polite)
        limit(&impolite, 1_200)
        limit(&polite, 300)
        let kept = try impolite.createOffer(Fixtures.transport(1))
        try impolite.setLocal(.offer, kept)
        let given = try polite.createOffer(Fixtures.transport(2))
        try polite.setLocal(.offer, given)
        #expect(try impolite.setRemote(.offer, given).isIgnored)
        #expect(try polite.setRemote(.offer, kept).isRolledBack)
        let answer = try polite.createAnswer(Fixtures.transport(2))
        try polite.setLocal(.answer, answer)
        try impolite.setRemote(.answer, answer)
        #expect(heard(impolite) == 300 && heard(polite) == 1_200)
        #expect(!polite.negotiationNeeded && !impolite.negotiationNeeded)
    }

    @Test func `A limit that changes while an offer waits is negotiated after it`() throws {
        var (caller, callee) = (Fixtures.caller(1), Fixtures.caller(2, polite: true))
        try Fixtures.negotiate(&caller, &callee)
        limit(&caller, 300)
        let offer = try caller.createOffer(Fixtures.transport(1))
        try caller.setLocal(.offer, offer)
        limit(&caller, 3_600)
        #expect(!caller.negotiationNeeded)
        try callee.setRemote(.offer, offer)
        let answer = try callee.createAnswer(Fixtures.transport(2))
        try callee.setLocal(.answer, answer)
        try caller.setRemote(.answer, answer)
        #expect(heard(callee) == 300)
        #expect(caller.negotiationNeeded)
        try Fixtures.negotiate(&caller, &callee)
        #expect(heard(callee) == 3_600)
        #expect(!caller.negotiationNeeded)
    }
}
