import Calls
import Logging
import MediaSources
import NIOCore
import NIOPosix
import Security
import SignalingClient
import SignalingProtocol
import SignalingServer
import TestProcesses
import Testing

/// Two people in one call, over a server and sockets on the loopback.
@Suite struct CallClientTests {
    /// One of them, and what was heard of the call.
    private final class Person: Sendable {
        struct Heard: Sendable {
            var peer: PeerID?
            var states: [CallMachine.State] = []
            var remoteVideo: [Bool] = []
            /// How wide the pictures are that are sent.
            var sentWidth = 0
        }

        let heard = Observed(Heard())
        let client: CallClient

        init(_ name: String, at url: String, shown: ShownPicture) async throws {
            let media = MediaConfiguration(
                video: try VideoSourceSpecification(parsing: "test:640x480@10"), audio: try AudioSourceSpecification(parsing: "none"),
                playback: try PlaybackSpecification(parsing: "none"))
            client = CallClient(
                signaling: SignalingConfiguration(url: try SignalingURL(url), join: Join(name: name)),
                calls: CallConfiguration(media: media, certificate: try Certificate(), usesLoopback: true),
                eventLoop: NIOSingletons.posixEventLoopGroup.next(), logger: Logger(label: name, factory: { _ in SwiftLogNoOpLogHandler() })
            ) { [heard] event in
                switch event {
                case .roster(let peers): heard.update { $0.peer = peers.first?.id }
                case .call(_, let state, _): heard.update { $0.states.append(state) }
                case .remoteMedia(_, let video): heard.update { $0.remoteVideo.append(video) }
                case .statistics(_, let statistics, _): heard.update { $0.sentWidth = statistics.outbound.video?.frameWidth ?? 0 }
                default: break
                }
            }
            await client.setShownPicture(shown)
            await client.connect()
        }

        func wait<Found: Sendable>(for what: String, _ find: @escaping @Sendable (Heard) -> Found?) async throws -> Found {
            try await heard.wait(within: .seconds(30), for: what, find)
        }

        /// Lets things happen at once: nothing comes from the other side between them.
        func perform(_ body: @escaping @Sendable (isolated CallClient) -> Void) async throws {
            try await client.eventLoop.submit { [client] in client.assumeIsolated { body($0) } }.get()
        }
    }

    /// Two people with small windows, who see each other.
    private func withCall(_ body: (_ alice: Person, _ bob: Person) async throws -> Void) async throws {
        let server = try await SignalingServer.start(logger: Logger(label: "server", factory: { _ in SwiftLogNoOpLogHandler() }))
        let small = ShownPicture(width: 160, height: 84)
        let (alice, bob) = (
            try await Person("alice", at: server.url, shown: small), try await Person("bob", at: server.url, shown: small)
        )
        let peer = try await alice.wait(for: "bob") { $0.peer }
        _ = await alice.client.call(peer)
        _ = try await bob.wait(for: "the call") { $0.states.contains(.ringing) ? true : nil }
        await bob.client.accept()
        for person in [alice, bob] {
            let width = try await person.wait(for: "a picture that is sent") { $0.sentWidth > 0 ? $0.sentWidth : nil }
            #expect(width == 320)
        }
        try await body(alice, bob)
        for person in [alice, bob] {
            #expect(person.heard.now.states.filter { $0 != .ringing } == [.connecting, .connected])
        }
        for person in [alice, bob] { await person.client.leave() }
        try await server.shutdown()
    }

    @Test func `Both windows may grow at the same moment, though the offers cross`() async throws {
        try await withCall { alice, bob in
            let large = ShownPicture(width: 640, height: 480)
            await alice.client.setShownPicture(large)
            await bob.client.setShownPicture(large)
            for person in [alice, bob] { _ = try await person.wait(for: "larger pictures") { $0.sentWidth == 640 ? true : nil } }
        }
    }

    @Test func `What changes while an offer waits for its answer is offered after it`() async throws {
        try await withCall { alice, bob in
            let count = bob.heard.now.remoteVideo.count
            try await alice.perform { client in
                client.setCameraOff(true)
                client.setCameraOff(false)
            }
            _ = try await bob.wait(for: "a picture that is gone and back") {
                $0.remoteVideo.dropFirst(count) == [false, true] ? true : nil
            }
        }
    }
}
