import NIOCore
import SocketIO
import Testing
import Wire

@Suite struct SocketIOSessionTests {
    struct Harness {
        var session = SocketIOSession(connectTimeout: .seconds(1), at: .zero)
        var now = Instant.zero
        var sent: [String] = []
        var events: [String] = []

        mutating func handle(_ input: SocketIOSession.Input) {
            session.handle(input, at: now)
            while let output = session.nextOutput() {
                switch output {
                case .send(let frame): sent.append(frame.packetDescription)
                case .connecting(let namespace, let authentication):
                    events.append("connecting \(namespace) \(authentication.map { String(buffer: $0) } ?? "-")")
                case .event(let packet): events.append("event \(packet.namespace) \(packet.name)")
                case .acknowledged(let namespace, let id, let arguments, _):
                    events.append("acknowledged \(namespace) \(id) \(arguments.map { String(buffer: $0) })")
                case .disconnected(let namespace): events.append("disconnected \(namespace)")
                case .violated(let error): events.append("violated \(error)")
                }
            }
            if let deadline = session.deadline { #expect(deadline > now) }
        }

        mutating func text(_ text: String) {
            handle(.received(.text(ByteBuffer(string: text))))
        }
    }

    @Test func namespaces() {
        var harness = Harness()
        harness.text("0{\"a\":1}")
        #expect(harness.events == ["connecting / {\"a\":1}"])
        #expect(!harness.session.isConnected(to: "/"))
        harness.handle(.admit(namespace: "/", sid: "s1"))
        harness.text("0/other,")
        harness.handle(.refuse(namespace: "/other", message: "No \"way\""))
        harness.text("0/custom,")
        harness.handle(.admit(namespace: "/custom", sid: "s2"))
        #expect(
            harness.sent == [#"40{"sid":"s1"}"#, #"44/other,{"message":"No \"way\""}"#, #"40/custom,{"sid":"s2"}"#])
        harness.text(#"2/custom,["x"]"#)
        harness.text("1/custom,")
        harness.text(#"2["y"]"#)
        #expect(harness.events.suffix(3) == ["event /custom x", "disconnected /custom", "event / y"])
        harness.handle(.send(.event("late", [], namespace: "/custom")))
        #expect(harness.sent.count == 3)
        harness.handle(.disconnect(namespace: "/"))
        #expect(harness.sent.last == "41")
        harness.text(#"2["y"]"#)
        #expect(harness.events.last == "violated notConnected")
    }

    @Test func acknowledgements() {
        var harness = Harness()
        harness.text("0")
        harness.handle(.admit(namespace: "/", sid: "s"))
        harness.handle(.send(.event("e", [ByteBuffer(string: "1")], id: 5)))
        harness.text("35[true]")
        #expect(harness.sent.last == #"425["e",1]"#)
        #expect(harness.events.last == #"acknowledged / 5 ["true"]"#)
    }

    @Test func whatIsNotAllowed() {
        var harness = Harness()
        harness.text(#"2["x"]"#)
        #expect(harness.events.last == "violated notConnected")
        harness.text("0")
        harness.text("0")
        #expect(harness.events.last == "violated alreadyConnected")
        harness.handle(.admit(namespace: "/", sid: "s"))
        harness.text("4{}")
        #expect(harness.events.last == "violated unknownPacket")
        for index in 1..<20 { harness.text("0/\(index),") }
        #expect(harness.events.last == "violated alreadyConnected")
        #expect(harness.events.filter { $0.hasPrefix("connecting") }.count == 16)
    }

    @Test func slowHandshake() {
        var harness = Harness()
        #expect(harness.session.deadline == .zero + .seconds(1))
        harness.text("0/other")
        harness.handle(.refuse(namespace: "/other", message: "no"))
        harness.now = .zero + .seconds(1)
        harness.handle(.timeout)
        #expect(harness.events.last == "violated connectTimeout")
        var quick = Harness()
        quick.text("0")
        quick.handle(.admit(namespace: "/", sid: "s"))
        #expect(quick.session.deadline == nil)
    }
}
