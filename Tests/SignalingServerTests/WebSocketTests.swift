import Logging
import SignalingProtocol
import SignalingServer
import Testing

/// Nothing of it is worth reading when a test passes.
let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()

/// A server for one test. It is patient: a machine that runs many tests at once may be slow.
func withServer(
    _ configuration: ServerConfiguration = ServerConfiguration(requestTimeout: .seconds(60)), store: (any SessionStore)? = nil,
    _ body: (SignalingServer) async throws -> Void
) async throws {
    let server = try await SignalingServer.start(configuration, store: store, logger: quiet)
    do {
        try await body(server)
    } catch {
        try await server.shutdown(grace: .zero)
        throw error
    }
    try await server.shutdown(grace: .zero)
}

@Suite(.timeLimit(.minutes(5))) struct WebSocketTests {
    @Test func subprotocol() async throws {
        try await withServer { server in
            for (headers, isNamed) in [
                ("", false), ("Sec-WebSocket-Protocol: other, glyphone.v1\r\n", true), ("Sec-WebSocket-Protocol: other\r\n", false),
            ] {
                let socket = try await RawSocket(port: server.port)
                socket.send(
                    "GET /ws?x=1 HTTP/1.1\r\nHost: h\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\(headers)\r\n")
                let head = try #require(await socket.head())
                #expect(head.hasPrefix("HTTP/1.1 101 "))
                #expect(head.lowercased().contains("sec-websocket-protocol: glyphone.v1") == isNamed)
            }
        }
    }

    @Test func aMessageInPieces() async throws {
        try await withServer { server in
            let socket = try await RawSocket.upgraded(server)
            let json = ClientMessage.join(Join(name: "alice")).json()
            socket.send(RawSocket.frame(1, Array(json[..<5]), fin: false))
            socket.send(RawSocket.frame(9, [1, 2]))
            socket.send(RawSocket.frame(0, [], fin: false))
            for byte in RawSocket.frame(0, Array(json[5...])) { socket.send([byte]) }
            let pong = try #require(await socket.nextFrame())
            #expect(pong.opcode == 0x8a)
            #expect(pong.payload == [1, 2])
            #expect(await socket.message()?.type == "joined")
        }
    }

    @Test(arguments: ["nonsense", "[]", "{}", "{\"type\":\"dance\"}", "{\"type\":\"join\"}", String(repeating: "[", count: 60_000)])
    func badMessages(_ text: String) async throws {
        try await withServer { server in
            let (socket, _) = try await RawSocket.joined(server, "alice")
            for _ in 0..<9 {
                socket.sendText(text)
                #expect(await socket.error()?.code == .badMessage)
            }
            socket.sendText(text)
            #expect(await socket.closeCode() == CloseCode.policyViolation)
        }
    }

    @Test func binaryFramesAndBadUTF8AreBadMessages() async throws {
        try await withServer { server in
            let socket = try await RawSocket.upgraded(server)
            socket.send(RawSocket.frame(2, ClientMessage.join(Join(name: "alice")).json()))
            #expect(await socket.error()?.code == .badMessage)
            socket.send(RawSocket.frame(1, [0x22, 0xff, 0xfe, 0x22]))
            #expect(await socket.error()?.code == .badMessage)
            socket.send(.join(Join(name: "alice")))
            #expect(await socket.message()?.type == "joined")
        }
    }

    @Test func theLargestMessagePasses() async throws {
        try await withServer { server in
            let (alice, _) = try await RawSocket.joined(server, "alice")
            let (bob, joined) = try await RawSocket.joined(server, "bob")
            let id = try #require(joined.me?.id)
            let overhead = ClientMessage.signal(to: id, CallSignal(call: "c", body: .offer(sdp: ""))).json().count
            let sdp = String(repeating: "x", count: Limits.message - overhead)
            alice.send(.signal(to: id, CallSignal(call: "c", body: .offer(sdp: sdp))))
            guard case .signal(_, let signal)? = await bob.message() else {
                Issue.record("nothing came")
                return
            }
            #expect(signal.body == .offer(sdp: sdp))
        }
    }

    @Test func tooLarge() async throws {
        try await withServer { server in
            let body = [UInt8](repeating: UInt8(ascii: " "), count: 40_000)
            for (index, bytes) in [
                RawSocket.frame(1, [UInt8](repeating: 0x20, count: Limits.message + 1)),
                RawSocket.frame(1, [], length: 1 << 40), RawSocket.frame(1, [], length: .max),
                RawSocket.frame(1, body, fin: false) + RawSocket.frame(0, body),
                // Much more than the socket's buffers hold: the answer still has to arrive.
                RawSocket.frame(1, [UInt8](repeating: 0x20, count: 4 << 20)),
            ].enumerated() {
                let (socket, _) = try await RawSocket.joined(server, "alice \(index)")
                socket.send(bytes)
                #expect(await socket.error()?.code == .tooLarge)
                #expect(await socket.closeCode() == CloseCode.messageTooBig)
                socket.close()
            }
        }
    }

    @Test(arguments: [
        RawSocket.frame(1, Array("{}".utf8), masked: false), [0xf1, 0x80, 1, 2, 3, 4], RawSocket.frame(3, [1]), RawSocket.frame(11, []),
        RawSocket.frame(0, [1]), RawSocket.frame(1, [1], fin: false) + RawSocket.frame(1, [2]), RawSocket.frame(9, [1], fin: false),
        RawSocket.frame(9, [UInt8](repeating: 0, count: 126)),
    ])
    func brokenFramesAreAProtocolError(_ bytes: [UInt8]) async throws {
        try await withServer { server in
            let (socket, _) = try await RawSocket.joined(server, "alice")
            socket.send(bytes)
            #expect(await socket.closeCode() == CloseCode.protocolError)
            socket.close()
        }
    }

    @Test func aMessageInTooManyPieces() async throws {
        try await withServer { server in
            let socket = try await RawSocket.upgraded(server)
            socket.send(RawSocket.frame(1, [], fin: false))
            for _ in 0..<1_100 { socket.send(RawSocket.frame(0, [], fin: false)) }
            #expect(await socket.closeCode() == CloseCode.policyViolation)
        }
    }

    @Test(arguments: [(1000, 1000, true), (1001, 1000, true), (4000, 4000, false), (nil, 1000, false)] as [(UInt16?, UInt16, Bool)])
    func closing(_ code: UInt16?, answer: UInt16, isLeaving: Bool) async throws {
        try await withServer { server in
            let (alice, joined) = try await RawSocket.joined(server, "alice")
            let (bob, _) = try await RawSocket.joined(server, "bob")
            alice.send(RawSocket.frame(8, code.map { [UInt8($0 >> 8), UInt8($0 & 255)] } ?? []))
            #expect(await alice.closeCode() == answer)
            #expect(await alice.rest() == "")
            let carol = try await RawSocket.upgraded(server)
            carol.send(.join(Join(name: "alice", resume: joined.resume)))
            guard case .joined(let again)? = await carol.message() else {
                Issue.record("not joined")
                return
            }
            #expect(again.resumed == !isLeaving)
            if isLeaving { #expect(await bob.message() == .peerLeft(id: try #require(joined.me?.id), reason: .left)) }
        }
    }

    @Test func leaving() async throws {
        try await withServer { server in
            let (alice, _) = try await RawSocket.joined(server, "alice")
            alice.send(.leave)
            #expect(await alice.closeCode() == CloseCode.normal)
        }
    }

    @Test func aTakeover() async throws {
        try await withServer { server in
            let (first, joined) = try await RawSocket.joined(server, "alice")
            let second = try await RawSocket.upgraded(server)
            second.send(.join(Join(name: nil, resume: joined.resume)))
            guard case .joined(let again)? = await second.message() else {
                Issue.record("not joined")
                return
            }
            #expect(again.resumed)
            #expect(await first.closeCode() == CloseCode.takenOver)
        }
    }

    @Test func aFloodIsDroppedAndTold() async throws {
        try await withServer { server in
            let (socket, _) = try await RawSocket.joined(server, "alice")
            var bytes: [UInt8] = []
            for _ in 0..<500 { bytes += RawSocket.frame(1, ClientMessage.status(.away).json()) }
            socket.send(bytes)
            let error = await socket.error()
            #expect(error?.code == .rateLimited)
            #expect(error?.ref == "status")
        }
    }

    @Test func whoDoesNotReadIsClosed() async throws {
        try await withServer { server in
            let slow = try await RawSocket.upgraded(server, receiveBuffer: 65_536)
            slow.send(.join(Join(name: "slow")))
            #expect(await slow.message()?.type == "joined")
            let (other, _) = try await RawSocket.joined(server, "other")
            try await slow.stopReading()
            // Each is answered with an error that names the call, until a mebibyte of them waits.
            let signal = CallSignal(call: String(repeating: "c", count: Limits.identifier), body: .ringing)
            let frame = RawSocket.frame(1, ClientMessage.signal(to: "p", signal).json())
            slow.send(Array((0..<12_000).map { _ in frame }.joined()))
            let page = try await RawSocket(port: server.port)
            var connections = ""
            repeat {
                page.send("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n")
                _ = try #require(await page.head())
                connections = try #require(await page.line("glyphone_signaling_connections "))
            } while connections != "1"
            try await slow.startReading()
            #expect(await slow.restBytes().suffix(4) == [0x88, 2, 0x03, 0xf5])
            other.send(.status(.away))
            other.send(.leave)
            #expect(await other.closeCode() == CloseCode.normal)
        }
    }
}
