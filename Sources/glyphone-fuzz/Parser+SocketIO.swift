import NIOCore
import SocketIO
import Wire

extension Parser {
    /// The body of a polling request: packets of Engine.IO, and in them those of Socket.IO.
    func testSocketIO(_ bytes: [UInt8]) {
        var payload = EngineIOPayload(ByteBuffer(bytes: bytes))
        var decoder = SocketIODecoder()
        var session = SocketIOSession(connectTimeout: .seconds(1), at: .zero)
        while let packet = try? payload.next() {
            let message = packet.isBinary ? EngineIOMessage.binary(packet.payload) : .text(packet.payload)
            session.handle(.received(message), at: .zero)
            while let output = session.nextOutput() {
                if case .connecting(let namespace, _) = output { session.handle(.admit(namespace: namespace, sid: "s"), at: .zero) }
            }
            guard let decoded = try? decoder.decode(message) else { continue }
            var again = SocketIODecoder()
            var result: SocketIOPacket?
            for message in decoded.messages { result = try? again.decode(message) }
            require(result == decoded, "what is read survives being written")
        }
        var engine = EngineIOSession(id: "sid", transport: .polling, configuration: EngineIOConfiguration(), at: .zero)
        for input in [EngineIOSession.Input.poll(1), .post(2, ByteBuffer(bytes: bytes)), .poll(3), .flush] {
            engine.handle(input, at: .zero)
            while engine.nextOutput() != nil {}
        }
    }

    /// Frames of a client's, one after the other.
    func testWebSocket(_ bytes: [UInt8]) {
        var buffer = ByteBuffer(bytes: bytes)
        while let frame = try? WebSocketFrame.read(from: &buffer, limit: 65_536) {
            require(frame.payload.count <= 65_536, "a frame keeps to the limit")
        }
    }
}
