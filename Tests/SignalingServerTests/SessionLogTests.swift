import Foundation
import SignalingProtocol
import SignalingServer
import Testing
import Wire

@Suite struct SessionLogTests {
    /// A path of its own for each test.
    let path = FileManager.default.temporaryDirectory.appending(path: "glyphone-\(UUID().uuidString).state").path

    func session(_ id: String, status: PeerStatus = .available) -> StoredSession {
        StoredSession(id: id, name: "name \(id)", room: "lobby", client: "c\"\n", since: 5, status: status, resume: "r\(id)")
    }

    func call(_ id: String, state: CallState = .ringing) -> StoredCall {
        StoredCall(id: id, room: "lobby", caller: "a", callee: "b", state: state, since: 7)
    }

    func keep(_ changes: [StoreChange]) throws {
        var log = SessionLog(path: path)
        _ = try log.load()
        for change in changes {
            log.append(change)
            try log.commit { StoredState() }
        }
        log.close()
    }

    func load() throws -> StoredState {
        var log = SessionLog(path: path)
        defer { log.close() }
        return try log.load()
    }

    @Test func keepsWhatIsUp() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try load() == StoredState())
        try keep([
            .session(session("a")), .session(session("b")), .session(session("c")), .call(call("1")), .call(call("2")),
            .session(session("a", status: .dnd)), .sessionEnded("c"), .call(call("1", state: .active)), .callEnded("2", room: "lobby"),
        ])
        let state = StoredState(sessions: [session("a", status: .dnd), session("b")], calls: [call("1", state: .active)])
        #expect(try load() == state)
        #expect(try load() == state)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }

    @Test func bearsWithALineThatWasCutOff() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try keep([.session(session("a")), .session(session("b"))])
        let bytes = try Data(contentsOf: URL(filePath: path))
        for count in stride(from: bytes.count, to: 0, by: -7) {
            try bytes.prefix(count).write(to: URL(filePath: path))
            let state = try load()
            #expect(state.sessions.count <= 2)
            #expect(state.sessions.allSatisfy { $0 == session($0.id) })
        }
        try Data((0..<5_000).map { _ in UInt8.random(in: 0...255) }).write(to: URL(filePath: path))
        #expect(try load() == StoredState())
    }

    @Test func isWrittenAnewWhenItHasGrown() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        var log = SessionLog(path: path)
        _ = try log.load()
        let whole = StoredState(sessions: [session("a")])
        var largest = 0
        for index in 0..<30_000 {
            log.append(.session(session("a", status: index % 2 == 0 ? .away : .available)))
            try log.commit { whole }
            if index % 100 == 0 {
                largest = max(largest, try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber).intValue)
            }
        }
        #expect(largest <= 1 << 20)
        log.close()
        #expect(try load().sessions.map(\.id) == ["a"])
    }

    @Test func belongsToOneServer() async throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        var log = SessionLog(path: path)
        _ = try log.load()
        await #expect(throws: ServerFailure.self) { try await SignalingServer.start(store: SessionLog(path: path), logger: quiet) }
        log.close()
        try await SignalingServer.start(store: SessionLog(path: path), logger: quiet).shutdown()
    }

    @Test func aPlaceThatIsNotThereIsASentence() async throws {
        do {
            _ = try await SignalingServer.start(store: SessionLog(path: "/nowhere/at/all"), logger: quiet)
            Issue.record("it started")
        } catch {
            #expect(
                "\(error)" == "The state file \"/nowhere/at/all\" cannot be opened: No such file or directory. Give another with --state.")
        }
    }

    @Test func aHubGoesOnWhereAnotherWasCutOff() throws {
        let old = HubHarness(seed: 1)
        let alice = try old.join("alice")
        let bob = try old.join("bob")
        old.send(.status(.away), on: bob.connection)
        old.signal(.offer(sdp: ""), from: alice, to: bob)
        old.signal(.answer(sdp: ""), from: bob, to: alice)

        let new = HubHarness(seed: 2)
        new.hub.restore(old.hub.storedState, at: new.now)
        new.drain()
        new.advance(.seconds(29))
        let (bobsConnection, bobAgain) = new.tryJoin(Join(name: "bob", resume: bob.resume))
        #expect(bobAgain?.resumed == true)
        #expect(bobAgain?.me == Peer(id: bob.id, name: "bob", status: .busy, client: nil, since: HubHarness.epoch))
        #expect(bobAgain?.calls == ["c"])
        new.send(.signal(to: alice.id, CallSignal(call: "c", body: .bye(.hangup))), on: bobsConnection)
        let (alicesConnection, aliceAgain) = new.tryJoin(Join(name: "alice", resume: alice.resume))
        #expect(aliceAgain?.resumed == true)
        #expect(aliceAgain?.peers.map(\.status) == [.away])
        #expect(new.take(alicesConnection).first == relayed(.bye(.hangup), from: bob))
        new.advance(.seconds(60))
        #expect(new.hub.counts.peers == 2)
    }

    @Test func restoredPeersAreGoneAfterThirtySeconds() throws {
        let old = HubHarness()
        _ = try old.join("alice")
        let new = HubHarness(seed: 2)
        new.hub.restore(old.hub.storedState, at: new.now)
        new.advance(.seconds(29))
        #expect(new.hub.counts.peers == 1)
        new.advance(.seconds(1))
        #expect(new.hub.counts == HubCounts())
    }

    @Test func nonsenseIsNotRestored() {
        let hub = HubHarness(HubConfiguration(capacity: 3))
        var sessions = [session("a"), session("a"), session("b"), session("c", status: .busy), session("d"), session("e")]
        sessions.append(StoredSession(id: "x y", name: "n", room: "lobby", client: nil, since: 0, status: .away, resume: "r"))
        hub.hub.restore(
            StoredState(
                sessions: sessions,
                calls: [
                    call("1"), call("1"), call("2", state: .ended),
                    StoredCall(id: "3", room: "lobby", caller: "a", callee: "a", state: .active, since: 0),
                    StoredCall(id: "4", room: "lobby", caller: "a", callee: "zz", state: .active, since: 0),
                ]), at: hub.now)
        #expect(hub.hub.counts == HubCounts(peers: 3, rooms: 1, calls: 1))
    }
}
