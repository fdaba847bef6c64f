import SignalingProtocol

extension Parser {
    func testClientMessage(_ bytes: [UInt8]) {
        guard let message = try? ClientMessage(json: bytes.span) else { return }
        require((try? ClientMessage(json: message.json().span)) == message, "what is read survives being written")
    }

    func testServerMessage(_ bytes: [UInt8]) {
        guard let message = try? ServerMessage(json: bytes.span) else { return }
        require((try? ServerMessage(json: message.json().span)) == message, "what is read survives being written")
    }
}
