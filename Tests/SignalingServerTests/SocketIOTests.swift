import SignalingProtocol
import SignalingServer
import Testing

@Suite(.timeLimit(.minutes(5))) struct SocketIOTests {
    @Test func aCallAcrossTheBindings() async throws {
        try await withServer { server in
            let (alice, aliceJoined) = try await RawSocket.joined(server, "alice")
            let (bob, bobJoined) = try await SocketIOPeer.joined(server, Join(name: "bob", client: "page"))
            let (aliceID, bobID) = (try #require(aliceJoined.me?.id), try #require(bobJoined.me?.id))
            #expect(bobJoined.peers.map(\.name) == ["alice"])
            guard case .peerJoined(let peer)? = await alice.message() else {
                Issue.record("bob is not seen")
                return
            }
            #expect(peer.id == bobID)
            #expect(peer.client == "page")
            alice.send(.signal(to: bobID, CallSignal(call: "c", body: .offer(sdp: "v=0\r\n"))))
            #expect(await bob.message() == .signal(from: aliceID, CallSignal(call: "c", body: .offer(sdp: "v=0\r\n"))))
            guard case .peerUpdated(let busy)? = await bob.message() else {
                Issue.record("alice is not busy")
                return
            }
            #expect(busy.status == .busy)
            bob.send(.signal(to: aliceID, CallSignal(call: "c", body: .ringing)))
            bob.send(.signal(to: aliceID, CallSignal(call: "c", body: .answer(sdp: "x"))), id: 7)
            #expect(await bob.answer() == .acknowledgement(id: 7, json: #"[{"ok":true}]"#))
            bob.send(.signal(to: aliceID, CallSignal(call: "c", body: .candidate(nil))))
            _ = await alice.message()  // bob is busy
            for body in [CallSignal.Body.ringing, .answer(sdp: "x"), .candidate(nil)] {
                #expect(await alice.message() == .signal(from: bobID, CallSignal(call: "c", body: body)))
            }
            alice.send(.signal(to: bobID, CallSignal(call: "c", body: .bye(.hangup))))
            #expect(await bob.message() == .signal(from: aliceID, CallSignal(call: "c", body: .bye(.hangup))))
        }
    }

    @Test func acknowledgements() async throws {
        try await withServer { server in
            let peer = try await SocketIOPeer(server)
            peer.send(.status(.away), id: 0)
            #expect(
                await peer.answer()
                    == .acknowledgement(id: 0, json: #"[{"error":{"code":"not-joined","message":"`join` must come first."}}]"#))
            peer.send(.status(.away))
            #expect(await peer.error()?.code == .notJoined)
            peer.send(.join(Join(name: "alice")), id: 12)
            #expect(await peer.message()?.type == "joined")
            #expect(await peer.answer() == .acknowledgement(id: 12, json: #"[{"ok":true}]"#))
            peer.send(.signal(to: "nobody", CallSignal(call: "c", body: .offer(sdp: ""))))
            let error = try #require(await peer.error())
            #expect(error.code == .unknownPeer)
            #expect(error.ref == "offer")
            #expect(error.call == "c")
            peer.socket.sendText("423[\"leave\"]")
            #expect(await peer.answer() == .acknowledgement(id: 3, json: #"[{"ok":true}]"#))
            #expect(await peer.packet() == "41")
            #expect(await peer.socket.closeCode() == CloseCode.normal)
        }
    }

    @Test func otherNamespaces() async throws {
        try await withServer { server in
            let peer = try await SocketIOPeer(server)
            peer.socket.sendText("40/admin,{}")
            #expect(await peer.packet() == #"44/admin,{"message":"Invalid namespace"}"#)
        }
    }

    @Test(arguments: ["41", "close 1001", "close 1000"]) func leaving(_ how: String) async throws {
        try await withServer { server in
            let (alice, _) = try await RawSocket.joined(server, "alice")
            let (bob, joined) = try await SocketIOPeer.joined(server, Join(name: "bob"))
            _ = await alice.message()
            if how == "41" {
                bob.socket.sendText("41")
            } else {
                bob.socket.send(RawSocket.frame(8, [3, how.hasSuffix("1") ? 0xe9 : 0xe8]))
            }
            #expect(await alice.message() == .peerLeft(id: try #require(joined.me?.id), reason: .left))
            #expect(await bob.socket.closeCode() == CloseCode.normal)
        }
    }

    @Test func resumption() async throws {
        try await withServer { server in
            let (alice, _) = try await RawSocket.joined(server, "alice")
            let (bob, joined) = try await SocketIOPeer.joined(server, Join(name: "bob"))
            let bobID = try #require(joined.me?.id)
            let aliceID = try #require(joined.peers.first?.id)
            _ = await alice.message()
            // On a page that lost its network nothing says good-bye, and here nothing but the end of TCP.
            bob.socket.close()
            try await waitUntil(server, "glyphone_signaling_connections", is: 1)
            for call in 1...3 { alice.send(.signal(to: bobID, CallSignal(call: "c\(call)", body: .offer(sdp: "\(call)")))) }
            // The others are refused: bob is in a call.
            _ = await alice.error()
            let (again, rejoined) = try await SocketIOPeer.joined(server, Join(name: nil, resume: joined.resume))
            #expect(rejoined.resumed)
            #expect(rejoined.me?.id == bobID)
            #expect(rejoined.calls == ["c1"])
            #expect(await again.message() == .signal(from: aliceID, CallSignal(call: "c1", body: .offer(sdp: "1"))))
            // On the other binding, while this one still lives.
            let raw = try await RawSocket.upgraded(server)
            raw.send(.join(Join(name: nil, resume: joined.resume)))
            guard case .joined(let third)? = await raw.message() else {
                Issue.record("not taken over")
                return
            }
            #expect(third.resumed)
            #expect(await again.message()?.type == "peer-updated")
            #expect(await again.packet() == "41")
            #expect(await again.socket.closeCode() == CloseCode.takenOver)
        }
    }

    @Test(arguments: [
        #"42["offer",{"#, #"42["offer"{}]"#, #"42["join"]"#, #"42["join",[]]"#, #"42["join",{"name":"a"},1]"#, #"42["dance",{}]"#, "42{}",
        "4x",
        #"42["connect"]"#, #"42["status",{"status":"busy"}]"#, "42[\"join\"," + String(repeating: "[", count: 60_000), "451-[\"join\"",
    ])
    func badMessages(_ text: String) async throws {
        try await withServer { server in
            let (peer, _) = try await SocketIOPeer.joined(server, Join(name: "alice"))
            for _ in 0..<9 {
                peer.socket.sendText(text)
                #expect(await peer.error()?.code == .badMessage)
            }
            peer.socket.sendText(text)
            #expect(await peer.error()?.code == .badMessage)
            #expect(await peer.packet() == "41")
            #expect(await peer.socket.closeCode() == CloseCode.policyViolation)
        }
    }

    @Test func attachmentsAreBadMessages() async throws {
        try await withServer { server in
            let peer = try await SocketIOPeer(server)
            peer.socket.sendText(#"451-9["join",{"name":{"_placeholder":true,"num":0}}]"#)
            peer.socket.send(RawSocket.frame(2, [1, 2, 3]))
            guard case .acknowledgement(9, let json)? = await peer.answer() else {
                Issue.record("no acknowledgement")
                return
            }
            #expect(json.contains("bad-message"))
            peer.socket.send(RawSocket.frame(2, [1]))
            #expect(await peer.error()?.code == .badMessage)
        }
    }

    @Test func theSizeLimitCountsThePacket() async throws {
        try await withServer { server in
            let (alice, _) = try await SocketIOPeer.joined(server, Join(name: "alice"))
            let (bob, joined) = try await SocketIOPeer.joined(server, Join(name: "bob"))
            let id = try #require(joined.me?.id)
            func offer(_ count: Int) -> ClientMessage {
                .signal(to: id, CallSignal(call: "c", body: .offer(sdp: String(repeating: "x", count: count))))
            }
            let overhead = offer(0).packet().utf8.count
            alice.send(offer(Limits.message - overhead))
            guard case .signal(_, let signal)? = await bob.message() else {
                Issue.record("nothing came")
                return
            }
            #expect(signal.body == .offer(sdp: String(repeating: "x", count: Limits.message - overhead)))
            alice.send(offer(Limits.message - overhead + 1))
            #expect(await alice.error()?.code == .tooLarge)
            #expect(await alice.packet() == "41")
            #expect(await alice.socket.closeCode() == CloseCode.messageTooBig)
        }
    }

    @Test func floods() async throws {
        try await withServer { server in
            let (alice, _) = try await SocketIOPeer.joined(server, Join(name: "alice"))
            alice.socket.send((0..<150).flatMap { _ in RawSocket.frame(1, Array(ClientMessage.status(.away).packet().utf8)) })
            #expect(await alice.error()?.code == .rateLimited)
        }
    }

    @Test func brokenFrames() async throws {
        try await withServer { server in
            for (bytes, code) in [
                (RawSocket.frame(1, Array("42[]".utf8), masked: false), CloseCode.protocolError),
                (RawSocket.frame(3, []), CloseCode.protocolError), (RawSocket.frame(1, [0x34, 0xff]), 1007),
                (RawSocket.frame(1, Array("8".utf8)), CloseCode.protocolError),
            ] as [([UInt8], UInt16)] {
                let (peer, joined) = try await SocketIOPeer.joined(server, Join(name: "alice"))
                peer.socket.send(bytes)
                #expect(await peer.socket.closeCode() == code)
                // A connection that is lost, and can be resumed.
                let (again, rejoined) = try await SocketIOPeer.joined(server, Join(name: nil, resume: joined.resume))
                #expect(rejoined.resumed)
                again.send(.leave)
                #expect(await again.socket.closeCode() == CloseCode.normal)
            }
        }
    }

    @Test func slowReader() async throws {
        try await withServer { server in
            let (slow, _) = try await SocketIOPeer.joined(server, Join(name: "slow"), receiveBuffer: 65_536)
            let (other, _) = try await SocketIOPeer.joined(server, Join(name: "other"))
            try await slow.socket.stopReading()
            // Each is answered with an error that names the call, until a mebibyte of them waits.
            let signal = CallSignal(call: String(repeating: "c", count: Limits.identifier), body: .ringing)
            let frame = RawSocket.frame(1, Array(ClientMessage.signal(to: "p", signal).packet().utf8))
            slow.socket.send(Array((0..<12_000).map { _ in frame }.joined()))
            try await waitUntil(server, "glyphone_signaling_connections", is: 1)
            try await slow.socket.startReading()
            #expect(await slow.socket.restBytes().suffix(4) == [0x88, 2, 0x03, 0xf5])
            other.send(.leave, id: 1)
            #expect(await other.socket.closeCode() == CloseCode.normal)
        }
    }

    // MARK: Polling

    @Test func pollingAndTheUpgrade() async throws {
        try await withServer { server in
            let bob = try await PollingPeer(server)
            #expect(await bob.post("40") == 200)
            #expect((await bob.poll()).count == 1)
            bob.startPoll()
            #expect(await bob.post(ClientMessage.join(Join(name: "bob")).packet(id: 1)) == 200)
            var answers = await bob.endPoll()
            if answers.count == 1 { answers += await bob.poll() }
            guard case .event(.joined(let joined))? = answers.first else {
                Issue.record("not joined")
                return
            }
            #expect(answers.last == .acknowledgement(id: 1, json: #"[{"ok":true}]"#))
            let bobID = try #require(joined.me?.id)
            bob.startPoll()
            let (alice, _) = try await RawSocket.joined(server, "alice")
            guard case .event(.peerJoined(let peer))? = (await bob.endPoll()).first else {
                Issue.record("alice is not seen")
                return
            }
            #expect(peer.name == "alice")

            let socket = try await RawSocket.upgraded(server, path: bob.target.replacing("polling", with: "websocket"))
            socket.sendText("2probe")
            #expect(try #require(await socket.nextFrame()).payload == Array("3probe".utf8))
            socket.sendText("5")
            alice.send(.signal(to: bobID, CallSignal(call: "c", body: .offer(sdp: "x"))))
            let frame = try #require(await socket.nextFrame())
            #expect(
                SocketIOAnswer(String(decoding: frame.payload, as: UTF8.self))
                    == .event(.signal(from: peer.id, CallSignal(call: "c", body: .offer(sdp: "x")))))
        }
    }

    @Test func theMetricsCountWhatPollingTakes() async throws {
        try await withServer { server in
            func counts() async throws -> [Int] {
                let page = try await RawSocket(port: server.port)
                page.send("GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                var counts: [Int] = []
                for name in ["received", "sent"] {
                    counts.append(try #require(await page.line("glyphone_signaling_\(name)_bytes_total ").flatMap { Int($0) }))
                }
                return counts
            }
            #expect(try await counts() == [0, 0])
            let socket = try await RawSocket(port: server.port)
            let handshake = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: h\r\n\r\n"
            socket.send(handshake)
            #expect(await socket.answer()?.status == 200)
            let opened = socket.count
            // A page is no message.
            socket.send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await socket.answer()?.status == 200)
            let page = socket.count - opened
            let refused =
                "POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\n40"
            socket.send(refused)
            _ = await socket.restBytes()
            #expect(try await counts() == [handshake.utf8.count + refused.utf8.count, socket.count - page])
        }
    }

    @Test func aBodyOverTheLimit() async throws {
        try await withServer { server in
            let peer = try await PollingPeer(server)
            #expect(await peer.post("40") == 200)
            #expect((await peer.poll()).count == 1)
            #expect(await peer.post("4" + String(repeating: "x", count: Limits.message)) == 413)
            guard case .event(.error(let error))? = (await peer.poll()).first else {
                Issue.record("no error")
                return
            }
            #expect(error.code == .tooLarge)
        }
    }

    @Test func aLostPollCanBeResumed() async throws {
        try await withServer { server in
            let peer = try await PollingPeer(server)
            await peer.post("40", ClientMessage.join(Join(name: "alice")).packet())
            let answers = await peer.poll()
            guard case .event(.joined(let joined))? = answers.last else {
                Issue.record("not joined")
                return
            }
            peer.startPoll()
            // The poll is there once what is sent after it is answered on it.
            await peer.post(ClientMessage.status(.away).packet(id: 1))
            _ = await peer.endPoll()
            peer.startPoll()
            peer.drop()
            let (_, rejoined) = try await SocketIOPeer.joined(server, Join(name: nil, resume: joined.resume))
            #expect(rejoined.resumed)
        }
    }

    @Test func draining() async throws {
        try await withServer { server in
            server.drain()
            let socket = try await RawSocket(port: server.port)
            socket.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await socket.answer()?.status == 503)
        }
    }
}

/// Looks at the server's metrics until a gauge has a value.
private func waitUntil(_ server: SignalingServer, _ name: String, is value: Int) async throws {
    let page = try await RawSocket(port: server.port)
    var found: String?
    repeat {
        page.send("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try #require(await page.head())
        found = await page.line("\(name) ")
    } while found != "\(value)"
}
