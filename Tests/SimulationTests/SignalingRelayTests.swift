import Foundation
import Logging
import NIOCore
import NIOPosix
import NIOWebSocket
import Simulation
import Testing
import Wire

@Suite(.timeLimit(.minutes(5))) struct SignalingRelayTests {
    private static let group = MultiThreadedEventLoopGroup.singleton
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A client's end, the relay, and a server's end.
    private func withRelay(
        _ body: @Sendable (_ client: TestWebSocket, _ server: TestWebSocket, _ media: UDPRelay) async throws -> Void
    ) async throws {
        let media = UDPRelay(.init(model: .ideal))
        let listener = try await WebSocketEndpoint.listen(host: "127.0.0.1", port: 0, group: Self.group)
        let port = try #require(listener.channel.localAddress?.port)
        let relay = SignalingRelay(server: WebSocketURL(host: "127.0.0.1", port: port), media: media, logger: Self.logger)
        let (ready, continuation) = AsyncStream.makeStream(of: WebSocketURL.self)
        let running = Task { try await relay.run(host: "127.0.0.1", port: 0) { continuation.yield($0) } }
        defer { running.cancel() }
        try await listener.executeThenClose { connections in
            var urls = ready.makeAsyncIterator()
            let url = try #require(await urls.next())
            let client = try await WebSocketEndpoint.connect(url, group: Self.group)
            var accepted = connections.makeAsyncIterator()
            let server = try #require(try await accepted.next()?.get())
            try await client.executeThenClose { fromRelay, toRelay in
                try await server.executeThenClose { inbound, outbound in
                    try await body(
                        TestWebSocket(client, fromRelay, toRelay, masks: true), TestWebSocket(server, inbound, outbound, masks: false),
                        media)
                }
            }
        }
        await media.close()
    }

    @Test func candidatesNameTheRelay() async throws {
        try await withRelay { client, server, media in
            let exposed = try await media.expose(TransportAddress(ip: .v4(0x7f00_0001), port: 5001))
            let line = "candidate:1 1 udp 2122260223 127.0.0.1 5001 typ srflx raddr 192.168.7.7 rport 9 generation 0"
            try await client.send(["type": "candidate", "to": "x", "call": "c", "candidate": ["candidate": line, "sdpMid": "0"]])
            let message = try await server.message()
            #expect(message["to"] as? String == "x" && message["call"] as? String == "c")
            let candidate = try #require(message["candidate"] as? [String: Any])
            #expect(candidate["sdpMid"] as? String == "0")
            #expect(
                candidate["candidate"] as? String
                    == "candidate:1 1 udp 2122260223 127.0.0.1 \(exposed.port) typ srflx raddr 0.0.0.0 rport 0 generation 0")
            // The other way, an address of the relay's own is left as it is.
            try await server.send(["type": "candidate", "from": "y", "call": "c", "candidate": candidate])
            let back = try await client.message()
            #expect((back["candidate"] as? [String: Any])?["candidate"] as? String == candidate["candidate"] as? String)
        }
    }

    @Test func whatWouldLeadPastTheRelayIsWithheld() async throws {
        try await withRelay { client, server, _ in
            for line in [
                "candidate:1 1 tcp 1 127.0.0.1 9 typ host tcptype active", "candidate:1 1 udp 1 0f5f.local 9 typ host",
                "candidate:1 1 udp 1 127.0.0.1 70000 typ host", "candidate:", "nonsense",
            ] {
                try await client.send(["type": "candidate", "to": "x", "call": "c", "candidate": ["candidate": line]])
            }
            try await client.send(["type": "candidate", "to": "x", "call": "c", "candidate": NSNull()])
            #expect(try await server.message()["candidate"] is NSNull)
            try await client.send(["type": "candidate", "to": "x", "call": "c", "candidate": ["candidate": ""]])
            #expect((try await server.message()["candidate"] as? [String: Any])?["candidate"] as? String == "")
        }
    }

    @Test(arguments: ["offer", "answer"]) func candidatesWithinDescriptions(type: String) async throws {
        try await withRelay { client, server, media in
            let exposed = try await media.expose(TransportAddress(ip: .v6(0, 1), port: 5002))
            let sdp =
                "v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 111\na=candidate:1 1 UDP 1 ::1 5002 typ host\r\n"
                + "a=candidate:2 1 TCP 1 ::1 5002 typ host tcptype passive\r\na=mid:0/ü\r\n"
            try await server.send(["type": type, "from": "x", "call": "c", "sdp": sdp])
            #expect(
                try await client.message()["sdp"] as? String
                    == "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=candidate:1 1 UDP 1 ::1 \(exposed.port) typ host\r\na=mid:0/ü\r\n")
        }
    }

    @Test func allElsePassesAsItIs() async throws {
        try await withRelay { client, server, _ in
            for text in ["{\"type\":\"join\",  \"name\":\"ä/b\", \"x\":1.50}", "no JSON", "[]", "{\"type\":\"offer\"}", ""] {
                try await client.send(text: text)
                #expect(try await server.frame().text == text)
                try await server.send(text: text)
                #expect(try await client.frame().text == text)
            }
            try await server.send(.ping, [1, 2])
            let ping = try await client.frame()
            #expect(ping.opcode == .ping && ping.bytes == [1, 2])
            try await client.send(.pong, [1, 2])
            #expect(try await server.frame().opcode == .pong)
            let long = String(repeating: "x", count: 100_000)
            try await client.send(text: long)
            #expect(try await server.frame().text == long)
        }
    }

    @Test func closingPassesToo() async throws {
        try await withRelay { client, server, _ in
            try await server.send(.connectionClose, [0x03, 0xf0])
            let close = try await client.frame()
            #expect(close.opcode == .connectionClose && close.bytes == [0x03, 0xf0])
            try await client.send(.connectionClose, [0x03, 0xf0])
            #expect(try await server.frame().opcode == .connectionClose)
        }
    }

    @Test func aClientThatIsLostIsLostToTheServer() async throws {
        try await withRelay { client, server, _ in
            try await client.channel.close()
            await #expect(throws: TestWebSocket.Ended.self) { try await server.frame() }
        }
    }

    @Test func noServer() async throws {
        let media = UDPRelay(.init(model: .ideal))
        // Nothing listens at port 1.
        let relay = SignalingRelay(server: WebSocketURL(host: "127.0.0.1", port: 1), media: media, logger: Self.logger)
        let (ready, continuation) = AsyncStream.makeStream(of: WebSocketURL.self)
        let running = Task { try await relay.run(host: "127.0.0.1", port: 0) { continuation.yield($0) } }
        defer { running.cancel() }
        var urls = ready.makeAsyncIterator()
        let url = try #require(await urls.next())
        let client = try await WebSocketEndpoint.connect(url, group: Self.group)
        try await client.executeThenClose { inbound, outbound in
            let frame = try await TestWebSocket(client, inbound, outbound, masks: true).frame()
            #expect(frame.opcode == .connectionClose && frame.bytes == [0x03, 0xf5])
        }
    }

    @Test func urls() {
        #expect(WebSocketURL("ws://host:81/ws") == WebSocketURL(host: "host", port: 81, path: "/ws"))
        #expect(WebSocketURL("ws://host") == WebSocketURL(host: "host", port: 80, path: "/ws"))
        #expect(WebSocketURL("ws://[::1]:8080/x")?.description == "ws://[::1]:8080/x")
        for wrong in ["wss://host", "http://host", "host:80", "", "ws://"] { #expect(WebSocketURL(wrong) == nil) }
    }
}

