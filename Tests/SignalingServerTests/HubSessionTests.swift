import SignalingProtocol
import SignalingServer
import Testing
import Wire

@Suite struct HubSessionTests {
    let hub = HubHarness()
    let alice: TestPeer
    let bob: TestPeer

    init() throws {
        alice = try hub.join("alice")
        bob = try hub.join("bob")
        hub.forgetSent()
    }

    @Test(arguments: [CloseCode.normal, CloseCode.goingAway])
    func aWebSocketThatIsClosedEndsTheSession(_ code: UInt16) {
        hub.drop(alice.connection, code: code)
        #expect(hub.take(bob.connection) == [.peerLeft(id: alice.id, reason: .left)])
        #expect(hub.tryJoin(Join(name: "alice", resume: alice.resume)).joined?.resumed == false)
    }

    @Test func leaveClosesTheConnection() {
        hub.send(.leave, on: alice.connection)
        #expect(hub.closed == [alice.connection: CloseCode.normal])
        #expect(hub.take(bob.connection) == [.peerLeft(id: alice.id, reason: .left)])
        hub.drop(alice.connection, code: nil)
        hub.send(.status(.away), on: alice.connection)
        #expect(hub.take(bob.connection) == [])
    }

    @Test(arguments: [nil, 1002, 1006, 1011, 4000] as [UInt16?])
    func aLostConnectionIsForgivenForThirtySeconds(_ code: UInt16?) {
        hub.drop(alice.connection, code: code)
        hub.advance(.milliseconds(29_999))
        #expect(hub.take(bob.connection) == [])
        #expect(hub.hub.peers(in: .lobby).count == 2)
        #expect(hub.tryJoin(Join(name: "Alice")).joined == nil)
        hub.advance(.milliseconds(1))
        #expect(hub.take(bob.connection) == [.peerLeft(id: alice.id, reason: .gone)])
        let (_, joined) = hub.tryJoin(Join(name: "alice", resume: alice.resume))
        #expect(joined?.resumed == false)
        #expect(joined?.me?.id != alice.id)
    }

