import SignalingProtocol
import SignalingServer
import Testing
import Wire

@Suite struct HubJoiningTests {
    @Test func peersOfARoomSeeEachOther() throws {
        let hub = HubHarness()
        let alice = try hub.join("alice")
        #expect(alice.joined.peers == [])
        #expect(alice.joined.version == 1)
        #expect(!alice.joined.resumed)
        #expect(alice.joined.me == Peer(id: alice.id, name: "alice", status: .available, client: nil, since: HubHarness.epoch))
        hub.advance(.seconds(2))
        let bob = try hub.join("bob")
        #expect(bob.joined.me?.since == HubHarness.epoch + 2_000)
        #expect(bob.joined.peers == [try #require(alice.joined.me)])
        #expect(hub.take(alice.connection) == [.peerJoined(try #require(bob.joined.me))])
        #expect(hub.take(bob.connection) == [])
        #expect(Identifier.isValid(alice.id))
        #expect(alice.id != bob.id)
    }

    @Test func roomsAreApart() throws {
        let hub = HubHarness()
        let alice = try hub.join("alice", room: "den")
        let other = try hub.join("alice", room: "loft")
        #expect(other.joined.peers == [])
        #expect(hub.take(alice.connection) == [])
        let same = try hub.join("bob", room: " DEN ")
        #expect(same.joined.peers.map(\.id) == [alice.id])
        hub.signal(.offer(sdp: ""), from: alice, to: other)
        _ = hub.sent[alice.connection]?.removeFirst()
        #expect(hub.error(alice.connection)?.code == .unknownPeer)
        #expect(hub.hub.peers(in: try Name("Den")).map(\.name) == ["alice", "bob"])
        #expect(hub.hub.peers(in: .lobby) == [])
    }

    @Test func namesAreNormalizedAndUnique() throws {
        let hub = HubHarness()
        let jose = try hub.join("  Jose\u{301} ")
        #expect(jose.joined.me.map { Array($0.name.unicodeScalars) } == Array("Jos\u{e9}".unicodeScalars))
        let (connection, joined) = hub.tryJoin(Join(name: "JOS\u{c9}"))
        #expect(joined == nil)
        let error = hub.error(connection)
        #expect(error?.code == .nameTaken)
        #expect(error?.ref == "join")
        #expect(hub.closed.isEmpty)
        hub.send(.join(Join(name: "Jos\u{e9} 2")), on: connection)
        #expect(hub.take(connection).first?.type == "joined")
    }

    @Test func badNamesAreRefused() throws {
        let hub = HubHarness()
        let connection = hub.open()
        for join in [Join(name: "a/b"), Join(name: ""), Join(name: "alice", room: "<b>"), Join(name: nil, room: "\u{1b}", observe: true)] {
            hub.send(.join(join), on: connection)
            #expect(hub.error(connection)?.code == .nameInvalid)
        }
        hub.send(.join(Join(name: "alice")), on: connection)
        #expect(hub.take(connection).first?.type == "joined")
    }

    @Test func joinComesFirstAndOnce() throws {
        let hub = HubHarness()
        let connection = hub.open()
        for message: ClientMessage in [.leave, .status(.away), .signal(to: "x", CallSignal(call: "c", body: .ringing))] {
            hub.send(message, on: connection)
            let error = hub.error(connection)
            #expect(error?.code == .notJoined)
            #expect(error?.ref == message.type)
            #expect(error?.call == message.call)
        }
        hub.send(.join(Join(name: "alice")), on: connection)
        #expect(hub.take(connection).count == 1)
        hub.send(.join(Join(name: "bob")), on: connection)
        #expect(hub.error(connection)?.code == .alreadyJoined)
        #expect(hub.closed.isEmpty)
    }

    @Test func whoDoesNotJoinIsClosedAfterTenSeconds() throws {
        let hub = HubHarness()
        let idle = hub.open()
        let talker = hub.open()
        let joiner = try hub.join("alice")
        hub.advance(.seconds(5))
        hub.send(.leave, on: talker)
        hub.sendBad(type: "join", on: talker)
        hub.forgetSent()
        hub.advance(.milliseconds(4_999))
        #expect(hub.closed.isEmpty)
        hub.advance(.milliseconds(1))
        #expect(hub.closed == [idle: CloseCode.policyViolation, talker: CloseCode.policyViolation])
        #expect(hub.error(idle)?.code == .notJoined)
        hub.advance(.seconds(100))
        #expect(hub.closed[joiner.connection] == nil)
    }

    @Test func aPersonMayThinkOfAnotherName() throws {
        let hub = HubHarness()
        _ = try hub.join("alice")
        let (connection, _) = hub.tryJoin(Join(name: "alice"))
        hub.advance(.seconds(60))
        #expect(hub.closed.isEmpty)
        hub.send(.join(Join(name: "alice2")), on: connection)
        #expect(hub.take(connection).last?.type == "joined")
        let (slow, _) = hub.tryJoin(Join(name: "alice"))
        hub.advance(.seconds(120))
        #expect(hub.closed == [slow: CloseCode.policyViolation])
    }

