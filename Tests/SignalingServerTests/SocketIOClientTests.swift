import Foundation
import SignalingProtocol
import SignalingServer
import Testing

/// python-socketio, a client that others wrote: it polls, upgrades, joins, and answers a call from the other binding.
@Suite(.timeLimit(.minutes(5))) struct SocketIOClientTests {
    private static let script = """
        import json, sys, threading, socketio
        client, over = socketio.Client(), threading.Event()
        def say(*values):
            # In one piece: callbacks come on threads of their own.
            sys.stdout.write(' '.join(json.dumps(value) for value in values) + '\\n')
            sys.stdout.flush()
        def on_offer(message):
            client.emit('ringing', {'to': message['from'], 'call': message['call']})
            client.emit('answer', {'to': message['from'], 'call': message['call'], 'sdp': 'x'}, callback=lambda answer: say('acknowledged', answer))
        def on_bye(message):
            say('bye', message['reason'])
            over.set()
        client.on('offer', on_offer)
        client.on('bye', on_bye)
        client.on('joined', lambda message: say('joined', [peer['name'] for peer in message['peers']], message['resumed']))
        client.connect(sys.argv[1])
        say(client.transport())
        say(client.call('status', {'status': 'away'})['error']['code'])
        say(client.call('join', {'name': 'bob'}))
        over.wait(30)
        say(client.call('leave'))
        """

    @Test func aCallWithAnotherClient() async throws {
        try await withServer { server in
            let (alice, _) = try await RawSocket.joined(server, "alice")
            let python = Process()
            let output = Pipe()
            python.executableURL = URL(filePath: "/usr/bin/python3")
            python.arguments = ["-c", Self.script, "http://127.0.0.1:\(server.port)"]
            python.standardOutput = output
            try python.run()
            guard case .peerJoined(let bob)? = await alice.message() else {
                Issue.record("bob did not come")
                return python.terminate()
            }
            alice.send(.signal(to: bob.id, CallSignal(call: "c", body: .offer(sdp: "v=0"))))
            for body in [CallSignal.Body.ringing, .answer(sdp: "x")] {
                var message: ServerMessage?
                repeat { message = await alice.message() } while message?.type == "peer-updated"
                #expect(message == .signal(from: bob.id, CallSignal(call: "c", body: body)))
            }
            alice.send(.signal(to: bob.id, CallSignal(call: "c", body: .bye(.hangup))))
            var left: ServerMessage?
            repeat { left = await alice.message() } while left?.type == "peer-updated"
            #expect(left == .peerLeft(id: bob.id, reason: .left))
            let lines = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).split(separator: "\n")
            python.waitUntilExit()
            #expect(
                Set(lines) == [
                    #""websocket""#, #""not-joined""#, #""joined" ["alice"] false"#, #"{"ok": true}"#,
                    #""acknowledged" {"ok": true}"#, #""bye" "hangup""#,
                ])
        }
    }
}
