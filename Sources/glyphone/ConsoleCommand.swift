import ArgumentParser
import Calls
import Codecs
import Console
import Foundation
import TerminalIO

/// `glyphone console`: roster, calls, video, keys.
struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "The console: who is there, calls, video. This is what glyphone does without a subcommand.")

    @OptionGroup var options: CallOptions
    @OptionGroup var screen: ScreenOptions

    func run() async throws {
        try await ConsoleRun(settings: try await options.resolved(), defaults: .console, callee: nil, isProbing: screen.isProbing).run()
    }
}

/// `glyphone call`: the console, calling somebody at once.
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "call", abstract: "The console, calling somebody at once.")

    @Argument(help: "The name of the peer to call.")
    var name: String

    @OptionGroup var options: CallOptions
    @OptionGroup var screen: ScreenOptions

    func run() async throws {
        try await ConsoleRun(settings: try await options.resolved(), defaults: .console, callee: name, isProbing: screen.isProbing).run()
    }
}

/// The options of what draws on a terminal.
struct ScreenOptions: ParsableArguments {
    @Flag(name: .customLong("no-probe"), help: "Ask the terminal nothing: what the environment says of it is taken for true.")
    var noProbe = false

    var isProbing: Bool { !noProbe }
}

/// A console over a session, from start to end.
struct ConsoleRun {
    var settings: CallSettings
    var defaults: CallSession.Defaults
    /// The name of a peer to call at once.
    var callee: String?
    /// Whether the terminal is asked what it can do.
    var isProbing: Bool

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        do throws(TerminalError) { try Terminal.check(environment: environment) } catch {
            throw CommandFailure(.failed, Console.refusal(for: error))
        }
        var settings = settings
        settings.log = settings.log ?? Log.defaultPath(environment)
        let inbox = try ConsoleInbox()
        let session = try CallSession(settings, defaults: defaults, client: "glyphone/\(Glyphone.version)") { event in
            switch event {
            case .remotePicture(let frame): inbox.showRemote(frame.buffer)
            case .localPicture(let frame): inbox.showOwn(frame.buffer)
            default: break
            }
        }
        let service = ConsoleCallService(session: session, inbox: inbox, server: settings.server, callee: callee)
        let reports = Task { await service.reportEvents() }
        let actions = Task { await service.performActions() }
        await session.client.connect()
        let logPath = settings.log
        let exit = try await TerminalThread.run {
            do throws(TerminalError) {
                return try Console(
                    inbox: inbox, service: service, environment: environment, logPath: logPath, isProbing: isProbing
                ).run()
            } catch {
                throw CommandFailure(.failed, Console.refusal(for: error))
            }
        }
        service.finish()
        await actions.value
        await session.shutdown()
        let ended = await reports.value
        switch exit {
        case .finished(let sentence):
            if let failure = ended.session { throw failure }
            if let sentence { throw CommandFailure(.failed, sentence) }
        case .signal(SIGINT): throw CommandFailure(.interrupted, "Interrupted; the call and the room were left.")
        case .signal, .quit: if let failure = ended.call { throw failure }
        }
    }
}
