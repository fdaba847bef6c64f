import NIOCore
import SignalingProtocol

extension Load {
    /// What one call takes on the wire, in bytes of TCP both ways.
    struct CallBytes {
        /// From the request for a WebSocket to `joined`.
        var entering = 0
        /// The caller's and the callee's side of a call, from the offer to the `bye`.
        var call = 0
        var messages = 0
    }

    /// Two peers join a room of their own, and one calls the other as browsers do: offer, ringing, answer, candidates, `bye`.
    func call(at url: String) async throws -> CallBytes {
        let alice = open(Join(name: "alice", room: "bytes", client: "bench/1.0"), at: url).peer
        try await wait("alice to join") { alice.isJoined }
        var bytes = CallBytes(entering: alice.bytesSent + alice.bytesReceived)
        let bob = open(Join(name: "bob", room: "bytes", client: "bench/1.0"), at: url).peer
        try await wait("bob to join") { bob.isJoined && alice.count(.peerJoined) == 1 }
        let before = (bytes: Self.bytes([alice, bob]), messages: Self.messages([alice, bob]))

        // Of the size that Chromium's have, for one microphone and one camera.
        let sdp = String(repeating: "a=rtpmap:96 VP8/90000\r\n", count: 200)
        let call = "0123456789abcdefABCDEF"
        alice.signal(.offer(sdp: sdp), call: call, to: bob)
        try await wait("the offer") { bob.count(.otherSignal) == 1 }
        bob.signal(.ringing, call: call, to: alice)
        bob.signal(.answer(sdp: sdp), call: call, to: alice)
        try await wait("the answer") { alice.count(.otherSignal) == 2 }
        for (peer, other) in [(alice, bob), (bob, alice)] {
            for number in 0..<6 {
                let candidate = Candidate(
                    candidate: "candidate:842163049 1 udp 1677729535 203.0.113.77 4615\(number) typ srflx raddr 10.0.0.17 rport 46154 "
                        + "generation 0 ufrag EEtu network-id 1 network-cost 10",
                    sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "EEtu")
                peer.signal(.candidate(candidate), call: call, to: other)
            }
            peer.signal(.candidate(nil), call: call, to: other)
        }
        try await wait("the candidates") { alice.count(.candidate) == 7 && bob.count(.candidate) == 7 }
        alice.signal(.bye(.hangup), call: call, to: bob)
        // Each is told that the other is busy, and that it no longer is.
        try await wait("the end") { alice.count(.peerUpdated) == 2 && bob.count(.peerUpdated) == 2 }
        bytes.call = Self.bytes([alice, bob]) - before.bytes
        bytes.messages = Self.messages([alice, bob]) - before.messages + 18
        try await close([alice, bob])
        return bytes
    }

    private static func bytes(_ peers: [LoadPeer]) -> Int {
        peers.reduce(0) { $0 + $1.bytesSent + $1.bytesReceived }
    }

    /// Messages of the server's.
    private static func messages(_ peers: [LoadPeer]) -> Int {
        peers.reduce(0) { $0 + $1.counts.values.reduce(0, +) }
    }

    /// How long a peer whose connection broke takes to be there again with all that was sent meanwhile, in microseconds.
    ///
    /// - Returns: the times, and how many of the messages sent meanwhile were kept.
    func reconnections(at url: String, count: Int) async throws -> (times: [Double], kept: Double) {
        let alice = open(Join(name: "alice", room: "reconnection"), at: url).peer
        var bob = open(Join(name: "bob", room: "reconnection"), at: url).peer
        try await wait("both to join") { alice.isJoined && bob.isJoined }
        alice.signal(.offer(sdp: "v=0"), call: "call", to: bob)
        try await wait("the offer") { bob.count(.otherSignal) == 1 }
        var times: [Double] = []
        var kept = 0
        for _ in 0..<count {
            bob.channel?.close(promise: nil)
            try await wait("the connection to break") { bob.isClosed }
            // As many as candidates that a call may miss.
            for _ in 0..<10 { alice.signal(.candidate(nil), call: "call", to: bob) }
            try await Task.sleep(for: .milliseconds(250))
            let start = Self.now
            let again = open(Join(name: nil, resume: bob.resume), at: url).peer
            var end = start
            again.onText = { peer, _, _ in if peer.count(.candidate) == 10 { end = Self.now } }
            try await wait("the peer to be back") { again.isJoined && again.count(.candidate) == 10 }
            times.append((end - start) * 1e6)
            kept += again.count(.candidate)
            bob = again
        }
        try await close([alice, bob])
        return (times, Double(kept) / Double(10 * count))
    }
}