/// One end of a WebSocket.
struct TestWebSocket {
    struct Ended: Error {}

    let channel: any Channel
    private let outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>
    private let inbound: Iterator
    private let masks: Bool

    private final class Iterator {
        var stream: NIOAsyncChannelInboundStream<WebSocketFrame>.AsyncIterator
        init(_ stream: NIOAsyncChannelInboundStream<WebSocketFrame>.AsyncIterator) { self.stream = stream }
    }

    init(
        _ socket: WebSocketChannel, _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>,
        _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>, masks: Bool
    ) {
        channel = socket.channel
        self.inbound = Iterator(inbound.makeAsyncIterator())
        self.outbound = outbound
        self.masks = masks
    }

    func send(_ opcode: WebSocketOpcode, _ bytes: [UInt8]) async throws {
        let key = masks ? WebSocketMaskingKey.random() : nil
        try await outbound.write(WebSocketFrame(fin: true, opcode: opcode, maskKey: key, data: ByteBuffer(bytes: bytes)))
    }

    func send(text: String) async throws {
        try await send(.text, Array(text.utf8))
    }

    func send(_ message: [String: Any]) async throws {
        try await send(.text, Array(JSONSerialization.data(withJSONObject: message)))
    }

    func frame() async throws -> (opcode: WebSocketOpcode, bytes: [UInt8], text: String) {
        guard let frame = try? await inbound.stream.next() else { throw Ended() }
        let data = frame.unmaskedData
        return (frame.opcode, Array(buffer: data), String(buffer: data))
    }

    func message() async throws -> [String: Any] {
        let bytes = try await frame().bytes
        return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }
}
