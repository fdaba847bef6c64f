import NIOCore
import SocketIO
import Testing

@Suite struct EngineIOPacketTests {
    func payload(_ bytes: [UInt8]) throws(EngineIOError) -> [EngineIOPacket] {
        var payload = EngineIOPayload(ByteBuffer(bytes: bytes))
        var packets: [EngineIOPacket] = []
        while let packet = try payload.next() { packets.append(packet) }
        return packets
    }

    func payload(_ text: String) throws(EngineIOError) -> [EngineIOPacket] {
        try payload(Array(text.utf8))
    }

    @Test func severalPackets() throws {
        #expect(
            try payload("4hello\u{1e}2\u{1e}bAQIDBA==\u{1e}4")
                == [
                    EngineIOPacket(.message, ByteBuffer(string: "hello")), EngineIOPacket(.ping),
                    EngineIOPacket(binary: ByteBuffer(bytes: [1, 2, 3, 4])), EngineIOPacket(.message),
                ])
    }

    @Test(arguments: ["", "\u{1e}", "4a\u{1e}", "7", "abc", "4a\u{1e}x", "\u{1e}4a"])
    func noPackets(_ text: String) {
        #expect(throws: EngineIOError.unknownPacket) { try payload(text) }
    }

    @Test(arguments: ["bA", "bAQID=", "b====", "bA===", "bAQ==AQ==", "bAQ=D", "bAQI_", "b \nAQ"])
    func noBase64(_ text: String) {
        #expect(throws: EngineIOError.notBase64) { try payload(text) }
    }

    @Test(
        arguments: [([], "b"), ([0xff], "b/w=="), ([0xff, 0xfe], "b//4="), ([0, 0x10, 0x83, 0x10], "bABCDEA==")] as [([UInt8], String)])
    func base64(_ bytes: [UInt8], _ text: String) throws {
        #expect(try payload(text) == [EngineIOPacket(binary: ByteBuffer(bytes: bytes))])
    }

    @Test func noUTF8() {
        for bytes in [[0x34, 0xff], [0x34, 0xc0, 0x80], [0x34, 0xed, 0xa0, 0x80], [0x34, 0xe2, 0x82]] as [[UInt8]] {
            #expect(throws: EngineIOError.notUTF8) { try payload(bytes) }
        }
    }
}