    @Test func whatIsMissedIsDeliveredInOrder() throws {
        hub.signal(.offer(sdp: "v=0"), from: alice, to: bob)
        hub.forgetSent()
        hub.drop(alice.connection)
        hub.advance(.seconds(10))
        hub.signal(.answer(sdp: "v=1"), from: bob, to: alice)
        for index in 0..<20 { hub.signal(.candidate(Candidate(candidate: "\(index)")), from: bob, to: alice) }
        let carol = try hub.join("carol")
        hub.signal(.candidate(nil), from: bob, to: alice)
        hub.advance(.milliseconds(19_999))
        let (connection, joined) = hub.tryJoin(Join(name: nil, resume: alice.resume))
        let answer = try #require(joined)
        #expect(answer.resumed)
        #expect(answer.me?.id == alice.id)
        #expect(answer.me?.status == .busy)
        #expect(answer.resume == alice.resume)
        #expect(answer.calls == ["c"])
        #expect(answer.peers.map(\.id) == [bob.id, carol.id])
        var expected = [relayed(.answer(sdp: "v=1"), from: bob)]
        expected += (0..<20).map { relayed(.candidate(Candidate(candidate: "\($0)")), from: bob) }
        expected += [.peerJoined(try #require(carol.joined.me)), relayed(.candidate(nil), from: bob)]
        #expect(hub.take(connection) == expected)
        // It stays, and what follows comes at once.
        hub.advance(.seconds(31))
        hub.signal(.bye(.hangup), from: bob, to: alice)
        #expect(hub.take(connection).first == relayed(.bye(.hangup), from: bob))
    }

    @Test func anEarlierLossMeansNothing() throws {
        hub.drop(alice.connection)
        hub.advance(.seconds(20))
        let (connection, _) = hub.tryJoin(Join(name: nil, resume: alice.resume))
        hub.drop(connection)
        hub.advance(.seconds(20))
        #expect(hub.hub.peers(in: .lobby).map(\.id).contains(alice.id))
        hub.advance(.seconds(10))
        #expect(hub.hub.peers(in: .lobby).map(\.id) == [bob.id])
    }

    @Test func aResumeTakesOverFromALivingConnection() throws {
        hub.signal(.offer(sdp: ""), from: alice, to: bob)
        hub.forgetSent()
        let (connection, joined) = hub.tryJoin(Join(name: "somebody else", room: "elsewhere", resume: alice.resume))
        #expect(joined?.resumed == true)
        #expect(joined?.me?.name == "alice")
        #expect(joined?.calls == ["c"])
        #expect(hub.closed == [alice.connection: CloseCode.takenOver])
        #expect(hub.take(bob.connection) == [])
        hub.drop(alice.connection)
        hub.advance(.seconds(60))
        hub.signal(.bye(.hangup), from: bob, to: alice)
        #expect(hub.take(connection).first == relayed(.bye(.hangup), from: bob))
    }

    @Test func anUnknownResumeIsAnOrdinaryJoin() {
        #expect(hub.tryJoin(Join(name: "carol", resume: "unknown")).joined?.resumed == false)
        let (connection, joined) = hub.tryJoin(Join(name: nil, resume: "unknown"))
        #expect(joined == nil)
        #expect(hub.error(connection)?.code == .badMessage)
    }

    @Test func theQueueIsBounded() throws {
        hub.signal(.offer(sdp: ""), from: alice, to: bob)
        hub.drop(alice.connection)
        let sdp = String(repeating: "x", count: 60_000)
        for index in 0..<40 {
            hub.advance(.milliseconds(250))
            hub.send(.signal(to: alice.id, CallSignal(call: "c", body: .offer(sdp: "\(index)" + sdp))), on: bob.connection, size: 60_000)
            hub.send(.status(index % 2 == 0 ? .away : .available), on: bob.connection)
        }
        hub.signal(.bye(.hangup), from: bob, to: alice)
        let (connection, joined) = hub.tryJoin(Join(name: nil, resume: alice.resume))
        #expect(joined?.calls == [])
        let messages = hub.take(connection)
        let size = messages.reduce(0) { $0 + $1.json().count }
        #expect(size <= Limits.queue)
        #expect(size > Limits.queue - 70_000)
        let offers = messages.filter { $0.type == "offer" }
        #expect(offers.count == 17)
        for (index, offer) in offers.enumerated() { #expect(offer == relayed(.offer(sdp: "\(index)" + sdp), from: bob)) }
    }

    @Test func pings() {
        hub.advance(.milliseconds(24_999))
        #expect(hub.pinged.isEmpty)
        hub.advance(.milliseconds(1))
        #expect(hub.pinged == [alice.connection: 1, bob.connection: 1])
        hub.advance(.seconds(250))
        #expect(hub.pinged[alice.connection] == 11)
        #expect(hub.closed.isEmpty)
        hub.answersPings = false
        hub.advance(.seconds(25))
        // Messages are no pongs.
        hub.send(.status(.away), on: bob.connection)
        hub.advance(.milliseconds(19_999))
        #expect(hub.closed.isEmpty)
        hub.advance(.milliseconds(1))
        #expect(Set(hub.closed.keys) == [alice.connection, bob.connection])
        #expect(hub.hub.peers(in: .lobby).count == 2)
        hub.advance(.seconds(30))
        #expect(hub.hub.counts == HubCounts())
    }

    @Test func slowReadersAreClosedAndMayComeBack() throws {
        hub.handle(.overflowed(ConnectionID(rawValue: alice.connection)))
        #expect(hub.closed == [alice.connection: CloseCode.tryAgainLater])
        hub.send(.status(.away), on: bob.connection)
        let (connection, joined) = hub.tryJoin(Join(name: nil, resume: alice.resume))
        #expect(joined?.resumed == true)
        #expect(hub.take(connection).compactMap(status) == [.away])
    }

    @Test func emptyRoomsAreForgotten() throws {
        let other = try hub.join("alice", room: "den")
        let observer = try hub.observe(room: "den")
        #expect(hub.hub.counts.rooms == 2)
        hub.send(.leave, on: other.connection)
        #expect(hub.hub.counts.rooms == 2)
        hub.drop(observer)
        #expect(hub.hub.counts.rooms == 1)
    }
}
