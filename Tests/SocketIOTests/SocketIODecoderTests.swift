import NIOCore
import SocketIO
import Testing

@Suite struct SocketIODecoderTests {
    func decode(_ text: String, limits: SocketIODecoder.Limits = .init()) throws(SocketIOError) -> SocketIOPacket? {
        var decoder = SocketIODecoder(limits: limits)
        return try decoder.decode(.text(ByteBuffer(string: text)))
    }

    func json(_ texts: String...) -> [ByteBuffer] {
        texts.map { ByteBuffer(string: $0) }
    }

    @Test func packets() throws {
        #expect(try decode("0") == SocketIOPacket(.connect))
        #expect(try decode(#"0{"token":"123"}"#) == SocketIOPacket(.connect, arguments: json(#"{"token":"123"}"#)))
        #expect(try decode("0/custom") == SocketIOPacket(.connect, namespace: "/custom"))
        #expect(try decode("0/custom,{}") == SocketIOPacket(.connect, namespace: "/custom", arguments: json("{}")))
        #expect(try decode("1/admin,") == SocketIOPacket(.disconnect, namespace: "/admin"))
        #expect(try decode(#"2["a",1,"2",{"3":[true]}]"#) == .event("a", json("1", "\"2\"", #"{"3":[true]}"#)))
        #expect(try decode(#"2/n,12["a"]"#) == .event("a", [], namespace: "/n", id: 12))
        #expect(try decode(#"2[ "a" , [ ] , { } ]"#) == .event("a", json("[ ]", "{ }")))
        #expect(try decode("312[]") == SocketIOPacket(.acknowledgement, id: 12))
        #expect(
            try decode(#"3/n,12["x",null]"#) == SocketIOPacket(.acknowledgement, namespace: "/n", id: 12, arguments: json("\"x\"", "null")))
        #expect(try decode(#"2["\u0061\n\ud83d\ude00\ud800\/"]"#)?.name == "a\n\u{1f600}\u{fffd}/")
    }

    @Test func attachments() throws {
        var decoder = SocketIODecoder()
        let text = #"52-/n,7["m",{"_placeholder":true,"num":1},{"num":0,"_placeholder":true}]"#
        #expect(try decoder.decode(.text(ByteBuffer(string: text))) == nil)
        #expect(try decoder.decode(.binary(ByteBuffer(bytes: [1]))) == nil)
        let packet = try #require(try decoder.decode(.binary(ByteBuffer(bytes: [2]))))
        #expect(packet.attachments == [ByteBuffer(bytes: [1]), ByteBuffer(bytes: [2])])
        #expect(packet.id == 7)
        #expect(
            packet.messages == [.text(ByteBuffer(string: text)), .binary(ByteBuffer(bytes: [1])), .binary(ByteBuffer(bytes: [2]))])
        // The next packet begins anew.
        #expect(throws: SocketIOError.badAttachments) { try decoder.decode(.binary(ByteBuffer())) }
    }

    @Test(arguments: [
        #"0{"token":"123"}"#, "0/custom,", "1", "1/admin,", #"2["a",1,"2",{"3":[true]}]"#, #"2/n,12["a"]"#, "312[]", #"3/n,12["x",null]"#,
        #"2["\u0001\"\\"]"#,
    ])
    func writtenAsRead(_ text: String) throws {
        let packet = try #require(try decode(text))
        #expect(packet.messages == [.text(ByteBuffer(string: text))])
    }

    @Test(arguments: [
        ("", SocketIOError.unknownPacket), ("abc", .unknownPacket), ("7", .unknownPacket), ("2", .badPayload), ("2{}", .badPayload),
        ("2[]", .badPayload), ("2[1]", .badPayload), ("2[null]", .badPayload), (#"2["a""#, .badJSON), (#"2["a",]"#, .badJSON),
        (#"2["a"]x"#, .badJSON), (#"2["a",1 2]"#, .badJSON), (#"2["a",01]"#, .badJSON), (#"2["a",-]"#, .badJSON), (#"2["a",1.]"#, .badJSON),
        (#"2["a",1e]"#, .badJSON), (#"2["a",tru]"#, .badJSON), (#"2["a",{a:1}]"#, .badJSON), (#"2["a",{"a"1}]"#, .badJSON),
        (#"2["a",{"a":}]"#, .badJSON), (#"2["a",[1,]]"#, .badJSON), (#"2["a",[1}]"#, .badJSON), (#"2["a",{"a":1]]"#, .badJSON),
        (#"2["a","\x"]"#, .badJSON), (#"2["a","\u12g4"]"#, .badJSON), ("2[\"a\",\"\u{1}\"]", .badJSON), (#"2["a","#, .badJSON),
        (#"2["connect"]"#, .badPayload), (#"2["disconnect"]"#, .badPayload), (#"2["\u0063onnect"]"#, .badPayload),
        (#"2abc["a"]"#, .badPayload), (#"21234567890123456["a"]"#, .badAcknowledgementID), ("3[]", .badAcknowledgementID),
        ("31{}", .badPayload), ("01{}", .badAcknowledgementID), ("0[]", .badPayload), ("0\"x\"", .badPayload), ("0{", .badJSON),
        ("0{}x", .badJSON), ("1x", .badPayload), ("5[\"a\"]", .badAttachments), ("5-[\"a\"]", .badAttachments),
        ("50-[\"a\"]", .badAttachments), ("511-[\"a\"]", .badAttachments), ("599999999999999999999-[\"a\"]", .badAttachments),
        (#"51-["a",{"_placeholder":true,"num":1}]"#, .badAttachments),
        (#"51-["a",{"_placeholder":true,"num":-1}]"#, .badAttachments),
        (#"51-["a",{"_placeholder":true,"num":99999999999999999999}]"#, .badAttachments),
    ])
    func bad(_ text: String, _ error: SocketIOError) {
        #expect(throws: error) { try decode(text) }
    }

    @Test func deepNesting() throws {
        func nested(_ depth: Int) -> String {
            #"2["a","# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "]"
        }
        #expect(try decode(nested(64)) != nil)
        #expect(throws: SocketIOError.badJSON) { try decode(nested(65)) }
        #expect(throws: SocketIOError.badJSON) { try decode(nested(400_000)) }
        #expect(throws: SocketIOError.badJSON) { try decode(#"2["a","# + String(repeating: #"{"a":"#, count: 100_000)) }
    }

    @Test func limits() throws {
        let limits = SocketIODecoder.Limits(attachments: 2, attachmentBytes: 10, namespace: 8)
        #expect(try decode("0/1234567", limits: limits) != nil)
        #expect(throws: SocketIOError.badNamespace) { try decode("0/12345678", limits: limits) }
        #expect(throws: SocketIOError.badAttachments) { try decode(#"53-["a"]"#, limits: limits) }
        var decoder = SocketIODecoder(limits: limits)
        #expect(try decoder.decode(.text(ByteBuffer(string: #"52-["a"]"#))) == nil)
        #expect(try decoder.decode(.binary(ByteBuffer(repeating: 0, count: 6))) == nil)
        #expect(throws: SocketIOError.badAttachments) { try decoder.decode(.binary(ByteBuffer(repeating: 0, count: 5))) }
        // A text where an attachment must come, and everything is as at the start.
        #expect(try decoder.decode(.text(ByteBuffer(string: #"51-["a"]"#))) == nil)
        #expect(throws: SocketIOError.badAttachments) { try decoder.decode(.text(ByteBuffer(string: #"2["a"]"#))) }
        #expect(try decoder.decode(.text(ByteBuffer(string: #"2["a"]"#))) == .event("a", []))
    }
}
