import SignalingProtocol
import SignalingServer
import Testing
import Wire

@Suite struct HubPolicingTests {
    let hub = HubHarness()
    let alice: TestPeer
    let bob: TestPeer

    init() throws {
        alice = try hub.join("alice")
        bob = try hub.join("bob")
        hub.signal(.offer(sdp: ""), from: alice, to: bob)
        hub.advance(.seconds(10))
        hub.forgetSent()
    }

    @Test func tenBadMessagesInAMinute() {
        for _ in 0..<9 {
            hub.sendBad("`sdp` is missing.", type: "offer", on: alice.connection)
            let error = hub.error(alice.connection)
            #expect(error?.code == .badMessage)
            #expect(error?.message == "`sdp` is missing.")
            #expect(error?.ref == "offer")
        }
        hub.advance(.seconds(60))
        for _ in 0..<9 { hub.sendBad(on: alice.connection) }
        #expect(hub.closed.isEmpty)
        hub.sendBad(on: alice.connection)
        #expect(hub.closed == [alice.connection: CloseCode.policyViolation])
        // The session outlives it.
        #expect(hub.tryJoin(Join(name: nil, resume: alice.resume)).joined?.resumed == true)
    }

    @Test func messagesOverTheLimit() {
        hub.handle(.oversized(ConnectionID(rawValue: alice.connection)))
        #expect(hub.error(alice.connection)?.code == .tooLarge)
        #expect(hub.closed == [alice.connection: CloseCode.messageTooBig])
    }

    /// Sends candidates at a steady rate; returns how many of them came through.
    func flood(_ count: Int, each pause: Duration, size: Int = 100) -> Int {
        var passed = 0
        for _ in 0..<count {
            hub.advance(pause)
            hub.send(.signal(to: bob.id, CallSignal(call: "c", body: .candidate(nil))), on: alice.connection, size: size)
            passed += hub.take(bob.connection).count { $0.type == "candidate" }
        }
        return passed
    }

    func limitedCount() -> Int {
        hub.take(alice.connection).count {
            if case .error(let error) = $0 { error.code == .rateLimited && error.ref == "candidate" } else { false }
        }
    }

    @Test func fiftyMessagesASecondPass() {
        #expect(flood(2_000, each: .milliseconds(20)) == 2_000)
        #expect(limitedCount() == 0)
    }

    @Test func aBurstPasses() {
        #expect(flood(100, each: .zero) == 100)
        #expect(limitedCount() == 0)
    }

    @Test func moreIsDropped() {
        let passed = flood(300, each: .milliseconds(10))
        #expect(passed == 100)
        #expect(limitedCount() == 200)
        #expect(hub.closed.isEmpty)
        // A pause, and all is well again.
        hub.advance(.seconds(3))
        #expect(flood(100, each: .milliseconds(20)) == 100)
    }

    @Test func halfAMebibyteASecondPassesAndMoreDoesNot() {
        #expect(flood(100, each: .milliseconds(125), size: 65_000) == 100)
        hub.advance(.seconds(3))
        #expect(flood(100, each: .milliseconds(100), size: 65_000) < 40)
        #expect(limitedCount() > 60)
    }

    @Test func whoGoesOnForTenSecondsIsClosed() {
        _ = flood(1_090, each: .milliseconds(10))
        #expect(hub.closed.isEmpty)
        _ = flood(20, each: .milliseconds(10))
        #expect(hub.closed == [alice.connection: CloseCode.policyViolation])
        hub.advance(.seconds(30))
        #expect(hub.hub.peers(in: .lobby).map(\.id) == [bob.id])
    }

    @Test func badMessagesCountToo() {
        for _ in 0..<9 { hub.sendBad(on: alice.connection) }
        #expect(flood(91, each: .zero) == 91)
        #expect(flood(1, each: .zero) == 0)
    }

    @Test func anythingInAnyOrder() throws {
        var random = RandomSource.seeded(5)
        var connections = [alice.connection, bob.connection]
        var resumes = [alice.resume, bob.resume]
        var ids = [alice.id, bob.id, "nobody"]
        for _ in 0..<10_000 {
            let connection = connections.randomElement(using: &random) ?? 0
            let call = ["c", "d", "e", "f"].randomElement(using: &random) ?? ""
            let to = ids.randomElement(using: &random) ?? ""
            switch random.next() % 20 {
            case 0: connections.append(hub.open())
            case 1, 2, 3:
                let join = Join(
                    name: ["alice", "bob", "carol", "dave", nil].randomElement(using: &random) ?? nil,
                    room: ["den", nil].randomElement(using: &random) ?? nil,
                    resume: random.next() % 2 == 0 ? resumes.randomElement(using: &random) : nil, observe: random.next() % 5 == 0)
                hub.send(.join(join), on: connection)
            case 4: hub.send(.leave, on: connection)
            case 5: hub.drop(connection, code: [nil, 1000, 1006].randomElement(using: &random) ?? nil)
            case 6: hub.send(.status([.available, .away, .dnd].randomElement(using: &random) ?? .away), on: connection)
            case 7: hub.sendBad(on: connection)
            case 8: hub.advance(.milliseconds(Int(random.next() % 20_000)))
            case 9: hub.handle(.overflowed(ConnectionID(rawValue: connection)))
            case 10...13: hub.send(.signal(to: to, CallSignal(call: call, body: .offer(sdp: ""))), on: connection)
            case 14, 15: hub.send(.signal(to: to, CallSignal(call: call, body: .answer(sdp: ""))), on: connection)
            default: hub.send(.signal(to: to, CallSignal(call: call, body: .bye(.hangup))), on: connection)
            }
            for messages in hub.sent.values {
                for case .joined(let joined) in messages {
                    if let me = joined.me { ids.append(me.id) }
                    if let resume = joined.resume { resumes.append(resume) }
                }
            }
            hub.forgetSent()
            connections.removeFirst(max(0, connections.count - 12))
            resumes.removeFirst(max(0, resumes.count - 12))
            ids.removeFirst(max(0, ids.count - 12))
            // Peers that look busy are in a call, and the other way round.
            let peers = hub.hub.peers(in: .lobby) + hub.hub.peers(in: try Name("den"))
            #expect(peers.count == hub.hub.counts.peers)
            #expect(peers.contains { $0.status == .busy } == (hub.hub.counts.calls > 0))
        }
        hub.answersPings = false
        hub.advance(.seconds(200))
        #expect(hub.hub.counts == HubCounts())
    }
}
