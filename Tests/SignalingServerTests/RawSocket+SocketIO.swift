import SignalingProtocol
import SignalingServer
import Testing

/// Something that a server says on the Socket.IO binding.
enum SocketIOAnswer: Equatable {
    case event(ServerMessage)
    case acknowledgement(id: Int, json: String)
    /// Any other packet of Engine.IO.
    case packet(String)

    init(_ packet: String) {
        if packet.hasPrefix("42["), case .array(let elements)? = try? JSONValue(parsing: Array(packet.utf8.dropFirst(2))),
            elements.count == 2, case .string(let type) = elements[0], case .object(let members) = elements[1],
            let message = try? ServerMessage(type: type, members: members)
        {
            self = .event(message)
        } else if packet.hasPrefix("43"), let start = packet.firstIndex(of: "["), let id = Int(packet[..<start].dropFirst(2)) {
            self = .acknowledgement(id: id, json: String(packet[start...]))
        } else {
            self = .packet(packet)
        }
    }
}

extension ClientMessage {
    /// The message as a packet of Engine.IO: an event.
    func packet(id: Int? = nil) -> String {
        var writer = JSONWriter()
        writer.array { writer in
            writer.string(type)
            write(to: &writer, typed: false)
        }
        return "42\(id.map { "\($0)" } ?? "")" + String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// A client of the Socket.IO binding on a WebSocket.
struct SocketIOPeer {
    static let path = "/socket.io/?EIO=4&transport=websocket"

    let socket: RawSocket

    /// In namespace `/`.
    init(_ server: SignalingServer, receiveBuffer: Int? = nil) async throws {
        socket = try await RawSocket.upgraded(server, path: Self.path, receiveBuffer: receiveBuffer)
        #expect(await packet()?.hasPrefix("0{") == true)
        socket.sendText("40")
        #expect(await packet()?.hasPrefix(#"40{"sid":""#) == true)
    }

    static func joined(_ server: SignalingServer, _ join: Join, receiveBuffer: Int? = nil) async throws -> (SocketIOPeer, Joined) {
        let peer = try await SocketIOPeer(server, receiveBuffer: receiveBuffer)
        peer.send(.join(join))
        guard case .joined(let joined)? = await peer.message() else { throw CancellationError() }
        return (peer, joined)
    }

    func send(_ message: ClientMessage, id: Int? = nil) {
        socket.sendText(message.packet(id: id))
    }

    /// The next packet; `nil` when the connection is closed first.
    func packet() async -> String? {
        guard let (opcode, payload) = await socket.nextFrame(), opcode == 0x81 else { return nil }
        return String(decoding: payload, as: UTF8.self)
    }

    func answer() async -> SocketIOAnswer? {
        await packet().map { SocketIOAnswer($0) }
    }

    /// The next event.
    func message() async -> ServerMessage? {
        while let answer = await answer() {
            if case .event(let message) = answer { return message }
        }
        return nil
    }

    func error() async -> ServerError? {
        while let message = await message() {
            if case .error(let error) = message { return error }
        }
        return nil
    }
}

/// A client of the Socket.IO binding that polls: one connection to poll on, another to send.
struct PollingPeer {
    let target: String
    private let polls: RawSocket
    private let posts: RawSocket

    init(_ server: SignalingServer) async throws {
        polls = try await RawSocket(port: server.port)
        posts = try await RawSocket(port: server.port)
        polls.send("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: h\r\n\r\n")
        let handshake = try #require(await polls.answer())
        #expect(handshake.body.contains(#""pingInterval":25000,"pingTimeout":20000,"maxPayload":65536"#))
        let sid = try #require(handshake.body.split(separator: "\"").dropFirst(3).first)
        target = "/socket.io/?EIO=4&transport=polling&sid=\(sid)"
    }

    func startPoll() {
        polls.send("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
    }

    func endPoll() async -> [SocketIOAnswer] {
        guard let answer = await polls.answer(), answer.status == 200 else { return [] }
        return answer.body.split(separator: "\u{1e}").map { SocketIOAnswer(String($0)) }
    }

    func poll() async -> [SocketIOAnswer] {
        startPoll()
        return await endPoll()
    }

    @discardableResult func post(_ packets: String...) async -> Int? {
        let body = packets.joined(separator: "\u{1e}")
        posts.send("POST \(target) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return await posts.answer()?.status
    }

    func drop() {
        polls.close()
        posts.close()
    }
}

extension RawSocket {
    /// An HTTP answer with its body.
    func answer() async -> (status: Int, body: String)? {
        await wait { bytes in
            guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
            let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            let line = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
            let length = line.flatMap { Int($0.dropFirst(16)) } ?? 0
            guard bytes.count >= end.upperBound + length else { return nil }
            defer { bytes.removeSubrange(..<(end.upperBound + length)) }
            return (
                Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0,
                String(decoding: bytes[end.upperBound..<(end.upperBound + length)], as: UTF8.self)
            )
        }
    }
}
