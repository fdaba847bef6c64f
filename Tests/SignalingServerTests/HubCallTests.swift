import SignalingProtocol
import SignalingServer
import Testing
import Wire

@Suite struct HubCallTests {
    let hub = HubHarness()
    let alice: TestPeer
    let bob: TestPeer
    let carol: TestPeer
    let observer: UInt64

    init() throws {
        alice = try hub.join("alice")
        bob = try hub.join("bob")
        carol = try hub.join("carol")
        observer = try hub.observe()
        hub.forgetSent()
    }

    func report(_ state: CallState, reason: ByeReason? = nil, call: CallID = "c", since: Int64 = 0) -> ServerMessage {
        .call(CallReport(call: call, from: alice.id, to: bob.id, state: state, reason: reason, since: HubHarness.epoch + since))
    }

    @Test func anOfferRingsAndMakesBusy() {
        hub.signal(.offer(sdp: "v=0"), from: alice, to: bob)
        let toBob = hub.take(bob.connection)
        #expect(toBob.first == relayed(.offer(sdp: "v=0"), from: alice))
        // Its own status is not sent to itself.
        #expect(toBob.count == 2)
        #expect(status(toBob.last) == .busy)
        let toAlice = hub.take(alice.connection)
        #expect(toAlice.count == 1)
        #expect(status(toAlice.first) == .busy)
        #expect(hub.take(carol.connection).compactMap(status) == [.busy, .busy])
        let toObserver = hub.take(observer)
        #expect(toObserver.first == report(.ringing))
        #expect(toObserver.compactMap(status) == [.busy, .busy])
    }

