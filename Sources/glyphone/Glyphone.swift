import ArgumentParser
import Foundation

@main
struct Glyphone: AsyncParsableCommand {
    static let version = "1.0"

    static let configuration = CommandConfiguration(
        commandName: "glyphone",
        abstract: "Video calls in a terminal.",
        version: version,
        subcommands: [
            ConsoleCommand.self, CallCommand.self, DemoCommand.self, ServerCommand.self, BotCommand.self, MonitorCommand.self,
            MirrorCommand.self, DevicesCommand.self, DoctorCommand.self,
        ],
        defaultSubcommand: ConsoleCommand.self)

    static func main() async {
        SoundOverSSH.share(ProcessInfo.processInfo.environment)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch let failure as CommandFailure {
            Standard.error("glyphone: \(failure.sentence)")
            exit(withStatus: failure.status)
        } catch let error where exitCode(for: error) == .validationFailure {
            Standard.error("glyphone: \(message(for: error)) See 'glyphone help'.")
            exit(withStatus: .wrongUse)
        } catch {
            exit(withError: error)
        }
    }

    private static func exit(withStatus status: ExitStatus) -> Never {
        exit(withError: ExitCode(status.rawValue))
    }
}
