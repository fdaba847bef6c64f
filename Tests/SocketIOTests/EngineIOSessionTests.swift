import NIOCore
import SocketIO
import Testing
import Wire

/// A session in virtual time, and what it put out.
struct EngineIOHarness {
    var session: EngineIOSession
    var now = Instant.zero
    var answers: [EngineIOSession.RequestID: String] = [:]
    var socket: [String] = []
    var socketClose: UInt16?
    var messages: [EngineIOMessage] = []
    var reason: EngineIOCloseReason?
    var isOversized = false
    var isFinished = false

    init(_ transport: EngineIOSession.Transport, queueLimit: Int = 1_000) {
        let configuration = EngineIOConfiguration(
            pingInterval: .milliseconds(300), pingTimeout: .milliseconds(200), maxPayload: 1_000_000, queueLimit: queueLimit,
            upgradeTimeout: .milliseconds(100), lingerTime: .seconds(5))
        session = EngineIOSession(id: "sid", transport: transport, configuration: configuration, at: .zero)
        if transport == .polling { handle(.poll(1)) } else { drain() }
    }

    mutating func handle(_ input: EngineIOSession.Input) {
        session.handle(input, at: now)
        drain()
    }

    mutating func drain() {
        while let output = session.nextOutput() {
            switch output {
            case .respond(let id, .packets(let frames)): answers[id] = frames.map(\.packetDescription).joined(separator: "|")
            case .respond(let id, .ok): answers[id] = "ok"
            case .respond(let id, .refused(let refusal)): answers[id] = "refused \(refusal)"
            case .write(let frame): socket.append(frame.packetDescription)
            case .closeSocket(let code): socketClose = code
            case .message(let message): messages.append(message)
            case .oversized: isOversized = true
            case .closed(let reason):
                #expect(self.reason == nil)
                self.reason = reason
            case .finished:
                #expect(!isFinished)
                isFinished = true
            }
        }
        if let deadline = session.deadline { #expect(deadline > now) }
    }

    mutating func advance(_ milliseconds: Int) {
        let end = now + .milliseconds(milliseconds)
        while let deadline = session.deadline, deadline <= end {
            now = deadline
            handle(.timeout)
        }
        now = end
    }

    mutating func socketText(_ text: String) {
        handle(.socketReceived(ByteBuffer(string: text), isBinary: false))
    }

    mutating func post(_ id: EngineIOSession.RequestID, _ text: String) {
        handle(.post(id, ByteBuffer(string: text)))
    }

    mutating func send(_ text: String) {
        handle(.send(EngineIOFrame(.message, text.utf8)))
        handle(.flush)
    }
}

@Suite struct EngineIOSessionTests {
    @Test func handshakes() {
        let polling = EngineIOHarness(.polling)
        #expect(
            polling.answers[1]
                == #"0{"sid":"sid","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}"#)
        let socket = EngineIOHarness(.webSocket)
        #expect(socket.socket == [#"0{"sid":"sid","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}"#])
    }

    @Test func messagesWaitForThePoll() {
        var harness = EngineIOHarness(.polling)
        harness.send("a")
        harness.send("b")
        harness.handle(.poll(2))
        #expect(harness.answers[2] == "4a|4b")
        harness.handle(.poll(3))
        #expect(harness.answers[3] == nil)
        harness.send("c")
        #expect(harness.answers[3] == "4c")
        harness.post(4, "4x\u{1e}bAQI=")
        #expect(harness.answers[4] == "ok")
        #expect(harness.messages == [.text(ByteBuffer(string: "x")), .binary(ByteBuffer(bytes: [1, 2]))])
    }

    @Test func heartbeat() {
        for transport in [EngineIOSession.Transport.polling, .webSocket] {
            var harness = EngineIOHarness(transport)
            for round in 0..<3 {
                let request = EngineIOSession.RequestID(10 + 2 * round)
                if transport == .polling { harness.handle(.poll(request)) }
                harness.advance(300)
                #expect((transport == .polling ? harness.answers[request] : harness.socket.last) == "2")
                harness.advance(199)
                if transport == .polling { harness.post(request + 1, "3") } else { harness.socketText("3") }
                #expect(harness.reason == nil)
            }
            harness.advance(500)
            #expect(harness.reason == .pingTimeout)
            #expect(harness.isFinished)
            harness.handle(.poll(99))
            harness.post(98, "4a")
            #expect(harness.answers[99] == "refused unknownSession")
            #expect(harness.answers[98] == "refused unknownSession")
        }
    }

    /// A driver whose timer is late: what comes then finds the session closed all the same.
    @Test func lateTimer() {
        var harness = EngineIOHarness(.polling)
        harness.now = .zero + .milliseconds(301)
        harness.handle(.timeout)
        harness.now = .zero + .milliseconds(500)
        harness.handle(.poll(2))
        #expect(harness.answers[2] == "refused unknownSession")
        #expect(harness.reason == .pingTimeout)
    }

    @Test func twoPollsAtOnce() {
        var harness = EngineIOHarness(.polling)
        harness.handle(.poll(2))
        harness.handle(.poll(3))
        #expect(harness.answers[2] == "1")
        #expect(harness.answers[3] == "refused badRequest")
        #expect(harness.reason == .duplicatePoll)
    }