    @Test func tokens() throws {
        let hub = HubHarness(HubConfiguration(token: "s3cret"))
        for (token, text) in [
            (nil, "This server demands a token."), ("", "The token is not the right one."), ("s3cres", nil), ("s3cret0", nil),
        ] {
            let (connection, joined) = hub.tryJoin(Join(name: "alice", token: token))
            #expect(joined == nil)
            let error = hub.error(connection)
            #expect(error?.code == .unauthorized)
            if let text { #expect(error?.message == text) }
            #expect(hub.closed[connection] == CloseCode.policyViolation)
        }
        let (connection, joined) = hub.tryJoin(Join(name: "alice", token: "s3cret"))
        let resume = try #require(joined?.resume)
        hub.drop(connection)
        #expect(hub.tryJoin(Join(name: nil, token: nil, resume: resume)).joined == nil)
        #expect(hub.tryJoin(Join(name: nil, token: "x", observe: true)).joined == nil)
        #expect(hub.tryJoin(Join(name: nil, token: "s3cret", resume: resume)).joined?.resumed == true)
    }

    @Test func fullServersAndRooms() throws {
        let hub = HubHarness(HubConfiguration(capacity: 3, roomCapacity: 2))
        let alice = try hub.join("alice")
        _ = try hub.join("bob")
        let (third, refused) = hub.tryJoin(Join(name: "carol"))
        #expect(refused == nil)
        #expect(hub.error(third)?.code == .full)
        #expect(hub.closed[third] == CloseCode.tryAgainLater)
        _ = try hub.join("carol", room: "den")
        let (fourth, _) = hub.tryJoin(Join(name: "dave", room: "loft"))
        #expect(hub.error(fourth)?.code == .full)
        #expect(hub.tryJoin(Join(name: nil, observe: true)).joined == nil)
        hub.send(.leave, on: alice.connection)
        #expect(hub.tryJoin(Join(name: "dave")).joined != nil)
    }

    @Test func iceServersAreToldToAll() throws {
        let servers = [IceServer(urls: ["stun:s"]), IceServer(urls: ["turn:t"], username: "u", credential: "c")]
        let hub = HubHarness(HubConfiguration(iceServers: { _, _ in servers }))
        #expect(try hub.join("alice").joined.iceServers == servers)
        #expect(hub.tryJoin(Join(name: nil, observe: true)).joined?.iceServers == servers)
    }

    @Test func `Credentials are made for each that joins`() throws {
        let hub = HubHarness(
            HubConfiguration(iceServers: { name, now in
                [IceServer(urls: ["turn:t"], username: "\(now > 0):\(name ?? "nobody")", credential: "c")]
            }))
        #expect(try hub.join("alice").joined.iceServers.first?.username == "true:alice")
        #expect(try hub.join("bob").joined.iceServers.first?.username == "true:bob")
        #expect(hub.tryJoin(Join(name: nil, observe: true)).joined?.iceServers.first?.username == "true:nobody")
    }

    @Test func aLargeRoomIsToldInSeveralMessages() throws {
        let hub = HubHarness()
        for index in 0..<400 {
            let (connection, joined) = hub.tryJoin(Join(name: "peer \(index)", client: String(repeating: "\u{1}", count: 64)))
            let first = try #require(joined)
            #expect(ServerMessage.joined(first).json().count <= Limits.message)
            let rest = hub.take(connection)
            #expect(rest.allSatisfy { $0.type == "peer-joined" })
            #expect(first.peers.count + rest.count == index)
        }
    }

    @Test func observersSeeWithoutBeingSeen() throws {
        let hub = HubHarness()
        let alice = try hub.join("alice")
        let (observer, joined) = hub.tryJoin(Join(name: "ignored <>", resume: alice.resume, observe: true))
        #expect(joined == Joined(me: nil, peers: [try #require(alice.joined.me)]))
        #expect(hub.take(alice.connection) == [])
        let bob = try hub.join("bob")
        #expect(bob.joined.peers.map(\.id) == [alice.id])
        #expect(hub.take(observer) == [.peerJoined(try #require(bob.joined.me))])
        for message: ClientMessage in [.status(.away), .signal(to: bob.id, CallSignal(call: "c", body: .offer(sdp: "")))] {
            hub.send(message, on: observer)
            #expect(hub.error(observer)?.code == .badMessage)
        }
        hub.send(.join(Join(name: "x")), on: observer)
        #expect(hub.error(observer)?.code == .alreadyJoined)
        hub.send(.leave, on: observer)
        #expect(hub.closed[observer] == CloseCode.normal)
        #expect(hub.hub.counts.observers == 0)
    }
}
