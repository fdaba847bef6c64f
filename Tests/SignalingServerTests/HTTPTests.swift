import SignalingProtocol
import SignalingServer
import Testing

@Suite(.timeLimit(.minutes(5))) struct HTTPTests {
    func get(_ target: String, _ server: SignalingServer, method: String = "GET", headers: String = "") async throws -> (
        head: String, body: String
    ) {
        let socket = try await RawSocket(port: server.port)
        socket.send("\(method) \(target) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\(headers)\r\n")
        let head = try #require(await socket.head())
        return (head, await socket.rest())
    }

    @Test func health() async throws {
        try await withServer { server in
            for path in ["/healthz", "/readyz", "/"] {
                let (head, body) = try await get(path, server)
                #expect(head.hasPrefix("HTTP/1.1 200 OK"))
                #expect(head.contains("text/plain"))
                #expect(!body.isEmpty)
            }
            let (head, body) = try await get("/healthz", server, method: "HEAD")
            #expect(head.contains("200"))
            #expect(body.isEmpty)
        }
    }

    @Test func draining() async throws {
        try await withServer { server in
            let (alice, _) = try await RawSocket.joined(server, "alice")
            server.drain()
            #expect(try await get("/readyz", server).head.hasPrefix("HTTP/1.1 503 "))
            #expect(try await get("/healthz", server).head.hasPrefix("HTTP/1.1 200 "))
            let socket = try await RawSocket(port: server.port)
            socket.send(
                "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    + "Sec-WebSocket-Version: 13\r\n\r\n")
            #expect(await socket.head()?.hasPrefix("HTTP/1.1 503 ") == true)
            // Who is in stays in until the end.
            alice.send(.status(.away))
            async let closing: Void = server.shutdown()
            #expect(await alice.closeCode() == CloseCode.goingAway)
            alice.close()
            socket.close()
            try await closing
        }
    }

    @Test func peersOfARoom() async throws {
        try await withServer { server in
            let socket = try await RawSocket.upgraded(server)
            socket.send(.join(Join(name: "Jos\u{e9}", room: "My Den", client: "<b>")))
            guard case .joined(let joined)? = await socket.message(), let me = joined.me else {
                Issue.record("not joined")
                return
            }
            let (head, body) = try await get("/api/rooms/my%20DEN/peers", server)
            #expect(head.contains("application/json"))
            #expect(head.contains("Vary: HX-Request"))
            #expect(
                body
                    == "{\"peers\":[{\"id\":\"\(me.id)\",\"name\":\"Jos\u{e9}\",\"status\":\"available\",\"client\":\"<b>\",\"since\":\(me.since)}]}"
            )
            #expect(try await get("/api/rooms/empty/peers", server).body == "{\"peers\":[]}")
            for bad in [
                "/api/rooms/%2e%2F/peers", "/api/rooms/%ff/peers", "/api/rooms/%4/peers", "/api/rooms/%/peers", "/api/rooms//peers",
            ] {
                #expect(try await get(bad, server).head.hasPrefix("HTTP/1.1 400 "))
            }
        }
    }

    @Test func peersAreForThoseWithTheToken() async throws {
        try await withServer(ServerConfiguration(hub: HubConfiguration(token: "t&k"))) { server async throws in
            #expect(try await get("/api/rooms/lobby/peers", server).head.hasPrefix("HTTP/1.1 401 "))
            #expect(
                try await get("/api/rooms/lobby/peers", server, headers: "Authorization: Bearer no\r\n").head.hasPrefix("HTTP/1.1 401 "))
            #expect(
                try await get("/api/rooms/lobby/peers", server, headers: "Authorization: Bearer t&k\r\n").head.hasPrefix("HTTP/1.1 200 "))
            #expect(try await get("/api/rooms/lobby/peers?a=b&token=t%26k", server).head.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func whatIsNotThere() async throws {
        try await withServer { server in
            for path in ["/nothing", "/api/rooms/lobby", "/api/rooms/lobby/peers/x", "/ws/", "//", "/%00"] {
                let (head, body) = try await get(path, server)
                #expect(head.hasPrefix("HTTP/1.1 404 "))
                #expect(body == "Nothing is here. The WebSocket is at /ws.\n")
            }
            #expect(try await get("/healthz", server, method: "POST").head.hasPrefix("HTTP/1.1 405 "))
            #expect(try await get("/ws", server).head.hasPrefix("HTTP/1.1 426 "))
        }
    }

    @Test(arguments: [
        (
            "GET", "/ws",
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n",
            "426"
        ),
        ("GET", "/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n", "426"),
        ("GET", "/ws", "Upgrade: h2c\r\nConnection: Upgrade\r\n", "426"),
        (
            "GET", "/other",
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n",
            "404"
        ),
    ])
    func wrongUpgrades(_ method: String, _ path: String, _ headers: String, _ status: String) async throws {
        try await withServer { server in
            let socket = try await RawSocket(port: server.port)
            socket.send("\(method) \(path) HTTP/1.1\r\nHost: h\r\n\(headers)\r\n")
            #expect(await socket.head()?.hasPrefix("HTTP/1.1 \(status) ") == true)
            socket.close()
        }
    }

    @Test func hugeRequests() async throws {
        try await withServer { server in
            for request in [
                "GET /healthz HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n",
                "GET /\(String(repeating: "x", count: 20_000)) HTTP/1.1\r\n\r\n",
                "POST /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n\(String(repeating: "x", count: 100_000))",
                String(repeating: "x", count: 30_000),
            ] {
                let socket = try await RawSocket(port: server.port)
                socket.send(request)
                let answer = await socket.rest()
                #expect(answer.isEmpty || answer.contains(" 431 ") || answer.contains(" 400 "))
            }
            // Each request counts for itself.
            let socket = try await RawSocket(port: server.port)
            for _ in 0..<10 {
                socket.send("GET /healthz HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "x", count: 10_000))\r\n\r\n")
                #expect(await socket.head()?.contains(" 200 ") == true)
            }
            socket.close()
        }
    }

    @Test func slowRequests() async throws {
        try await withServer(ServerConfiguration(requestTimeout: .milliseconds(50))) { server in
            for start in ["", "GET /heal", "GET /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12"] {
                let socket = try await RawSocket(port: server.port)
                socket.send(start)
                #expect(await socket.rest() == "")
            }
        }
    }

    @Test func metrics() async throws {
        try await withServer { server in
            let (alice, _) = try await RawSocket.joined(server, "alice")
            alice.sendText("nonsense")
            #expect(await alice.error()?.code == .badMessage)
            let bob = try await RawSocket.upgraded(server)
            bob.send(.join(Join(name: "bob", resume: "unknown")))
            guard case .joined(let joined)? = await bob.message(), let bobsID = joined.me?.id else {
                Issue.record("not joined")
                return
            }
            alice.send(.signal(to: bobsID, CallSignal(call: "c", body: .offer(sdp: "secret"))))
            #expect(await bob.message()?.type == "offer")
            let (head, body) = try await get("/metrics", server)
            #expect(head.contains("text/plain; version=0.0.4"))
            for line in [
                "connections 2", "peers 2", "rooms 1", "calls{state=\"active\"} 0", "calls{state=\"ringing\"} 1",
                "messages_received_total{type=\"join\"} 2", "messages_received_total{type=\"invalid\"} 1",
                "errors_total{code=\"bad-message\"} 1", "resumes_total{result=\"unknown\"} 1", "queue_bytes 0",
            ] {
                #expect(body.contains("\nglyphone_signaling_\(line)\n"), "\(body)")
            }
            // Every line is what Prometheus reads: a comment, or a name with perhaps a label, and a number.
            for line in body.split(separator: "\n") where !line.hasPrefix("# ") {
                #expect(line.wholeMatch(of: /[a-z_]+(\{[a-z]+="[a-z0-9-]+"\})? [0-9.e+-]+/) != nil, "\(line)")
            }
            let cpu = try #require(body.firstMatch(of: /\nprocess_cpu_seconds_total ([0-9.e-]+)\n/))
            #expect(try #require(Double(cpu.1)) > 0)
            #expect(body.contains(/\nprocess_resident_memory_bytes [1-9][0-9]{6,}\n/))
            #expect(!body.contains("alice") && !body.contains("secret"))
        }
    }

    @Test func anyBytesAtAll() async throws {
        try await withServer { server in
            var random = SystemRandomNumberGenerator()
            for round in 0..<60 {
                let socket = round % 2 == 0 ? try await RawSocket.upgraded(server) : try await RawSocket(port: server.port)
                let bytes = (0..<Int.random(in: 1...3_000, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                socket.send(bytes)
                socket.close()
            }
            // A request cut off anywhere, and a WebSocket likewise.
            let request = Array("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
            for end in request.indices {
                let socket = try await RawSocket(port: server.port)
                socket.send(Array(request[..<end]))
                socket.close()
            }
            let frame = RawSocket.frame(1, ClientMessage.join(Join(name: "alice")).json())
            for end in frame.indices {
                let socket = try await RawSocket.upgraded(server)
                socket.send(Array(frame[..<end]))
                socket.close()
            }
            _ = try await RawSocket.joined(server, "alice")
        }
    }
}
