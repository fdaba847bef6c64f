import ArgumentParser
import Configuration
import Console
import Foundation
import Glibc
import NIOCore
import NIOPosix
import SignalingClient
import SignalingProtocol
import TerminalIO

/// `glyphone monitor`: presence and calls, from the server's observer role.
struct MonitorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitor",
        abstract: "Presence and call states of a room as they change, without being a peer.",
        discussion: """
            A live table on a terminal, lines when piped. A server that goes away is waited for. Keys of the table: q quits, \
            Ctrl-L redraws.
            """)

    @Option(help: "The signaling server, ws:// or wss:// (default: ws://localhost:8080).")
    var server: String?

    @Option(help: "The room to watch (default: lobby).")
    var room: String?

    @Option(help: "The token that the server demands; @FILE reads it from a file.")
    var token: String?

    @Option(help: ArgumentHelp("A configuration file (JSON) with these options as keys.", valueName: "file"))
    var config: String?

    @Flag(help: "Print one JSON object a line on standard output, and nothing else.")
    var json = false

    @Flag(help: "Print the state now, and exit.")
    var once = false

    func run() async throws {
        let settings = try await Settings(config: config)
        let address = settings.value(server, "server") ?? Settings.server
        let url: SignalingURL
        do throws(SignalingFailure) { url = try SignalingURL(address) } catch { throw CommandFailure(error) }
        let room = settings.value(room, "room") ?? Name.lobby.text
        let token = try Secret.read(settings.value(token, "token"), option: "--token")
        let join = Join(name: nil, room: room, client: "glyphone-monitor/\(Glyphone.version)", token: token, observe: true)
        let configuration = SignalingConfiguration(url: url, join: join)

        let environment = ProcessInfo.processInfo.environment
        let isTable = !json && !once && isatty(1) == 1
        guard isTable else {
            let output: any MonitorOutput = json ? JSONMonitorOutput(room: room) : LineMonitorOutput(room: room)
            return try await watch(configuration, output)
        }
        let source = try LiveText.Source()
        let screen = Task {
            try await TerminalThread.run {
                do throws(TerminalError) { return try LiveText(source: source, environment: environment).run() } catch {
                    throw CommandFailure(.failed, "monitor draws its table in a terminal, but \(error); pipe it, or use --json or --once.")
                }
            }
        }
        try await watch(configuration, TableMonitorOutput(room: room, server: "\(url)", source: source), screen: screen)
    }

    /// Tells what happens until somebody ends it; with `--once`, what is there.
    private func watch(
        _ configuration: SignalingConfiguration, _ output: any MonitorOutput, screen: Task<ConsoleExit, any Error>? = nil
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let (events, continuation) = AsyncStream<SignalingEvent>.makeStream()
        let client = SignalingClient(configuration: configuration, eventLoop: group.next()) { event in
            continuation.yield(event)
            if case .closed = event { continuation.finish() }
        }
        // The screen has its own way with signals.
        let interruption = screen == nil ? TerminationSignals() : nil
        // The signal that ended it, if one did.
        let ending = Task { () -> CInt? in
            defer { client.leave() }
            guard let screen else { return await interruption?.next() }
            return if case .signal(let number) = try await screen.value { number } else { nil }
        }
        client.connect()
        let failure = await tell(events, client, output)
        if let source = (output as? TableMonitorOutput)?.source { source.finish() }
        _ = try await screen?.value
        try? await group.shutdownGracefully()
        if let failure { throw CommandFailure(failure) }
        if !once, try await ending.value == SIGINT { throw CommandFailure(.interrupted, "Interrupted: watching has ended.") }
    }

    private func tell(_ events: AsyncStream<SignalingEvent>, _ client: SignalingClient, _ output: any MonitorOutput) async
        -> SignalingFailure?
    {
        var state = MonitorState()
        for await event in events {
            switch event {
            case .joined(let joined), .reconnected(let joined):
                state.apply(joined)
                if once {
                    // What the server says before it takes leave of us is the rest of the state.
                    client.leave()
                } else if case .reconnected = event {
                    output.tell(.joined(isBack: true), state)
                } else {
                    output.tell(.joined(isBack: false), state)
                }
            case .message(let message):
                state.apply(message)
                if !once { output.tell(.message(message), state) }
                state.forgetDeparted()
            case .disconnected(let reason, let pause):
                state.trouble = reason
                if !once { output.tell(.disconnected(reason: reason, retryIn: pause), state) }
            case .closed(let failure):
                if once, failure == nil { output.tell(.whole, state) }
                return failure
            }
        }
        return nil
    }
}
