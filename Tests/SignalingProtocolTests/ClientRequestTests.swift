import SignalingProtocol
import Testing

/// What the server reads without parsing is what the parser would have read.
@Suite struct ClientRequestTests {
    /// What a receiver of the relayed text has, as the parser reads it.
    func relayed(_ request: ClientRequest) throws -> ServerMessage {
        guard case .relay(let signal) = request else { throw BadMessage(detail: "No signal.") }
        let text = Array("{\"type\":\"\(signal.kind.type)\",\"from\":\"\(signal.to)\",".utf8) + signal.members + [UInt8(ascii: "}")]
        return try ServerMessage(json: text.span)
    }

    /// Both ways of reading a text agree on it.
    func agree(_ text: [UInt8], _ comment: Comment? = nil) throws {
        let parsed = Result { () throws(BadMessage) in try ClientMessage(json: text.span) }
        let read = Result { () throws(BadMessage) in try ClientRequest(json: text.span) }
        switch (parsed, read) {
        case (.failure(let one), .failure(let other)): #expect(one == other, comment)
        case (.success(.signal(let to, let signal)), .success(let request)):
            #expect(try relayed(request) == .signal(from: to, signal), comment)
            #expect(request.call == signal.call, comment)
        case (.success(let message), .success(let request)): #expect(ClientRequest(message) == request, comment)
        case (.success, .failure), (.failure, .success): Issue.record("\(parsed) \(read) \(String(decoding: text, as: UTF8.self))")
        }
    }

    static let signals: [CallSignal.Body] = [
        .offer(sdp: "v=0\r\no=- \"1\" \\ / \t é 😀"), .offer(sdp: ""), .ringing, .answer(sdp: "v=0"), .candidate(nil),
        .candidate(Candidate(candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host")),
        .candidate(Candidate(candidate: "", sdpMid: "0", sdpMLineIndex: 65_535, usernameFragment: "x")), .bye(.hangup), .bye(.busy),
    ]

    @Test(arguments: signals) func signalsAsClientsWriteThem(_ body: CallSignal.Body) throws {
        let message = ClientMessage.signal(to: "bob_-9", CallSignal(call: "c", body: body))
        try agree(message.json())
        // As an event whose name stands beside it.
        var writer = JSONWriter()
        message.write(to: &writer, typed: false)
        let request = try ClientRequest(type: message.type, json: writer.bytes.span)
        #expect(try relayed(request) == .signal(from: "bob_-9", CallSignal(call: "c", body: body)))
    }

    @Test(arguments: [
        #"{"to":"b","call":"c","type":"ringing"}"#, #" { "type" : "ringing" , "to" : "b" , "call" : "c" } "#,
        #"{"type":"ringing","to":"b","call":"c","from":"x"}"#, #"{"type":"ringing","to":"b","to":"d","call":"c"}"#,
        #"{"type":"ringing","type":"bye","to":"b","call":"c"}"#, #"{"type":"ringing","to":"b","call":"c","fr\u006fm":"x"}"#,
        #"{"type":"ringing","to":"b c","call":"c"}"#, #"{"type":"ringing","to":"b","call":""}"#, #"{"type":"bye","to":"b","call":"c"}"#,
        #"{"type":"bye","to":"b","call":"c","reason":null}"#, #"{"type":"bye","to":"b","call":"c","reason":"gone"}"#,
        #"{"type":"bye","to":"b","call":"c","reason":"x"}"#, #"{"type":"offer","to":"b","call":"c","sdp":5}"#,
        #"{"type":"offer","to":"b","call":"c"}"#, #"{"type":"offer","to":"b","call":"c","sdp":"a","more":[[1],{}]}"#,
        #"{"type":"offer","to":"b","call":"c","sdp":"\ud800"}"#, #"{"type":"offer","to":"b","call":"c","sdp":"\x"}"#,
        #"{"type":"offer","to":"b","call":"c","sdp":"a"}x"#, #"{"type":"offer","to":"b","call":"c","sdp":"a",}"#,
        #"{"type":"ringing","to":"b","call":"c","sdp":"a"}"#, #"{"type":"candidate","to":"b","call":"c","candidate":{}}"#,
        #"{"type":"candidate","to":"b","call":"c","candidate":{"candidate":"a","sdpMLineIndex":65536}}"#,
        #"{"type":"candidate","to":"b","call":"c","candidate":{"candidate":"a","sdpMLineIndex":1.0}}"#,
        #"{"type":"candidate","to":"b","call":"c","candidate":{"candidate":"a","sdpMLineIndex":01}}"#,
        #"{"type":"candidate","to":"b","call":"c","candidate":{"candidate":"a","sdpMid":null,"more":1}}"#,
        #"{"type":"candidate","to":"b","call":"c","candidate":"a"}"#, #"{"type":"join","name":"a"}"#, #"{"type":"leave"}"#, "[]", "",
    ])
    func anyOtherText(_ text: String) throws {
        try agree(Array(text.utf8))
    }

    @Test func textsWithAnyByteChanged() throws {
        var random = SystemRandomNumberGenerator()
        for body in Self.signals {
            let text = ClientMessage.signal(to: "bob", CallSignal(call: "call", body: body)).json()
            for index in text.indices {
                var changed = text
                changed[index] =
                    [UInt8(random.next() & 255), UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "}"), 0xff].randomElement() ?? 0
                try agree(changed)
                try agree(Array(text[..<index]))
            }
        }
    }
}
