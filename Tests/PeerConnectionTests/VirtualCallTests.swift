import PeerConnection
import Playout
import RTP
import SDP
import Simulation
import Testing
import Wire

@Suite struct VirtualCallTests {
    @Test func onAnIdealNetworkMediaFlowsBothWaysAtOnce() throws {
        let call = try VirtualCall(seed: 1)
        try call.connect()
        let connected = call.run(atMost: .seconds(1)) { call.caller.peer.state == .connected && call.callee.peer.state == .connected }
        #expect(try #require(connected) < .milliseconds(50), "\(String(describing: connected))")
        call.startMedia()
        call.run(for: .seconds(10))
        for end in [call.caller, call.callee] {
            #expect(end.frames.count >= 299)
            #expect(end.audioPackets.count >= 499)
            #expect(end.frames.filter(\.isKeyFrame).count == 1)
            #expect(end.keyFramesRequested == 0)
        }
    }

    @Test(arguments: [UInt64](1...10)) func fivePercentLossIsRepaired(seed: UInt64) throws {
        let call = try VirtualCall(seed: seed, link: LinkModel(loss: 0.025, delay: .milliseconds(12)))
        try call.connect()
        #expect(call.run(atMost: .seconds(5)) { call.caller.peer.state == .connected && call.callee.peer.state == .connected } != nil)
        call.startMedia()
        call.run(for: .seconds(20))
        call.stopMedia()
        call.run(for: .seconds(1))
        for end in [call.caller, call.callee] {
            // Two links of 2.5 % each.
            #expect(end.frames.count >= 580)
            let statistics = try #require(end.peer.statistics.inboundVideo)
            #expect(statistics.nackCount > 0)
            #expect(statistics.retransmittedPacketsReceived > 0)
        }
    }

    @Test func framesComeInOrderAndNoneTwice() throws {
        let call = try VirtualCall(
            seed: 3, link: LinkModel(loss: 0.01, delay: .milliseconds(20), jitter: .milliseconds(10), reordering: 0.05, duplication: 0.05))
        try call.connect()
        call.run(for: .seconds(3))
        call.startMedia()
        call.run(for: .seconds(10))
        let timestamps = call.callee.frames.map(\.rtpTimestamp)
        #expect(timestamps.count > 250)
        for (earlier, later) in zip(timestamps, timestamps.dropFirst()) {
            #expect(Int32(bitPattern: later &- earlier) > 0)
        }
    }

    @Test(arguments: [
        (NATBehavior.fullCone, NATBehavior.fullCone), (.addressRestricted, .portRestricted), (.portRestricted, .portRestricted),
        (.symmetric, .fullCone),
    ]) func natsAreCrossed(caller: NATBehavior, callee: NATBehavior) throws {
        let call = try VirtualCall(seed: 11, link: LinkModel(delay: .milliseconds(20)), callerNAT: caller, calleeNAT: callee)
        try call.connect()
        #expect(call.run(atMost: .seconds(10)) { call.caller.peer.state == .connected && call.callee.peer.state == .connected } != nil)
        #expect(call.caller.peer.statistics.localCandidateType != "host")
    }

    @Test func reportsMeasureTheRoundTrip() throws {
        let call = try VirtualCall(seed: 4, link: LinkModel(delay: .milliseconds(25)))
        try call.connect()
        call.run(for: .seconds(1))
        call.startMedia()
        call.run(for: .seconds(5))
        let measured = try #require(call.caller.peer.statistics.roundTripTime)
        #expect(abs(measured - 0.1) < 0.01)
    }

    @Test func hangingUpIsHeardOnTheMediaPath() throws {
        let call = try VirtualCall(seed: 5)
        try call.connect()
        call.run(for: .seconds(1))
        call.caller.peer.handle(.close, at: call.now)
        call.drain(call.caller)
        #expect(call.run(atMost: .seconds(1)) { call.callee.states.last == .closed } != nil)
    }

