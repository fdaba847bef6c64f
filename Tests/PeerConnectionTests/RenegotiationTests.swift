import PeerConnection
import SDP
import Security
import Testing
import Wire

/// What later offers of a browser's do to a session. No path is needed for that.
@Suite struct RenegotiationTests {
    private let now = Instant(nanoseconds: 1_000_000_000)

    private func makePeer(isPolite: Bool, seed: UInt64) throws -> PeerConnection {
        let peer = PeerConnection(
            PeerConnection.Configuration(
                isPolite: isPolite, certificate: try Certificate(), wallClock: WallClock(reference: now, unixNanoseconds: 0),
                random: .seeded(seed)))
        peer.addTransceiver(.audio)
        peer.addTransceiver(.video)
        return peer
    }

    /// Lets `caller` offer and `callee` answer; the answer, section by section.
    @discardableResult
    private func negotiate(_ caller: PeerConnection, _ callee: PeerConnection) throws -> [MediaDescription] {
        let answer = try #require(try callee.acceptOffer(try caller.makeOffer(at: now), at: now))
        try caller.acceptAnswer(answer, at: now)
        return try SessionDescription(parsing: answer).media
    }

    private func outputs(of peer: PeerConnection) -> [PeerConnection.Output] {
        var outputs: [PeerConnection.Output] = []
        while let output = peer.nextOutput() { outputs.append(output) }
        return outputs
    }

    @Test func aSecondPictureIsDeclined() throws {
        let caller = try makePeer(isPolite: false, seed: 1)
        let callee = try makePeer(isPolite: true, seed: 2)
        try negotiate(caller, callee)
        caller.addTransceiver(.video, direction: .sendonly)
        let answer = try negotiate(caller, callee)
        #expect(answer.count == 3)
        #expect(answer[2].attributes.contains { $0.name == "inactive" })
        #expect(callee.transceivers.map(\.currentDirection) == [.sendrecv, .sendrecv, .inactive])
    }

    @Test func twoPicturesInTheFirstOfferAreNotMixed() throws {
        let caller = try makePeer(isPolite: false, seed: 1)
        let callee = try makePeer(isPolite: true, seed: 2)
        caller.addTransceiver(.video, direction: .sendonly)
        try negotiate(caller, callee)
        #expect(callee.transceivers.map(\.currentDirection) == [.sendrecv, .sendrecv, .inactive])
    }

    @Test func whatIsSentAgainBeginsWithAKeyFrame() throws {
        let caller = try makePeer(isPolite: false, seed: 1)
        let callee = try makePeer(isPolite: true, seed: 2)
        try negotiate(caller, callee)
        let video = try #require(caller.transceivers.first { $0.kind == .video }?.id)
        caller.setDirection(.sendonly, of: video)
        try negotiate(caller, callee)
        _ = outputs(of: callee)
        caller.setDirection(.sendrecv, of: video)
        try negotiate(caller, callee)
        let requests = outputs(of: callee).filter { if case .keyFrameRequested = $0 { true } else { false } }
        #expect(requests.count == 1)
    }

    @Test func candidatesWaitForTheFirstDescriptionAndNameItsSection() throws {
        let peer = try makePeer(isPolite: false, seed: 1)
        peer.handle(.localAddress(try #require(TransportAddress("192.0.2.1", port: 4000))), at: now)
        peer.handle(.localAddressesComplete, at: now)
        let early = outputs(of: peer).contains { if case .candidate = $0 { true } else { false } }
        #expect(!early)
        _ = try peer.makeOffer(at: now)
        let candidates = outputs(of: peer).compactMap { output -> LocalCandidate?? in
            if case .candidate(let candidate) = output { .some(candidate) } else { nil }
        }
        #expect(candidates.count == 2)
        let mid = try #require(peer.transceivers.first?.mid)
        #expect(candidates.first??.sdpMid == mid)
        let last = try #require(candidates.last)
        #expect(last == nil)
    }
}
