import SDP
import Testing

@Suite struct GoldenTests {
    static let browsers = ["chromium-156", "firefox-153"]

    @Test func bothBrowsersAreThere() {
        for browser in Self.browsers {
            #expect(Golden.all.filter { $0.name.hasPrefix(browser) }.count == 12)
        }
    }

    @Test(arguments: Golden.all) func printsAsItWasParsed(_ golden: Golden) throws {
        let description = try SessionDescription(parsing: golden.text)
        #expect(description.description == golden.text)
        let unix = String(golden.text.unicodeScalars.filter { $0 != "\r" })
        #expect(try SessionDescription(parsing: unix) == description)
    }

    @Test(arguments: Golden.all.filter(\.isOffer)) func isAnsweredAndTheAnswerParsesAgain(_ golden: Golden) throws {
        let offer = try SessionDescription(parsing: golden.text)
        var session = Fixtures.caller(2, polite: true)
        let change = try session.setRemote(.offer, offer)
        let answer = try session.createAnswer(Fixtures.transport(2))
        try session.setLocal(.answer, answer)
        #expect(try SessionDescription(parsing: answer.description) == answer)
        #expect(session.signalingState == .stable)

        let remote = try #require(change.remoteTransport)
        #expect(remote.fingerprints.count == 1 && remote.fingerprints[0].bytes.count == 32)
        #expect(remote.setup == .actpass)
        #expect(remote.iceOptions.contains("trickle"))
        #expect(answer.media.count == offer.media.count)
        #expect(session.dtlsRole == .active)
        for (index, section) in offer.media.enumerated() {
            let answered = answer.media[index]
            #expect(answered.mid == section.mid)
            #expect(answered.media == section.media)
            #expect((answered.port == 0) == (section.isRejected || section.media == "application"))
            #expect(answered.port == 0 || answer.isListed(answered.mid))
            #expect(Set(answered.payloadTypes).isSubset(of: section.payloadTypes))
            #expect(Set(answered.extensionMaps.map(\.id)).isSubset(of: Set(section.extensionMaps.map(\.id))))
        }
        for transceiver in session.transceivers where transceiver.mid != nil {
            let media = try #require(transceiver.negotiated)
            #expect(media.usesTransportCC)
            #expect(media.sendExtensions[.mid] != nil)
            #expect(media.allowsMixedExtensions)
            #expect(media.usesRTX == (transceiver.kind == .video))
        }
    }

    @Test(arguments: browsers) func answersToOursAreTaken(_ browser: String) throws {
        let answer = try Golden.named("\(browser)-answer-to-glyphone")
        var session = Fixtures.caller()
        try session.setLocal(.offer, session.createOffer(Fixtures.transport(1)))
        let change = try session.setRemote(.answer, answer)
        #expect(change.dtlsRole == .passive)
        #expect(session.transceivers.map(\.currentDirection) == [.sendrecv, .sendrecv])
        let video = try #require(session.transceivers[1].negotiated)
        #expect(video.feedback == Set(RTCPFeedback.allCases))
        #expect(video.remoteSources.count == 1)
        #expect(video.remoteSources.first?.rtxSSRC != nil)
        #expect(video.remoteStreams.first?.track != nil)
        #expect(video.isReducedSizeRTCP)
        // Firefox leaves rtcp-rsize out for audio.
        #expect(session.transceivers[0].negotiated?.isReducedSizeRTCP == (browser == "chromium-156"))
        #expect(!session.negotiationNeeded)
    }

    @Test(arguments: browsers) func anICERestartIsSeen(_ browser: String) throws {
        var session = Fixtures.caller(2, polite: true)
        #expect(try session.setRemote(.offer, Golden.named("\(browser)-offer-before-ice-restart")).isRemoteICERestart == false)
        try session.setLocal(.answer, session.createAnswer(Fixtures.transport(2)))
        let change = try session.setRemote(.offer, Golden.named("\(browser)-offer-ice-restart"))
        #expect(change.isRemoteICERestart)
        #expect(!change.isNewFingerprint)
        #expect(throws: JSEPError.self) { try session.createAnswer(Fixtures.transport(2)) }
        let settled = try session.setLocal(.answer, session.createAnswer(Fixtures.transport(2, generation: 1)))
        #expect(settled.dtlsRole == nil)

        // The same session goes on: audio is stopped, then its section is used again, for which Chromium restarts ICE once more.
        let stopped = try session.setRemote(.offer, Golden.named("\(browser)-offer-stopped"))
        #expect(stopped.isRemoteICERestart == false)
        #expect(try session.setLocal(.answer, session.createAnswer(Fixtures.transport(2, generation: 1))).removed == [0])
        let recycled = try session.setRemote(.offer, Golden.named("\(browser)-offer-recycled"))
        #expect(recycled.added == [2])
        #expect(recycled.isRemoteICERestart == (browser == "chromium-156"))
        try session.setLocal(.answer, session.createAnswer(Fixtures.transport(2, generation: recycled.isRemoteICERestart ? 2 : 1)))
        #expect(session.transceivers.map(\.mLineIndex) == [1, 0])
        #expect(session.transceivers.map(\.currentDirection) == [.sendrecv, .recvonly])
    }