    @Test func aRestartOfICEKeepsMediaFlowing() throws {
        let call = try VirtualCall(seed: 6, link: LinkModel(delay: .milliseconds(10)))
        try call.connect()
        call.run(for: .seconds(1))
        call.startMedia()
        call.run(for: .seconds(2))
        let offer = try call.caller.peer.makeOffer(restartingICE: true, at: call.now)
        call.drain(call.caller)
        let answer = try #require(try call.callee.peer.acceptOffer(offer, at: call.now))
        call.drain(call.callee)
        try call.caller.peer.acceptAnswer(answer, at: call.now)
        call.drain(call.caller)
        let before = call.callee.frames.count
        call.run(for: .seconds(5))
        #expect(call.callee.frames.count - before >= 148)
        #expect(!call.callee.states.contains(.disconnected))
    }

    @Test func crossingOffersAreSettledByPerfectNegotiation() throws {
        let call = try VirtualCall(seed: 7)
        try call.connect()
        call.run(for: .seconds(1))
        let (caller, callee) = (call.caller.peer, call.callee.peer)
        if let id = call.caller.transceiver(.video) { caller.setDirection(.recvonly, of: id) }
        // What an answer can't carry, so that the callee has to offer again.
        callee.addTransceiver(.audio)
        let fromCaller = try caller.makeOffer(at: call.now)
        let fromCallee = try callee.makeOffer(at: call.now)
        // The impolite caller ignores the other's offer; the polite callee gives its own up.
        #expect(try caller.acceptOffer(fromCallee, at: call.now) == nil)
        let answer = try #require(try callee.acceptOffer(fromCaller, at: call.now))
        try caller.acceptAnswer(answer, at: call.now)
        #expect(callee.isNegotiationNeeded)
        let again = try callee.makeOffer(at: call.now)
        let settled = try #require(try caller.acceptOffer(again, at: call.now))
        try callee.acceptAnswer(settled, at: call.now)
        #expect(!caller.isNegotiationNeeded && !callee.isNegotiationNeeded)
    }

    @Test func aLostPathIsSaidAndThenGivenUp() throws {
        let call = try VirtualCall(seed: 8)
        try call.connect()
        call.run(for: .seconds(1))
        call.startMedia()
        call.run(for: .seconds(1))
        call.cutLines()
        #expect(call.run(atMost: .seconds(15)) { call.caller.states.last == .disconnected } != nil)
        let failed = call.run(atMost: .seconds(60)) {
            if case .failed = call.caller.states.last { true } else { false }
        }
        #expect(failed != nil)
    }

    @Test func garbageFromAnywhereIsCountedAndDropped() throws {
        let call = try VirtualCall(seed: 9)
        try call.connect()
        call.run(for: .seconds(1))
        call.startMedia()
        var random = RandomSource.seeded(99)
        let (local, remote) = (call.callee.addresses[0], call.caller.addresses[0])
        for _ in 0..<2_000 {
            let length = Int.random(in: 0...200, using: &random)
            var bytes = random.bytes(length)
            if length > 0 { bytes[0] = [0, 1, 22, 23, 64, 128, 144, 200, 255].randomElement(using: &random) ?? 0 }
            call.callee.peer.handle(.datagram(bytes, from: remote, to: local), at: call.now)
            call.drain(call.callee)
        }
        call.run(for: .seconds(3))
        #expect(call.callee.frames.count >= 85)
        #expect(call.callee.peer.statistics.counters.unauthenticatedPackets + call.callee.peer.statistics.counters.malformedPackets > 0)
    }

    @Test(arguments: ["", "v=0", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 300\r\n"])
    func aBadAnswerIsRefusedAndChangesNothing(answer: String) throws {
        let call = try VirtualCall(seed: 10)
        call.bindSockets(of: call.caller)
        _ = try call.caller.peer.makeOffer(at: call.now)
        #expect(throws: (any Error).self) { try call.caller.peer.acceptAnswer(answer, at: call.now) }
        #expect(call.caller.states.isEmpty)
    }
}
