import SDP

extension Parser {
    func testSDP(_ text: String) {
        guard let description = try? SessionDescription(parsing: text) else { return }
        let written = description.description
        // Line ends that were one byte become two.
        guard written.utf8.count <= 2 * text.utf8.count, let again = try? SessionDescription(parsing: written) else { return }
        require(again == description, "what is read survives being written")
    }

    /// A negotiation with someone who sends these offers one after the other, then one more in which ours is answered by the
    /// last of them.
    func testJSEP(_ texts: [String]) {
        var session = JSEPSession(configuration: JSEPConfiguration(sessionID: 1, isPolite: true))
        session.addTransceiver(kind: .audio, direction: .sendrecv, sender: Self.sender(1))
        session.addTransceiver(kind: .video, direction: .sendrecv, sender: Self.sender(2))
        for text in texts.prefix(4) {
            guard let offer = try? SessionDescription(parsing: text) else { return }
            do {
                try session.setRemote(.offer, offer)
            } catch {
                require(session.signalingState == .stable, "an offer that is refused leaves the session as it was")
                continue
            }
            use(session)
            guard let answer = try? session.createAnswer(Self.transport) else {
                _ = try? session.rollback()
                continue
            }
            require(answer.media.count == offer.media.count, "the answer has the offer's sections")
            require((try? SessionDescription(parsing: answer.description)) == answer, "the answer can be read")
            _ = try? session.setLocal(.answer, answer)
            use(session)
        }
        guard let text = texts.last, let answer = try? SessionDescription(parsing: text) else { return }
        guard let offer = try? session.createOffer(Self.transport), (try? session.setLocal(.offer, offer)) != nil else { return }
        _ = try? session.setRemote(.answer, answer)
        use(session)
    }

    private func use(_ session: JSEPSession) {
        _ = (session.remoteTransport, session.transportSection, session.currentLocalCredentials, session.negotiationNeeded)
        _ = session.disposition(ofCandidateFor: "0", mLineIndex: 0, usernameFragment: "ufrag")
        _ = session.disposition(ofCandidateFor: nil, mLineIndex: 1, usernameFragment: nil)
    }

    private static func sender(_ number: UInt32) -> SenderIdentity {
        SenderIdentity(ssrc: number, rtxSSRC: number + 10, cname: "cname", streamID: "stream", trackID: "track\(number)")
    }

    private static let transport = LocalTransportDescription(
        iceUfrag: "ufrag", icePassword: "passwordpasswordpassword",
        fingerprint: FingerprintAttribute(algorithm: "sha-256", bytes: Array(repeating: 1, count: 32)))
}