    @Test func chromiumIsAskedToRepeatItsSound() throws {
        var session = Fixtures.caller(2, polite: true)
        try session.setRemote(.offer, Golden.named("chromium-156-offer-audio-video"))
        let answer = try session.createAnswer(Fixtures.transport(2))
        // It repeats only where redundancy comes first.
        #expect(answer.media[0].formats == ["63", "111"])
        #expect(answer.media[0].parameters(63).description == "111/111")
        try session.setLocal(.answer, answer)
        let audio = try #require(session.transceivers[0].negotiated)
        #expect(audio.sendCodec?.payloadType == 111 && audio.sendCodec?.redPayloadType == 63)
        #expect(audio.receivePayloads[63] == .redundancy(payloadType: 111))
        #expect(try session.createOffer(Fixtures.transport(2)).media[0].formats == ["63", "111"])
    }

    @Test(arguments: ["63 111/0", "63 96/96", "63 x", "63"]) func redundancyOfAnythingElseIsLeftAlone(_ parameters: String) throws {
        var session = Fixtures.caller(2, polite: true)
        let text = try Golden.named("chromium-156-offer-audio-video").description.replacing("63 111/111", with: parameters)
        try session.setRemote(.offer, SessionDescription(parsing: text))
        #expect(try session.createAnswer(Fixtures.transport(2)).media[0].formats == ["111"])
    }

    @Test func firefoxNumbersAreKept() throws {
        var session = Fixtures.caller(2, polite: true)
        try session.setRemote(.offer, Golden.named("firefox-153-offer-audio-video"))
        try session.setLocal(.answer, session.createAnswer(Fixtures.transport(2)))
        let audio = try #require(session.transceivers[0].negotiated)
        let video = try #require(session.transceivers[1].negotiated)
        #expect(audio.sendCodec?.payloadType == 109)
        #expect(audio.sendCodec?.parameters.prefersStereo == true)
        #expect(audio.sendCodec?.parameters.maxPlaybackRate == 48_000)
        #expect(audio.sendExtensions == [.audioLevel: 1, .mid: 3, .transportWideCC: 7])
        #expect(video.sendCodec?.payloadType == 120)
        #expect(video.sendCodec?.rtxPayloadType == 124)
        #expect(video.sendCodec?.parameters.maxFrameSize == 12_288)
        #expect(video.sendCodec?.parameters.maxFrameRate == 60)
        #expect(video.receivePayloads[124] == .retransmission(payloadType: 120))

        let offer = try session.createOffer(Fixtures.transport(2))
        // Firefox has no redundancy for sound; it is offered all the same, under a number that is free.
        #expect(audio.sendCodec?.redPayloadType == nil)
        #expect(offer.media[0].formats == ["63", "109"])
        #expect(offer.media[1].formats == ["120", "124"])
        // abs-send-time was agreed on for video alone: audio uses the same id, which means the same in the whole bundle.
        #expect(offer.media[0].extensionMaps.map(\.id) == [1, 4, 7, 3])
        #expect(offer.media[1].extensionMaps.map(\.id) == [4, 7, 3])
    }

    @Test(arguments: browsers) func withoutPermissionAddressesAreNames(_ browser: String) throws {
        var session = Fixtures.caller(2, polite: true)
        let change = try session.setRemote(.offer, Golden.named("\(browser)-offer-recvonly-mdns"))
        let candidates = try #require(change.remoteTransport?.candidates)
        #expect(!candidates.isEmpty && candidates.allSatisfy { $0.hasPrefix("candidate:") && $0.contains(".local ") })
        try session.setLocal(.answer, session.createAnswer(Fixtures.transport(2)))
        #expect(session.transceivers.map(\.currentDirection) == [.sendonly, .sendonly])
        #expect(session.transceivers.allSatisfy { $0.negotiated?.remoteSources.isEmpty == true })
    }
}

extension SessionDescription {
    func isListed(_ mid: String?) -> Bool {
        mid.map(bundle.contains) ?? false
    }
}
