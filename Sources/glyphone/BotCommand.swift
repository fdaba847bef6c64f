import ArgumentParser
import Calls
import Codecs
import Glibc
import Logging
import MediaSources
import NIOPosix
import SignalingClient
import SignalingProtocol

/// `glyphone bot`: a peer without a screen.
struct BotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bot",
        abstract: "A peer without a screen: for scripts, monitoring and tests.",
        discussion: """
            Unless told otherwise it sends the test picture and tone, and plays nothing. With --call it exits with the call: \
            0 ended normally, 10 declined, 11 busy, 12 no answer, 13 no such peer, 14 no media path.
            """)

    @OptionGroup var options: CallOptions

    @Option(help: ArgumentHelp("Call that peer, then exit.", valueName: "name"))
    var call: String?

    @Option(help: ArgumentHelp("How long to wait for the peer to come online.", valueName: "seconds"))
    var wait = 10.0

    @Flag(help: "Accept every call.")
    var autoAnswer = false

    @Option(help: ArgumentHelp("Hang up so long after a call connected.", valueName: "seconds"))
    var duration: Double?

    @Flag(help: "Exit after the first call.")
    var once = false

    @Option(help: ArgumentHelp("Keep the received picture in a Y4M file.", valueName: "file"))
    var saveVideo: String?

    @Option(help: ArgumentHelp("Keep the received sound in a WAV file.", valueName: "file"))
    var saveAudio: String?

    @Flag(help: "Print one JSON object a line on standard output, and nothing else.")
    var json = false

    func validate() throws {
        guard (0...86_400).contains(wait) else { throw ValidationError("--wait must lie between 0 and 86400 seconds.") }
        guard duration.map({ (0...604_800).contains($0) }) ?? true else {
            throw ValidationError("--duration must lie between 0 and 604800 seconds.")
        }
    }

    func run() async throws {
        let settings = try await options.resolved()
        let session = try CallSession(
            settings, defaults: .bot, recording: (saveVideo, saveAudio), client: "glyphone-bot/\(Glyphone.version)")
        let output: any BotOutput = json ? JSONBotOutput() : TextBotOutput()
        var bot = Bot(
            output: output, callee: call, patience: .seconds(wait), answers: autoAnswer, duration: duration.map { .seconds($0) },
            isOnce: once || call != nil)
        let failure = await bot.run(session)
        await session.shutdown()
        if let failure { throw failure }
    }
}
