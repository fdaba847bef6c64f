import ArgumentParser
import Calls
import Console
import Foundation
import Logging
import SignalingServer
import TerminalIO

/// `glyphone demo`: the main job on this machine alone.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "A call on this machine alone, with no camera, microphone, network or account.",
        discussion: """
            Starts the signaling server on a free loopback port, a second peer that sends moving video and sound, and the \
            console, which calls it. Everything between the two is the real stack.
            """)

    @OptionGroup var options: CallOptions
    @OptionGroup var screen: ScreenOptions

    private static let peerName = "demo"

    func run() async throws {
        do throws(TerminalError) { try Terminal.check(environment: ProcessInfo.processInfo.environment) } catch {
            throw CommandFailure(.failed, Console.refusal(for: error))
        }
        var settings = try await options.resolved()
        let quiet = Logger(label: "glyphone.server", factory: { _ in SwiftLogNoOpLogHandler() })
        let server = try await SignalingServer.start(ServerConfiguration(), logger: quiet)
        settings.server = server.url
        settings.room = nil
        settings.token = nil
        if settings.name == Self.peerName { settings.name = "you" }

        settings.play = settings.play ?? "speaker"

        var peerSettings = settings
        peerSettings.name = Self.peerName
        (peerSettings.video, peerSettings.audio, peerSettings.play) = ("test", "test", "none")
        let peer = try CallSession(peerSettings, defaults: .bot, client: "glyphone-bot/\(Glyphone.version)")
        let answering = Task { await Self.answerCalls(peer) }
        await peer.client.connect()
        defer { answering.cancel() }
        do {
            try await ConsoleRun(settings: settings, defaults: .bot, callee: Self.peerName, isProbing: screen.isProbing).run()
        } catch {
            await peer.shutdown()
            try await server.shutdown()
            throw error
        }
        await peer.shutdown()
        try await server.shutdown()
    }

    private static func answerCalls(_ peer: CallSession) async {
        for await event in peer.events {
            if case .call(let info, .ringing, _) = event, info.direction == .incoming { await peer.client.accept() }
        }
    }
}
