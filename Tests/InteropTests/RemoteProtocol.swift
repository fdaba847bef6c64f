import Foundation
import NIOCore
import NIOPosix
import NIOWebSocket
import Simulation
import Synchronization
import TestProcesses

/// A browser's remote protocol over a WebSocket: commands with an id, answers with the same. Chromium's DevTools protocol and
/// WebDriver BiDi are alike in this; events are not read.
final class RemoteProtocol: Sendable {
    private struct Command: Encodable {
        var id: Int
        var method: String
        var params: JSON
        var sessionId: String?
    }

    private struct Envelope: Decodable {
        var id: Int?
    }

    private struct Answer<Result: Decodable>: Decodable {
        var result: Result
    }

    /// DevTools nests what went wrong, BiDi does not.
    private struct Refusal: Decodable {
        struct Nested: Decodable { var message: String }
        var error: Nested?
        var message: String?

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            error = try? container.decodeIfPresent(Nested.self, forKey: .error)
            message = try container.decodeIfPresent(String.self, forKey: .message)
        }

        enum Key: CodingKey { case error, message }
    }

    private let commands: AsyncStream<[UInt8]>.Continuation
    private let answers: Observed<[Int: Data]>
    private let lastID = Mutex(0)

    init(_ url: String) async throws {
        guard let url = WebSocketURL(url) else { throw Subprocess.Failure(description: "\(url) is no ws: URL") }
        let channel = try await WebSocketEndpoint.connect(url, group: MultiThreadedEventLoopGroup.singleton)
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        let answers = Observed([Int: Data]())
        commands = continuation
        self.answers = answers
        Task {
            try await channel.executeThenClose { inbound, outbound in
                try await withThrowingTaskGroup { group in
                    group.addTask {
                        for try await frame in inbound where frame.opcode == .text {
                            let data = Data(frame.unmaskedData.readableBytesView)
                            guard let id = try? JSONDecoder().decode(Envelope.self, from: data).id else { continue }
                            answers.update { $0[id] = data }
                        }
                        throw CancellationError()
                    }
                    for await command in stream {
                        try await outbound.write(
                            WebSocketFrame(fin: true, opcode: .text, maskKey: .random(), data: ByteBuffer(bytes: command)))
                    }
                    group.cancelAll()
                }
            }
        }
    }

    func close() {
        commands.finish()
    }

    /// Carries out a command; `session` is the DevTools protocol's.
    @discardableResult
    func call<Result: Decodable & Sendable>(
        _ method: String, _ parameters: JSON = [:], session: String? = nil, within limit: Duration = .seconds(30),
        as: Result.Type = Ignored.self
    ) async throws -> Result {
        let id = lastID.withLock { id in
            id += 1
            return id
        }
        commands.yield(Array(try JSONEncoder().encode(Command(id: id, method: method, params: parameters, sessionId: session))))
        let data = try await answers.wait(within: limit, for: "the answer to \(method)") { $0[id] }
        answers.update { $0[id] = nil }
        do {
            return try JSONDecoder().decode(Answer<Result>.self, from: data).result
        } catch {
            let refusal = try? JSONDecoder().decode(Refusal.self, from: data)
            let text = refusal?.error?.message ?? refusal?.message ?? String(decoding: data, as: UTF8.self)
            throw Subprocess.Failure(description: "\(method): \(text)")
        }
    }

    /// A result that nobody looks at.
    struct Ignored: Decodable {}
}
