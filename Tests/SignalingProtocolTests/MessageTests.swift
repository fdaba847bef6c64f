import SignalingProtocol
import Testing

@Suite struct ClientMessageTests {
    func parse(_ text: String) throws -> ClientMessage {
        try ClientMessage(json: Array(text.utf8).span)
    }

    func detail(_ text: String) -> BadMessage? {
        do {
            _ = try parse(text)
            return nil
        } catch let bad as BadMessage {
            return bad
        } catch {
            return nil
        }
    }

    static let candidate = Candidate(candidate: "candidate:1", sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "uf")

    static let messages: [ClientMessage] = [
        .join(Join(name: "alice")),
        .join(Join(name: "alice", room: "den", client: "glyphone/1.0", token: "t", resume: "r")),
        .join(Join(name: nil, observe: true)), .join(Join(name: nil, resume: "r")),
        .status(.available), .status(.away), .status(.dnd), .leave,
        .signal(to: "p", CallSignal(call: "c", body: .offer(sdp: "v=0\r\n\"\\é"))), .signal(to: "p", CallSignal(call: "c", body: .ringing)),
        .signal(to: "p", CallSignal(call: "c", body: .answer(sdp: ""))), .signal(to: "p", CallSignal(call: "c", body: .candidate(nil))),
        .signal(to: "p", CallSignal(call: "c", body: .candidate(candidate))),
        .signal(to: "p", CallSignal(call: "c", body: .candidate(Candidate(candidate: "")))),
        .signal(to: "p", CallSignal(call: "c", body: .bye(.hangup))), .signal(to: "p", CallSignal(call: "c", body: .bye(.timeout))),
    ]

    @Test(arguments: messages)
    func comesBackAsItWas(_ message: ClientMessage) throws {
        #expect(try ClientMessage(json: message.json().span) == message)
    }

    @Test(arguments: messages)
    func comesBackWithItsTypeBesideIt(_ message: ClientMessage) throws {
        var writer = JSONWriter()
        message.write(to: &writer, typed: false)
        guard case .object(let members) = try JSONValue(parsing: writer.bytes) else {
            Issue.record("not an object")
            return
        }
        #expect(members["type"] == nil)
        #expect(try ClientMessage(type: message.type, members: members) == message)
    }