    @Test func cancelledPoll() {
        var harness = EngineIOHarness(.polling)
        harness.handle(.requestLost(1))
        #expect(harness.reason == nil)
        harness.handle(.poll(2))
        harness.handle(.requestLost(2))
        #expect(harness.reason == .transportLost(code: nil))
    }

    @Test func closedByTheClient() {
        var harness = EngineIOHarness(.polling)
        harness.handle(.poll(2))
        harness.post(3, "1\u{1e}4late")
        #expect(harness.answers[2] == "6")
        #expect(harness.answers[3] == "ok")
        #expect(harness.reason == .closedByClient)
        #expect(harness.messages.isEmpty)
        var socket = EngineIOHarness(.webSocket)
        socket.socketText("1")
        #expect(socket.socketClose == 1000)
        #expect(socket.reason == .closedByClient)
    }

    @Test func closedByTheServer() {
        var harness = EngineIOHarness(.polling)
        harness.send("last")
        harness.handle(.close(code: 1008))
        #expect(harness.reason == .closedByServer)
        #expect(!harness.isFinished)
        harness.handle(.poll(2))
        #expect(harness.answers[2] == "4last|1")
        #expect(harness.isFinished)
        var forgotten = EngineIOHarness(.polling)
        forgotten.handle(.close(code: 1008))
        forgotten.advance(5_000)
        #expect(forgotten.isFinished)
        var socket = EngineIOHarness(.webSocket)
        socket.handle(.close(code: 4001))
        #expect(socket.socketClose == 4001)
    }

    @Test(arguments: ["abc", "0{}", "2", "2probe", "", "9"])
    func violations(_ text: String) {
        var socket = EngineIOHarness(.webSocket)
        socket.socketText(text)
        #expect(socket.reason == .violation(.unknownPacket))
        #expect(socket.socketClose == 1002)
        var polling = EngineIOHarness(.polling)
        polling.handle(.poll(2))
        polling.post(3, text)
        #expect(polling.answers[3] == "refused badRequest")
        #expect(polling.answers[2] == "1")
        #expect(polling.reason == .violation(.unknownPacket))
    }

    @Test func upgrade() {
        var harness = EngineIOHarness(.polling)
        harness.handle(.poll(2))
        #expect(harness.session.awaitsUpgrade)
        harness.handle(.socketOpened)
        #expect(!harness.session.awaitsUpgrade)
        harness.socketText("2probe")
        #expect(harness.socket == ["3probe"])
        #expect(harness.answers[2] == "6")
        // What is sent meanwhile still goes the old way, or waits.
        harness.send("a")
        harness.handle(.poll(3))
        #expect(harness.answers[3] == "4a")
        harness.handle(.poll(4))
        #expect(harness.answers[4] == "6")
        harness.send("b")
        harness.socketText("5")
        #expect(harness.socket == ["3probe", "4b"])
        harness.handle(.poll(5))
        harness.post(6, "4x")
        #expect(harness.answers[5] == "refused badRequest")
        #expect(harness.answers[6] == "refused badRequest")
        harness.socketText("4y")
        #expect(harness.messages == [.text(ByteBuffer(string: "y"))])
        #expect(harness.session.transport == .webSocket)
        harness.handle(.socketOpened)
        #expect(harness.socketClose == 1002)
        #expect(harness.reason == nil)
    }

    @Test(arguments: ["4hello", "2", "5", "9", "2probe4"])
    func upgradeThatIsNone(_ text: String) {
        var harness = EngineIOHarness(.polling)
        harness.handle(.socketOpened)
        harness.socketText(text)
        #expect(harness.socketClose == 1002)
        #expect(harness.reason == nil)
        #expect(harness.session.awaitsUpgrade)
        harness.handle(.poll(2))
        harness.send("on")
        #expect(harness.answers[2] == "4on")
    }

    @Test func upgradeThatTakesTooLong() {
        var harness = EngineIOHarness(.polling)
        harness.handle(.socketOpened)
        harness.socketText("2probe")
        harness.advance(100)
        #expect(harness.socketClose == 1002)
        #expect(harness.session.awaitsUpgrade)
        #expect(harness.reason == nil)
    }

    @Test func lostSocket() {
        var harness = EngineIOHarness(.webSocket)
        harness.handle(.socketClosed(code: 1001))
        #expect(harness.reason == .transportLost(code: 1001))
        #expect(harness.socketClose == nil)
        var candidate = EngineIOHarness(.polling)
        candidate.handle(.socketOpened)
        candidate.handle(.socketClosed(code: nil))
        #expect(candidate.reason == nil)
        #expect(candidate.session.awaitsUpgrade)
    }

    @Test func queueIsBounded() {
        var harness = EngineIOHarness(.polling, queueLimit: 100)
        for _ in 0..<9 { harness.send("123456789") }
        #expect(harness.reason == nil)
        harness.send("123456789")
        #expect(harness.reason == nil)
        harness.send("1")
        #expect(harness.reason == .overflowed)
        var socket = EngineIOHarness(.webSocket)
        socket.handle(.overflowed)
        #expect(socket.reason == .overflowed)
        #expect(socket.socketClose == 1013)
    }

    @Test func oversized() {
        var harness = EngineIOHarness(.webSocket)
        harness.handle(.oversized)
        #expect(harness.isOversized)
        #expect(harness.reason == nil)
    }
}
