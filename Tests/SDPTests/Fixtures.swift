import SDP

/// Sessions and transports that differ only in a number.
enum Fixtures {
    static func session(_ number: UInt64 = 1, polite: Bool = false, codecs: [CodecConfiguration] = [.opus, .vp8]) -> JSEPSession {
        JSEPSession(configuration: JSEPConfiguration(sessionID: number, isPolite: polite, codecs: codecs))
    }

    static func identity(_ number: UInt32) -> SenderIdentity {
        SenderIdentity(ssrc: number, rtxSSRC: number + 1_000, cname: "cname\(number)", streamID: "stream", trackID: "track\(number)")
    }

    static func transport(_ number: UInt8, generation: Int = 0) -> LocalTransportDescription {
        LocalTransportDescription(
            iceUfrag: "ufrag\(number)g\(generation)", icePassword: "passwordpasswordpassword\(number)\(generation)",
            fingerprint: FingerprintAttribute(algorithm: "sha-256", bytes: Array(repeating: number, count: 32)))
    }

    /// A session with an audio and a video transceiver.
    static func caller(_ number: UInt64 = 1, polite: Bool = false, direction: MediaDirection = .sendrecv) -> JSEPSession {
        var session = session(number, polite: polite)
        session.addTransceiver(kind: .audio, direction: direction, sender: identity(UInt32(number) * 10 + 1))
        session.addTransceiver(kind: .video, direction: direction, sender: identity(UInt32(number) * 10 + 2))
        return session
    }

    /// One whole negotiation through text; returns what it changed on either side.
    @discardableResult
    static func negotiate(
        _ offerer: inout JSEPSession, _ answerer: inout JSEPSession, _ offererTransport: LocalTransportDescription = transport(1),
        _ answererTransport: LocalTransportDescription = transport(2)
    ) throws -> (offerer: NegotiationChange, answerer: NegotiationChange) {
        let offer = try offerer.createOffer(offererTransport)
        try offerer.setLocal(.offer, offer)
        try answerer.setRemote(.offer, SessionDescription(parsing: offer.description))
        let answer = try answerer.createAnswer(answererTransport)
        let settled = try answerer.setLocal(.answer, answer)
        return (try offerer.setRemote(.answer, SessionDescription(parsing: answer.description)), settled)
    }
}
