import ArgumentParser
import Configuration
import Logging
import STUN
import Transport
import VoiceProcessing

/// The options that `console`, `bot` and `demo` share.
///
/// Each has an environment variable `GLYPHONE_…` and a key in the configuration file; the command line wins, then the
/// environment, then the file.
struct CallOptions: ParsableArguments {
    @Option(help: "The signaling server, ws:// or wss:// (default: ws://localhost:8080).")
    var server: String?

    @Option(help: "Your name in the room: 1 to 32 letters, digits, spaces, '.', '_', '-' (default: the login name).")
    var name: String?

    @Option(help: "The room to enter (default: lobby).")
    var room: String?

    @Option(help: "The token that the server demands; @FILE reads it from a file.")
    var token: String?

    @Option(help: "What to send: camera, camera:/dev/video2, camera:1280x720@30, test, test:1280x720@25, a media file (it loops), or none.")
    var video: String?

    @Option(help: "What to send: mic, mic:NAME, test, a media file (it loops), or none.")
    var audio: String?

    @Option(help: "Where the sound goes: speaker, speaker:NAME, a FILE.wav, or none (default: speaker).")
    var play: String?

    @Flag(
        inversion: .prefixedNo, help: "Take out of the microphone's sound what the speaker plays (default: on, unless the server does).")
    var echoCancellation: Bool?

    @Flag(inversion: .prefixedNo, help: "Make steady noise in the microphone's sound quieter (default: on).")
    var noiseSuppression: Bool?

    @Flag(inversion: .prefixedNo, help: "Make quiet voices louder and loud ones quieter (default: on).")
    var gainControl: Bool?

    @Flag(inversion: .prefixedNo, help: "Take rumble out of the microphone's sound (default: on).")
    var highPass: Bool?

    @Option(
        help: ArgumentHelp("A STUN server that tells this machine's public address, stun:HOST[:PORT]; may be repeated.", valueName: "url"))
    var stun: [String] = []

    @Option(
        help: ArgumentHelp(
            "A relay for when there is no direct path, turn:HOST[:PORT][?transport=tcp] or turns:HOST[:PORT]; may be repeated.",
            valueName: "url"))
    var turn: [String] = []

    @Option(help: ArgumentHelp("The user for the relays.", valueName: "name"))
    var turnUser: String?

    @Option(help: ArgumentHelp("The password for the relays; @FILE reads it from a file.", valueName: "password"))
    var turnPassword: String?

    @Flag(help: "Use relays alone, so that the other side does not learn this machine's addresses.")
    var relayOnly = false

    @Option(help: ArgumentHelp("A configuration file (JSON) with these options as keys.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Where the log goes (default: a file for the console, nowhere else).", valueName: "file"))
    var log: String?

    @Option(help: "How much is logged: trace, debug, info, notice, warning, error or critical (default: info).")
    var logLevel: String?
}

/// ``CallOptions`` with the environment and the configuration file filled in, and checked.
struct CallSettings {
    var server: String
    var name: String
    var room: String?
    var token: String?
    var video: String?
    var audio: String?
    var play: String?
    var voice: VoiceOptions
    /// STUN and TURN servers.
    var iceServers: [ICEServer]
    var isRelayOnly: Bool
    var log: String?
    var logLevel: Logger.Level
}

extension CallOptions {
    /// Fills in what the command line left open.
    ///
    /// - Throws: ``CommandFailure`` for a configuration file or a value that can't be used.
    func resolved() async throws -> CallSettings {
        let settings = try await Settings(config: config)
        let levelName = settings.value(logLevel, "log-level") ?? "info"
        guard let level = Logger.Level(rawValue: levelName) else {
            throw CommandFailure(.wrongUse, "'\(levelName)' is no log level: use trace, debug, info, notice, warning, error or critical.")
        }
        var voice = VoiceOptions()
        voice.cancelsEcho = settings.value(echoCancellation, "echo-cancellation") ?? true
        voice.suppressesNoise = settings.value(noiseSuppression, "noise-suppression") ?? true
        voice.controlsGain = settings.value(gainControl, "gain-control") ?? true
        voice.filtersRumble = settings.value(highPass, "high-pass") ?? true
        let loginName = settings.environment.string(forKey: "user") ?? "someone"
        return CallSettings(
            server: settings.value(server, "server") ?? Settings.server,
            name: settings.value(name, "name") ?? loginName,
            room: settings.value(room, "room"),
            token: try Secret.read(settings.value(token, "token"), option: "--token"),
            video: settings.value(video, "video"),
            audio: settings.value(audio, "audio"),
            play: settings.value(play, "play"),
            voice: voice,
            iceServers: try iceServers(settings),
            isRelayOnly: relayOnly || settings.flag("relay-only"),
            log: settings.value(log, "log"),
            logLevel: level)
    }
    private func iceServers(_ settings: Settings) throws -> [ICEServer] {
        let user = settings.value(turnUser, "turn-user")
        let password = try Secret.read(settings.value(turnPassword, "turn-password"), option: "--turn-password")
        let credentials = user.map { TURNCredentials(username: $0, password: password ?? "") }
        var servers: [ICEServer] = []
        do {
            for text in settings.values(stun, "stun") {
                let url = try ICEServerURL(parsing: text)
                guard url.kind == .stun else { throw CommandFailure(.wrongUse, "--stun: '\(text)' is a relay: name it with --turn.") }
                servers.append(ICEServer(url: url))
            }
            for text in settings.values(turn, "turn") {
                let url = try ICEServerURL(parsing: text)
                guard url.kind != .stun else { throw CommandFailure(.wrongUse, "--turn: '\(text)' is no relay: name it with --stun.") }
                servers.append(ICEServer(url: url, credentials: credentials))
            }
        } catch let error as ICEServerURLError {
            throw CommandFailure(.wrongUse, "\(error).")
        }
        return servers
    }
}