    @Test func asTheContractWritesThem() throws {
        #expect(
            try parse(#"{"type":"join","name":"alice","room":"den","client":"x","token":"t","resume":"r","observe":false,"later":[1]}"#)
                == .join(Join(name: "alice", room: "den", client: "x", token: "t", resume: "r")))
        #expect(try parse(#"{"type":"bye","to":"p","call":"c"}"#) == .signal(to: "p", CallSignal(call: "c", body: .bye(.hangup))))
        #expect(
            try parse(
                #"{"type":"candidate","to":"p","call":"c","candidate":{"candidate":"x","sdpMid":null,"sdpMLineIndex":null,"usernameFragment":null}}"#
            )
                == .signal(to: "p", CallSignal(call: "c", body: .candidate(Candidate(candidate: "x")))))
        #expect(String(decoding: ClientMessage.join(Join(name: "a")).json(), as: UTF8.self) == #"{"type":"join","name":"a"}"#)
        #expect(
            String(decoding: ClientMessage.signal(to: "p", CallSignal(call: "c", body: .candidate(nil))).json(), as: UTF8.self)
                == #"{"type":"candidate","to":"p","call":"c","candidate":null}"#)
    }

    @Test(arguments: [
        ("nope", "This is not JSON: no value begins like this at byte 0."), ("[]", "A message is an object, not an array."),
        ("7", "A message is an object, not a number."), ("{}", "A message needs `type`, a string."),
        (#"{"type":5}"#, "A message needs `type`, a string."), (#"{"type":"dance"}"#, "No message has this type."),
        (#"{"type":"join"}"#, "`join` needs `name`, a string."),
        (#"{"type":"join","name":5}"#, "`name` of `join` must be a string, not a number."),
        (#"{"type":"join","name":"a","room":{}}"#, "`room` of `join` must be a string, not an object."),
        (#"{"type":"join","name":"a","observe":"yes"}"#, "`observe` of `join` must be a boolean, not a string."),
        (#"{"type":"status"}"#, "`status` needs `status`, a string."),
        (#"{"type":"status","status":"busy"}"#, "`status` must be available, away or dnd."),
        (#"{"type":"status","status":"Away"}"#, "`status` must be available, away or dnd."),
        (#"{"type":"offer","call":"c","sdp":""}"#, "`offer` needs `to`, a string."),
        (#"{"type":"offer","to":"p","sdp":""}"#, "`offer` needs `call`, a string."),
        (#"{"type":"offer","to":"p","call":"c"}"#, "`offer` needs `sdp`, a string."),
        (#"{"type":"offer","to":"p","call":"a b","sdp":""}"#, "`call` of `offer` must have 1 to 64 characters of A-Z a-z 0-9 _ -."),
        (#"{"type":"answer","to":"p","call":"c","sdp":null}"#, "`sdp` of `answer` must be a string, not null."),
        (#"{"type":"candidate","to":"p","call":"c"}"#, "`candidate` needs `candidate`, an object or null."),
        (
            #"{"type":"candidate","to":"p","call":"c","candidate":"x"}"#,
            "`candidate` of `candidate` must be an object or null, not a string."
        ),
        (#"{"type":"candidate","to":"p","call":"c","candidate":{}}"#, "`candidate` needs `candidate`, a string."),
        (
            #"{"type":"candidate","to":"p","call":"c","candidate":{"candidate":"","sdpMLineIndex":-1}}"#,
            "`sdpMLineIndex` must lie between 0 and 65535."
        ),
        (
            #"{"type":"candidate","to":"p","call":"c","candidate":{"candidate":"","sdpMLineIndex":1.5}}"#,
            "`sdpMLineIndex` of `candidate` must be a whole number, not a number."
        ),
        (#"{"type":"bye","to":"p","call":"c","reason":"gone"}"#, "Only the server says `gone`."),
        (
            #"{"type":"bye","to":"p","call":"c","reason":"bored"}"#,
            "`reason` of `bye` must be hangup, declined, busy, cancelled, timeout or failed."
        ),
    ])
    func saysWhatIsWrong(_ text: String, wanted: String) {
        #expect(detail(text)?.detail == wanted)
    }

    @Test func lengths() throws {
        _ = try parse(#"{"type":"join","name":"a","client":"\#(String(repeating: "é", count: 64))"}"#)
        #expect(detail(#"{"type":"join","name":"a","client":"\#(String(repeating: "é", count: 65))"}"#) != nil)
        _ = try parse(#"{"type":"ringing","to":"p","call":"\#(String(repeating: "c", count: 64))"}"#)
        #expect(detail(#"{"type":"ringing","to":"p","call":"\#(String(repeating: "c", count: 65))"}"#) != nil)
    }

    @Test func namesTheTypeAndTheCall() {
        let bad = detail(#"{"type":"offer","to":"p","call":"c7"}"#)
        #expect(bad?.type == "offer")
        #expect(bad?.call == "c7")
        #expect(detail(#"{"type":"dance"}"#)?.type == "dance")
        #expect(detail(#"{"type":"\#(String(repeating: "x", count: 65))"}"#)?.type == nil)
    }
}

@Suite struct ServerMessageTests {
    static let peer = Peer(id: "p1", name: "alice", status: .available, client: "glyphone/1.0", since: 1_767_225_600_000)

    static let messages: [ServerMessage] = [
        .joined(Joined(me: peer, peers: [Peer(id: "p2", name: "bob", status: .busy, client: nil, since: 0)], resume: "r")),
        .joined(
            Joined(
                me: peer, peers: [], iceServers: [IceServer(urls: ["turn:t"], username: "u", credential: "c")], resume: "r", resumed: true,
                calls: ["c1"])),
        .joined(Joined(me: nil, peers: [])), .peerJoined(peer), .peerUpdated(peer), .peerLeft(id: "p1", reason: .left),
        .peerLeft(id: "p1", reason: .gone), .peerLeft(id: "p1", reason: .kicked),
        .signal(from: "p1", CallSignal(call: "c", body: .bye(.gone))), .signal(from: "p1", CallSignal(call: "c", body: .offer(sdp: "v=0"))),
        .signal(from: "p1", CallSignal(call: "c", body: .candidate(nil))),
        .call(CallReport(call: "c", from: "p1", to: "p2", state: .ringing, since: 5)),
        .call(CallReport(call: "c", from: "p1", to: "p2", state: .ended, reason: .declined, since: 5)),
        .error(ServerError(code: .busy, message: "Busy.", ref: "offer", call: "c")), .error(ServerError(code: .full, message: "Full.")),
    ]

    @Test(arguments: messages)
    func comesBackAsItWas(_ message: ServerMessage) throws {
        #expect(try ServerMessage(json: message.json().span) == message)
        var writer = JSONWriter()
        message.write(to: &writer, typed: false)
        guard case .object(let members) = try JSONValue(parsing: writer.bytes) else {
            Issue.record("not an object")
            return
        }
        #expect(try ServerMessage(type: message.type, members: members) == message)
    }

    @Test func asTheContractWritesThem() {
        #expect(
            String(decoding: Self.messages[0].json(), as: UTF8.self)
                == #"{"type":"joined","self":{"id":"p1","name":"alice","status":"available","client":"glyphone/1.0","since":1767225600000},"#
                + #""peers":[{"id":"p2","name":"bob","status":"busy","since":0}],"iceServers":[],"resume":"r","resumed":false,"calls":[],"protocol":1}"#
        )
        #expect(
            String(decoding: Self.messages[2].json(), as: UTF8.self)
                == #"{"type":"joined","peers":[],"iceServers":[],"resumed":false,"calls":[],"protocol":1}"#)
    }

    @Test(arguments: [
        (
            #"{"type":"bye","from":"p","call":"c","reason":"tired"}"#,
            ServerMessage.signal(from: "p", CallSignal(call: "c", body: .bye(.hangup)))
        ),
        (#"{"type":"peer-left","id":"p","reason":"moved"}"#, .peerLeft(id: "p", reason: .gone)),
        (
            #"{"type":"peer-updated","peer":{"id":"p","name":"n","status":"asleep","since":1,"mood":"good"}}"#,
            .peerUpdated(Peer(id: "p", name: "n", status: .away, client: nil, since: 1))
        ),
        (#"{"type":"error","code":"too-tired","message":"x"}"#, .error(ServerError(code: ErrorCode(rawValue: "too-tired"), message: "x"))),
        (
            #"{"type":"joined","peers":[{"id":"p","name":"n","status":"away","since":1}],"protocol":2}"#,
            .joined(Joined(me: nil, peers: [Peer(id: "p", name: "n", status: .away, client: nil, since: 1)], version: 2))
        ),
    ])
    func bearsWithANewerServer(_ text: String, message: ServerMessage) throws {
        #expect(try ServerMessage(json: Array(text.utf8).span) == message)
    }
}
