import NIOCore
import SignalingClient
import SignalingProtocol
import SignalingServer
import Testing

@Suite(.timeLimit(.minutes(1))) struct LoopbackTests {
    @Test func aCallFromTheOfferToTheHangUp() async throws {
        let server = try await SignalingServer.start()
        let alice = try TestClient("alice", at: server.url)
        let aliceJoined = try await alice.joined()
        let bob = try TestClient("bob", at: server.url)
        let bobJoined = try await bob.joined()
        let (a, b) = (try #require(aliceJoined.me), try #require(bobJoined.me))
        #expect(bobJoined.peers == [a])
        #expect(try await alice.message() == .peerJoined(b))

        alice.client.send(.offer(sdp: "v=0\r\n"), call: "c1", to: b.id)
        #expect(try await bob.signal() == (a.id, CallSignal(call: "c1", body: .offer(sdp: "v=0\r\n"))))
        bob.client.send(.ringing, call: "c1", to: a.id)
        bob.client.send(.answer(sdp: "v=1"), call: "c1", to: a.id)
        let candidate = Candidate(candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host", sdpMid: "0", sdpMLineIndex: 0)
        bob.client.send(.candidate(candidate), call: "c1", to: a.id)
        bob.client.send(.candidate(nil), call: "c1", to: a.id)
        for body: CallSignal.Body in [.ringing, .answer(sdp: "v=1"), .candidate(candidate), .candidate(nil)] {
            #expect(try await alice.signal() == (b.id, CallSignal(call: "c1", body: body)))
        }
        alice.client.send(.bye(.hangup), call: "c1", to: b.id)
        #expect(try await bob.signal() == (a.id, CallSignal(call: "c1", body: .bye(.hangup))))

        try await alice.leave()
        while try await bob.message() != .peerLeft(id: a.id, reason: .left) {}
        try await bob.leave()
        try await server.shutdown()
    }
}
