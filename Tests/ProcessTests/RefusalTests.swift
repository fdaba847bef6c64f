import NIOCore
import NIOPosix
import SignalingClient
import SignalingProtocol
import TestProcesses
import Testing

extension ProcessTests {
    /// What a call's end is to the command that made it, with a callee that does not go along.
    @Suite struct RefusalTests {
        struct Case: CustomTestStringConvertible, Sendable {
            var testDescription: String
            /// What the callee says to an offer.
            var reply: CallSignal.Body
            var status: Int32
            var sentence: String
        }

        static let cases = [
            Case(testDescription: "declined", reply: .bye(.declined), status: 10, sentence: "bob declined"),
            Case(testDescription: "busy", reply: .bye(.busy), status: 11, sentence: "bob is busy"),
            Case(testDescription: "no answer", reply: .bye(.timeout), status: 12, sentence: "bob did not answer"),
            Case(testDescription: "no path", reply: .answer(sdp: answerWithoutCandidates), status: 14, sentence: "named no address"),
            Case(testDescription: "an answer that is none", reply: .answer(sdp: "v=0\r\nnonsense"), status: 1, sentence: "bob failed"),
        ]

        @Test(arguments: cases) func `The bot says why its call failed, and ends with the status for it`(_ item: Case) async throws {
            try await withProcesses { group in
                let (_, url) = try await group.server()
                let callee = try await ScriptedCallee("bob", at: url, reply: item.reply)
                let alice = try group.bot("alice", at: url, ["--call", "bob"])
                let outcome = try await alice.end(within: .seconds(40))
                let (output, errors) = try await alice.everything()
                #expect(outcome == .status(item.status), "\(errors)")
                let last = try #require(errors.lines.last)
                #expect(last.hasPrefix("glyphone: ") && last.contains(item.sentence), "\(errors)")
                #expect(try output.events().contains { $0.isEnded }, "\(output)")
                callee.leave()
            }
        }

        /// As a browser answers, but for the paths.
        private static let answerWithoutCandidates = """
            v=0
            o=- 1 2 IN IP4 127.0.0.1
            s=-
            t=0 0
            a=group:BUNDLE 0 1
            a=ice-ufrag:cOO3
            a=ice-pwd:E/sKE4lpZ7BqRd6VJ8nljhr8
            a=ice-options:trickle
            a=fingerprint:sha-256 28:3A:33:B9:36:03:E5:3F:9F:7E:02:E0:93:4D:40:56:DB:4A:9F:A4:0F:5B:33:1F:A0:AA:EA:09:65:77:AA:C9
            a=setup:active
            m=audio 9 UDP/TLS/RTP/SAVPF 111
            c=IN IP4 0.0.0.0
            a=mid:0
            a=recvonly
            a=rtcp-mux
            a=rtpmap:111 opus/48000/2
            m=video 9 UDP/TLS/RTP/SAVPF 96
            c=IN IP4 0.0.0.0
            a=mid:1
            a=recvonly
            a=rtcp-mux
            a=rtpmap:96 VP8/90000

            """
    }
}

/// A peer that answers every offer in the same way.
private final class ScriptedCallee: Sendable {
    private let client: SignalingClient

    /// Returns once it can be called.
    init(_ name: String, at url: String, reply: CallSignal.Body) async throws {
        let (joined, continuation) = AsyncStream<Void>.makeStream()
        let toClient = AsyncStream<(PeerID, CallID)>.makeStream()
        let client = SignalingClient(
            configuration: SignalingConfiguration(url: try SignalingURL(url), join: Join(name: name)),
            eventLoop: NIOSingletons.posixEventLoopGroup.next()
        ) { event in
            switch event {
            case .joined: continuation.yield()
            case .message(.signal(let caller, let signal)):
                if case .offer = signal.body { toClient.continuation.yield((caller, signal.call)) }
            case .closed: toClient.continuation.finish()
            default: break
            }
        }
        self.client = client
        Task {
            for await (caller, call) in toClient.stream { client.send(reply, call: call, to: caller) }
        }
        client.connect()
        for await _ in joined { break }
    }

    func leave() {
        client.leave()
    }
}
