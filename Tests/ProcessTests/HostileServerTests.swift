import Foundation
import NIOCore
import NIOPosix
import NIOWebSocket
import Simulation
import TestProcesses
import Testing

extension ProcessTests {
    /// What a server says of others is not to be trusted: a terminal obeys some texts.
    @Suite struct HostileServerTests {
        private static let trap = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\r\nevil\u{202e}"

        /// As JSON.
        private static func message(_ members: [String: any Sendable]) throws -> ByteBuffer {
            ByteBuffer(bytes: try JSONSerialization.data(withJSONObject: members))
        }

        @Test func `Names and sentences of a server's come to a terminal as text`() async throws {
            let trap = Self.trap
            let peer: [String: any Sendable] = ["id": "p", "name": trap, "status": "available", "since": 1]
            let messages: [[String: any Sendable]] = [
                [
                    "type": "joined", "self": ["id": "me", "name": trap, "status": "available", "since": 1] as [String: any Sendable],
                    "peers": [peer], "iceServers": [String](), "resume": "r", "resumed": false, "calls": [String](), "protocol": 1,
                ],
                ["type": "error", "code": trap, "message": trap],
                ["type": "offer", "from": "p", "call": "c", "sdp": "v=0"],
                ["type": "bye", "from": "p", "call": "c", "reason": "cancelled"],
            ]
            let listener = try await WebSocketEndpoint.listen(host: "127.0.0.1", port: 0, group: MultiThreadedEventLoopGroup.singleton)
            let url = "ws://127.0.0.1:\(try #require(listener.channel.localAddress?.port))"
            let server = Task {
                try await listener.executeThenClose { connections in
                    for try await connection in connections {
                        guard let connection = try await connection.get() else { continue }
                        try await connection.executeThenClose { inbound, outbound in
                            var rest = messages[...]
                            // All after the `join`.
                            for try await frame in inbound where frame.opcode == .text {
                                while let message = rest.popFirst() {
                                    try await outbound.write(WebSocketFrame(fin: true, opcode: .text, data: try Self.message(message)))
                                }
                            }
                        }
                    }
                }
            }
            defer { server.cancel() }
            try await withProcesses { group in
                let bot = try group.start([Programs.glyphone, "bot", "--server", url, "--name", "bob"])
                let call = try await bot.line(with: "evil calls.", within: .seconds(20))
                let missed = try await bot.line(with: "call", within: .seconds(20))
                let error = try await bot.line(with: "evil", within: .seconds(20), on: \.errors)
                #expect(call == missed)
                for text in [bot.output.now.description, bot.errors.now.description, error] {
                    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control && $0 != "\u{202e}" })
                    #expect(text.contains("owned"))
                }
            }
        }
    }
}
