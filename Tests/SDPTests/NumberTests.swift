import SDP
import Testing

/// Payload types and header extension ids: the two sides may differ, and what is in use stays.
@Suite struct NumberTests {
    static let odd: [CodecConfiguration] = {
        var (opus, vp8) = (CodecConfiguration.opus, CodecConfiguration.vp8)
        opus.payloadType = 97
        vp8.payloadType = 111
        vp8.rtxPayloadType = nil
        vp8.parameters = FormatParameters(parsing: "max-fs=900;max-fr=15")
        return [opus, vp8]
    }()

    @Test func answersKeepTheOfferersNumbersAndLaterOffersToo() throws {
        var caller = Fixtures.session(1, codecs: Self.odd)
        caller.addTransceiver(kind: .audio, direction: .sendrecv, sender: Fixtures.identity(1))
        caller.addTransceiver(kind: .video, direction: .sendrecv, sender: Fixtures.identity(2))
        var callee = Fixtures.caller(2)
        try Fixtures.negotiate(&caller, &callee)
        let video = try #require(callee.transceivers[1].negotiated)
        #expect(video.sendCodec?.payloadType == 111)
        #expect(video.sendCodec?.parameters.maxFrameSize == 900)
        #expect(!video.usesRTX)
        #expect(Array(video.receivePayloads.keys) == [111])
        #expect(callee.currentLocalDescription?.media[1].ssrcGroups.isEmpty == true)

        // Its own first choices, 111 for opus and 97 for RTX, mean other things here; RTX gets a number that is free in the whole bundle.
        let offer = try callee.createOffer(Fixtures.transport(2))
        #expect(offer.media[0].formats == ["63", "97"])
        #expect(offer.media[1].formats == ["111", "96"])
    }

    @Test func theTwoDirectionsMayUseDifferentTypes() throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2)
        let offer = try caller.createOffer(Fixtures.transport(1))
        try caller.setLocal(.offer, offer)
        try callee.setRemote(.offer, offer)
        let answer = try callee.createAnswer(Fixtures.transport(2)).description
            .replacing("SAVPF 96 97", with: "SAVPF 120 121").replacing(":96 ", with: ":120 ").replacing(":97 apt=96", with: ":121 apt=120")
            .replacing(":97 ", with: ":121 ")
        try caller.setRemote(.answer, SessionDescription(parsing: answer))
        let video = try #require(caller.transceivers[1].negotiated)
        #expect(video.sendCodec?.payloadType == 120)
        #expect(video.sendCodec?.rtxPayloadType == 121)
        #expect(Set(video.receivePayloads.keys) == [96, 97])
        #expect(video.receivePayloads[97] == .retransmission(payloadType: 96))
        #expect(video.feedback == Set(RTCPFeedback.allCases))
        // What this side receives stays what it offered.
        #expect(try caller.createOffer(Fixtures.transport(1)).media[1].formats == ["96", "97"])
    }

    @Test func onlySharedFeedbackAndExtensionsRemain() throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2)
        let text = try caller.createOffer(Fixtures.transport(1)).description
            .replacing("a=rtcp-fb:96 goog-remb\r\n", with: "").replacing("a=rtcp-fb:96 nack\r\n", with: "a=rtcp-fb:* nack\r\n")
            .replacing("a=extmap:3 http://www.ietf.org", with: "a=extmap:9 http://example.org")
            .replacing("a=extmap:2 ", with: "a=extmap:2/sendonly ").replacing("a=extmap:4 ", with: "a=extmap:15 ")
            .replacing("a=rtcp-rsize\r\n", with: "").replacing("a=extmap-allow-mixed\r\n", with: "")
        try callee.setRemote(.offer, SessionDescription(parsing: text))
        let answer = try callee.createAnswer(Fixtures.transport(2))
        try callee.setLocal(.answer, answer)
        let video = try #require(callee.transceivers[1].negotiated)
        #expect(video.feedback == [.nack, .nackPLI, .ccmFIR, .transportCC])
        #expect(answer.media[1].feedback(96) == ["transport-cc", "ccm fir", "nack", "nack pli"])
        #expect(!video.usesTransportCC)
        #expect(video.sendExtensions.isEmpty)
        #expect(video.receiveExtensions == [2: .absSendTime])
        #expect(!video.isReducedSizeRTCP && !video.allowsMixedExtensions)
        #expect(answer.media[1].extensionMaps.map(\.description).first == "2/recvonly \(HeaderExtension.absSendTime.rawValue)")
        #expect(answer.media[1].extensionMaps.allSatisfy { !$0.uri.contains("example") })
    }

    @Test func newExtensionsGetFreeIDs() throws {
        var caller = Fixtures.caller(1)
        var callee = Fixtures.caller(2)
        // The other side uses our first choices for something else.
        let text = try caller.createOffer(Fixtures.transport(1)).description
            .replacing("a=extmap:3 http://www.ietf.org", with: "a=extmap:3 http://example.org")
            .replacing("a=extmap:1 urn:ietf", with: "a=extmap:1 urn:other")
        try callee.setRemote(.offer, SessionDescription(parsing: text))
        try callee.setLocal(.answer, callee.createAnswer(Fixtures.transport(2)))
        let offer = try callee.createOffer(Fixtures.transport(2))
        #expect(offer.media[0].extensionMaps.map(\.id) == [5, 2, 6, 4])
        #expect(offer.media[1].extensionMaps.map(\.id) == [2, 6, 4])
    }

    @Test func numbersAreUniqueInAnOffer() throws {
        let offer = try SessionDescription(parsing: Fixtures.offerText())
        #expect(offer.media[0].formats == ["63", "111"])
        #expect(offer.media[1].formats == ["96", "97"])
        var uris: [UInt16: String] = [:]
        for map in offer.media.flatMap(\.extensionMaps) { #expect(uris.updateValue(map.uri, forKey: map.id) ?? map.uri == map.uri) }
        #expect(offer.has("extmap-allow-mixed"))
        #expect(offer.media.allSatisfy { offer.setup(of: $0) == .actpass })
        #expect(offer.media[0].parameters(111).description == "minptime=10;useinbandfec=1")
        #expect(offer.media[1].ssrcGroups == [SSRCGroup(semantics: "FID", ssrcs: [12, 1_012])])
    }
}
