import Foundation
import Logging
import NIOCore
import NIOPosix
import SignalingClient
import SignalingProtocol
import SignalingServer
import TestProcesses
import Testing

private let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()

@Suite(.timeLimit(.minutes(5))) struct LoopbackTests {
    /// A server for one test. It is patient: a machine that runs many tests at once may be slow.
    func start(_ hub: HubConfiguration = HubConfiguration(), host: String = "127.0.0.1", store: (any SessionStore)? = nil) async throws
        -> SignalingServer
    {
        try await SignalingServer.start(
            ServerConfiguration(host: host, hub: hub, requestTimeout: .seconds(100)), store: store, logger: quiet)
    }

    @Test func aCallFromTheOfferToTheHangUp() async throws {
        let server = try await start()
        let alice = try TestClient("alice", at: server.url)
        let aliceJoined = try await alice.joined()
        let bob = try TestClient("bob", at: server.url)
        let bobJoined = try await bob.joined()
        let (a, b) = (try #require(aliceJoined.me), try #require(bobJoined.me))
        #expect(a.client == "test/1")
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

    @Test func anObserver() async throws {
        let server = try await start()
        let observer = try TestClient(nil, at: server.url, observe: true)
        #expect(try await observer.joined().me == nil)
        let alice = try TestClient("alice", at: server.url)
        let a = try #require(try await alice.joined().me)
        let bob = try TestClient("bob", at: server.url)
        let b = try #require(try await bob.joined().me)
        alice.client.send(.offer(sdp: ""), call: "c", to: b.id)
        let report = try await observer.next { if case .message(.call(let report)) = $0 { report } else { nil } }
        #expect(report.state == .ringing)
        #expect(report.from == a.id)
        try await bob.leave()
        let ended = try await observer.next { if case .message(.call(let report)) = $0 { report } else { nil } }
        #expect(ended.state == .ended)
        #expect(ended.reason == .gone)
        for client in [alice, observer] { try await client.leave() }
        try await server.shutdown()
    }

    @Test func errorsFromTheServer() async throws {
        let server = try await start()
        let alice = try TestClient("alice", at: server.url)
        _ = try await alice.joined()
        alice.client.send(.offer(sdp: ""), call: "c", to: "nobody")
        let error = try await alice.error()
        #expect(error.code == .unknownPeer)
        #expect(error.call == "c")
        alice.client.send(.offer(sdp: String(repeating: "x", count: Limits.message)), call: "d", to: "nobody")
        let tooLarge = try await alice.error()
        #expect(tooLarge.code == .tooLarge)
        #expect(tooLarge.call == "d")
        let twin = try TestClient("ALICE", at: server.url)
        let failure = try await twin.closed()
        #expect(failure?.kind == .nameTaken)
        #expect(failure?.description == "The name \"ALICE\" is taken in this room. Choose another with --name.")
        #expect(try await TestClient("a/b", at: server.url).closed()?.kind == .nameInvalid)
        try await alice.leave()
        try await server.shutdown()
    }

    @Test func tokens() async throws {
        let server = try await start(HubConfiguration(token: "right"))
        for token in ["wrong", nil] {
            let failure = try await TestClient("alice", at: server.url, token: token).closed()
            #expect(failure?.kind == .unauthorized)
            #expect(failure?.exitStatus == 77)
        }
        let alice = try TestClient("alice", at: server.url, token: "right")
        _ = try await alice.joined()
        try await alice.leave()
        try await server.shutdown()
    }

    @Test func nobodyThere() async throws {
        // A port that the system gives to nobody who asks for any.
        let url = "ws://127.0.0.1:9"
        let refused = try await TestClient("alice", at: url).closed()
        #expect(refused?.kind == .notReachable)
        #expect(refused?.exitStatus == 69)
        #expect(refused?.description == "The server \(url)/ws is not reachable: nobody listens there. Check the address, and that it runs.")
        let nowhere = try await TestClient("alice", at: "ws://no-such-host.invalid").closed()
        #expect(nowhere?.description.contains("the name \"no-such-host.invalid\" has no address") == true)
    }

    @Test func somebodyElseThere() async throws {
        let server = try await start()
        let wrongPath = try await TestClient("alice", at: server.url + "/elsewhere").closed()
        #expect(wrongPath?.kind == .notReachable)
        #expect(wrongPath?.description.contains("HTTP 404") == true)
        server.drain()
        #expect(try await TestClient("alice", at: server.url).closed()?.description.contains("HTTP 503") == true)
        let mute = try await TestProxy.start(to: nil)
        let hungUp = try await TestClient("alice", at: "ws://127.0.0.1:\(mute.port)").closed()
        #expect(hungUp?.kind == .notReachable)
        try await mute.stop()
        // TLS where there is none.
        let plain = try await TestClient("alice", at: "wss://127.0.0.1:\(server.port)").closed()
        #expect(plain?.kind == .notReachable)
        #expect(plain?.description.contains("TLS") == true)
        try await server.shutdown()
    }

    @Test func namesAndAddresses() async throws {
        let four = try await start()
        let byName = try TestClient("alice", at: "ws://localhost:\(four.port)")
        _ = try await byName.joined()
        try await byName.leave()
        try await four.shutdown()
        guard let six = try? await start(host: "::1") else { return }
        #expect(six.url == "ws://[::1]:\(six.port)")
        let byAddress = try TestClient("alice", at: six.url)
        _ = try await byAddress.joined()
        try await byAddress.leave()
        try await six.shutdown()
    }

    @Test func overTLS() async throws {
        let server = try await start()
        let proxy = try await TestProxy.start(to: server.port, tls: try TestCertificate.serverContext())
        let url = try SignalingURL("wss://localhost:\(proxy.port)")
        let loop = NIOSingletons.posixEventLoopGroup.next()
        let configuration = SignalingConfiguration(url: url, join: Join(name: "alice"), tls: try TestCertificate.trustingConfiguration())
        let alice = TestClient(configuration, on: loop)
        _ = try await alice.joined()
        try await alice.leave()
        let wary = try await TestClient(SignalingConfiguration(url: url, join: Join(name: "alice")), on: loop).closed()
        #expect(wary?.kind == .notReachable)
        #expect(wary?.description.contains("TLS failed") == true)
        try await proxy.stop()
        try await server.shutdown()
    }

    @Test func aConnectionThatIsCutIsResumed() async throws {
        let server = try await start()
        let proxy = try await TestProxy.start(to: server.port)
        let alice = try TestClient("alice", at: "ws://127.0.0.1:\(proxy.port)")
        let a = try #require(try await alice.joined().me)
        let bob = try TestClient("bob", at: server.url)
        let b = try #require(try await bob.joined().me)
        alice.client.send(.offer(sdp: "v=0"), call: "c", to: b.id)
        _ = try await bob.signal()
        proxy.point(to: nil)
        proxy.cut()
        _ = try await alice.disconnected()
        bob.client.send(.answer(sdp: "v=1"), call: "c", to: a.id)
        for index in 0..<50 { bob.client.send(.candidate(Candidate(candidate: "\(index)")), call: "c", to: a.id) }
        alice.client.send(.candidate(nil), call: "c", to: b.id)
        proxy.point(to: server.port)
        let again = try await alice.reconnected()
        #expect(again.resumed)
        #expect(again.me?.id == a.id)
        #expect(again.calls == ["c"])
        #expect(try await alice.signal() == (b.id, CallSignal(call: "c", body: .answer(sdp: "v=1"))))
        for index in 0..<50 {
            #expect(try await alice.signal() == (b.id, CallSignal(call: "c", body: .candidate(Candidate(candidate: "\(index)")))))
        }
        #expect(try await bob.signal() == (a.id, CallSignal(call: "c", body: .candidate(nil))))
        for client in [alice, bob] { try await client.leave() }
        try await proxy.stop()
        try await server.shutdown()
    }

    @Test func aHangUpArrivesThoughTheServerWasReplaced() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "glyphone-\(UUID().uuidString).state").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let old = try await start(store: SessionLog(path: path))
        let proxy = try await TestProxy.start(to: old.port)
        let url = "ws://127.0.0.1:\(proxy.port)"
        let alice = try TestClient("alice", at: url)
        let a = try #require(try await alice.joined().me)
        let bob = try TestClient("bob", at: url)
        let b = try #require(try await bob.joined().me)
        alice.client.send(.offer(sdp: "v=0"), call: "c", to: b.id)
        _ = try await bob.signal()
        bob.client.send(.answer(sdp: "v=1"), call: "c", to: a.id)
        _ = try await alice.signal()

        proxy.point(to: nil)
        proxy.cut()
        try await old.shutdown(grace: .zero)
        _ = try await alice.disconnected()
        _ = try await bob.disconnected()
        alice.client.send(.bye(.hangup), call: "c", to: b.id)
        alice.client.leave()
        let new = try await start(store: SessionLog(path: path))
        proxy.point(to: new.port)
        let again = try await bob.reconnected()
        #expect(again.resumed)
        #expect(again.me?.id == b.id)
        #expect(try await bob.signal() == (a.id, CallSignal(call: "c", body: .bye(.hangup))))
        #expect(try await alice.closed() == nil)
        try await bob.leave()
        try await proxy.stop()
        try await new.shutdown()
    }

    @Test func withoutAStateFileEverybodyBeginsAnew() async throws {
        let old = try await start()
        let proxy = try await TestProxy.start(to: old.port)
        let alice = try TestClient("alice", at: "ws://127.0.0.1:\(proxy.port)")
        let a = try #require(try await alice.joined().me)
        try await old.shutdown()
        _ = try await alice.disconnected()
        let new = try await start()
        proxy.point(to: new.port)
        let again = try await alice.reconnected()
        #expect(!again.resumed)
        #expect(again.me?.id != a.id)
        try await alice.leave()
        try await proxy.stop()
        try await new.shutdown()
    }

    @Test func leavingOverACutLineDoesNotHang() async throws {
        let server = try await start()
        let proxy = try await TestProxy.start(to: server.port)
        let alice = try TestClient("alice", at: "ws://127.0.0.1:\(proxy.port)")
        _ = try await alice.joined()
        try await proxy.stop()
        _ = try await alice.disconnected()
        try await alice.leave()
        try await server.shutdown()
    }

    @Test func twoHundredClients() async throws {
        let server = try await start()
        let clients = try (0..<200).map { try TestClient("peer \($0)", at: server.url, room: "room \($0 / 20)", retries: true) }
        var ids: [PeerID] = []
        for client in clients { ids.append(try #require(try await client.joined().me?.id)) }
        #expect(Set(ids).count == 200)
        // Each calls its neighbour, and the neighbour answers and hangs up.
        for round in 0..<5 {
            for index in stride(from: 0, to: 200, by: 2) {
                clients[index].client.send(.offer(sdp: "v=\(round)"), call: "c\(round)-\(index)", to: ids[index + 1])
            }
            for index in stride(from: 1, to: 200, by: 2) {
                let (from, signal) = try await clients[index].signal()
                #expect(from == ids[index - 1])
                #expect(signal.body == .offer(sdp: "v=\(round)"))
                clients[index].client.send(.answer(sdp: "v=\(round)"), call: signal.call, to: from)
                clients[index].client.send(.bye(.hangup), call: signal.call, to: from)
            }
            for index in stride(from: 0, to: 200, by: 2) {
                #expect(try await clients[index].signal().1.body == .answer(sdp: "v=\(round)"))
                #expect(try await clients[index].signal().1.body == .bye(.hangup))
            }
        }
        for client in clients { try await client.leave() }
        try await server.shutdown()
    }
}