    @Test func aWholeCall() {
        hub.signal(.offer(sdp: "v=0"), from: alice, to: bob)
        hub.forgetSent()
        hub.signal(.ringing, from: bob, to: alice)
        hub.advance(.seconds(3))
        hub.signal(.answer(sdp: "v=1"), from: bob, to: alice)
        hub.signal(.candidate(nil), from: bob, to: alice)
        hub.signal(.candidate(Candidate(candidate: "x")), from: alice, to: bob)
        // A renegotiation, in both directions.
        hub.signal(.offer(sdp: "v=2"), from: bob, to: alice)
        hub.signal(.answer(sdp: "v=3"), from: alice, to: bob)
        #expect(hub.take(observer) == [report(.active, since: 3_000)])
        hub.signal(.bye(.hangup), from: bob, to: alice)
        #expect(
            hub.take(alice.connection).prefix(5) == [
                relayed(.ringing, from: bob), relayed(.answer(sdp: "v=1"), from: bob), relayed(.candidate(nil), from: bob),
                relayed(.offer(sdp: "v=2"), from: bob), relayed(.bye(.hangup), from: bob),
            ])
        #expect(
            hub.take(bob.connection).prefix(2) == [
                relayed(.candidate(Candidate(candidate: "x")), from: alice), relayed(.answer(sdp: "v=3"), from: alice),
            ])
        #expect(hub.take(observer).first == report(.ended, reason: .hangup, since: 3_000))
        #expect(hub.take(carol.connection).compactMap(status) == [.available, .available])
        #expect(hub.hub.counts.calls == 0)
    }

    @Test(arguments: [ByeReason.declined, .busy, .cancelled, .timeout, .failed])
    func aCallThatOnlyRings(_ reason: ByeReason) {
        hub.signal(.offer(sdp: ""), from: alice, to: bob)
        hub.forgetSent()
        hub.signal(.bye(reason), from: reason == .cancelled ? alice : bob, to: reason == .cancelled ? bob : alice)
        #expect(hub.take(observer).first == report(.ended, reason: reason))
        hub.signal(.ringing, from: bob, to: alice)
        #expect(hub.take(bob.connection).contains { if case .error(let error) = $0 { error.code == .unknownCall } else { false } })
    }

    @Test func theCallersAnswerDoesNotAccept() {
        hub.signal(.offer(sdp: ""), from: alice, to: bob)
        hub.forgetSent()
        hub.signal(.answer(sdp: ""), from: alice, to: bob)
        #expect(hub.take(observer) == [])
    }

    @Test func unknownPeers() {
        for id in ["nobody", alice.id] {
            hub.send(.signal(to: id, CallSignal(call: "c", body: .offer(sdp: ""))), on: alice.connection)
            let error = hub.error(alice.connection)
            #expect(error?.code == .unknownPeer)
            #expect(error?.ref == "offer")
            #expect(error?.call == "c")
        }
    }

    @Test func unknownCalls() {
        for body: CallSignal.Body in [.ringing, .answer(sdp: ""), .candidate(nil), .bye(.hangup)] {
            hub.signal(body, from: alice, to: bob)
            #expect(hub.error(alice.connection)?.code == .unknownCall)
        }
        hub.signal(.offer(sdp: ""), from: alice, to: bob)
        hub.forgetSent()
        hub.signal(.bye(.hangup), from: carol, to: bob)
        #expect(hub.error(carol.connection)?.code == .unknownCall)
        hub.signal(.bye(.hangup), from: alice, to: carol)
        #expect(hub.error(alice.connection)?.code == .unknownCall)
        #expect(hub.take(bob.connection) == [])
        #expect(hub.hub.counts.calls == 1)
    }

    @Test func takenCalls() throws {
        let dave = try hub.join("dave")
        hub.signal(.offer(sdp: ""), from: alice, to: bob)
        hub.forgetSent()
        hub.signal(.offer(sdp: ""), from: carol, to: dave)
        #expect(hub.error(carol.connection)?.code == .callTaken)
        hub.signal(.offer(sdp: ""), from: alice, to: carol)
        #expect(hub.error(alice.connection)?.code == .callTaken)
        #expect(hub.take(dave.connection) == [])
    }

    @Test func busyAndDoNotDisturb() {
        hub.signal(.offer(sdp: ""), from: alice, to: bob)
        hub.forgetSent()
        for callee in [alice, bob] {
            hub.signal(.offer(sdp: ""), call: "d", from: carol, to: callee)
            let error = hub.error(carol.connection)
            #expect(error?.code == .busy)
            #expect(error?.call == "d")
        }
        hub.send(.status(.dnd), on: carol.connection)
        hub.forgetSent()
        hub.signal(.bye(.hangup), from: alice, to: bob)
        hub.forgetSent()
        hub.signal(.offer(sdp: ""), call: "e", from: bob, to: carol)
        #expect(hub.error(bob.connection)?.code == .busy)
        // Who is not to be disturbed may call.
        hub.signal(.offer(sdp: ""), call: "f", from: carol, to: bob)
        #expect(hub.take(bob.connection).first == relayed(.offer(sdp: ""), call: "f", from: carol))
    }

    @Test func statusesAreToldToTheOthers() {
        hub.send(.status(.away), on: alice.connection)
        #expect(hub.take(alice.connection) == [])
        #expect(hub.take(bob.connection).compactMap(status) == [.away])
        #expect(hub.take(observer).compactMap(status) == [.away])
        hub.send(.status(.away), on: alice.connection)
        #expect(hub.take(bob.connection) == [])
        // While in a call one is busy, whatever one says; what was said counts afterwards.
        hub.signal(.offer(sdp: ""), from: alice, to: bob)
        hub.forgetSent()
        hub.send(.status(.dnd), on: alice.connection)
        #expect(hub.take(carol.connection) == [])
        hub.signal(.bye(.cancelled), from: alice, to: bob)
        #expect(hub.take(carol.connection).compactMap(status) == [.dnd, .available])
    }

    @Test func whoIsGoneEndsItsCalls() {
        hub.signal(.offer(sdp: ""), from: alice, to: bob)
        hub.signal(.answer(sdp: ""), from: bob, to: alice)
        hub.forgetSent()
        hub.send(.leave, on: alice.connection)
        let toBob = hub.take(bob.connection)
        #expect(toBob == [relayed(.bye(.gone), from: alice), .peerLeft(id: alice.id, reason: .left)])
        let toObserver = hub.take(observer)
        #expect(toObserver.contains(report(.ended, reason: .gone)))
        #expect(toObserver.contains(.peerLeft(id: alice.id, reason: .left)))
        #expect(status(toObserver.last) == .available)
        #expect(hub.take(carol.connection).contains(.peerLeft(id: alice.id, reason: .left)))
    }

    @Test func observersThatComeLaterAreToldOfCallsThatAreUp() throws {
        hub.signal(.offer(sdp: ""), from: alice, to: bob)
        hub.advance(.seconds(1))
        hub.signal(.answer(sdp: ""), from: bob, to: alice)
        let late = try hub.observe()
        #expect(hub.take(late) == [report(.active, since: 1_000)])
    }

    @Test func callsOfOnePeerAreBounded() throws {
        for index in 0..<17 {
            let other = try hub.join("peer \(index)")
            hub.forgetSent()
            hub.advance(.seconds(1))
            hub.signal(.offer(sdp: ""), call: "n\(index)", from: alice, to: other)
            let isRefused = hub.take(alice.connection).contains { if case .error(let error) = $0 { error.code == .busy } else { false } }
            #expect(isRefused == (index == 16))
        }
        #expect(hub.hub.counts.calls == 16)
        hub.send(.leave, on: alice.connection)
        #expect(hub.hub.counts.calls == 0)
    }
}
