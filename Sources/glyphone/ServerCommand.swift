import ArgumentParser
import Dispatch
import Glibc
import Logging
import STUN
import SignalingProtocol
import SignalingServer

/// `glyphone server`: the signaling server.
struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server",
        abstract: "Runs the signaling server that introduces peers to each other.",
        discussion: """
            When it is ready it prints its URL on standard output; the log goes to standard error. SIGTERM stops it: peers are \
            told to come back, and with --state a server that follows within 30 s takes their sessions up.
            """)

    @Option(help: "The address to listen on; 0.0.0.0 or :: for all of this machine's.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 takes a free one.")
    var port = 8080

    @Option(help: "What a client must show to be let in (default: nothing); @FILE reads it from a file.")
    var token: String?

    @Option(help: ArgumentHelp("Where sessions are kept, so that calls outlive a restart of the server.", valueName: "file"))
    var state: String?

    @Option(help: ArgumentHelp("A STUN server that clients are told of, such as stun:host:3478; may be repeated.", valueName: "url"))
    var stun: [String] = []

    @Option(help: ArgumentHelp("A TURN server that clients are told of, such as turn:host:3478; may be repeated.", valueName: "url"))
    var turn: [String] = []

    @Option(help: "The user for the TURN servers.")
    var turnUser: String?

    @Option(help: "The password for the TURN servers; @FILE reads it from a file.")
    var turnPassword: String?

    @Option(
        help: ArgumentHelp(
            "What coturn's static-auth-secret is: each client gets a user and a password of its own, good for a day; @FILE reads it from a file.",
            valueName: "secret"))
    var turnSecret: String?

    @Option(help: ArgumentHelp("How many peers and observers are let in.", valueName: "n"))
    var maxPeers = 19_000

    @Option(help: ArgumentHelp("How many peers may be in one room.", valueName: "n"))
    var maxRoom = 1_000

    @Option(help: ArgumentHelp("For how long /readyz says no before the server stops.", valueName: "seconds"))
    var drainTime = 0

    @Option(
        help: ArgumentHelp("Where the browser clients are (default: installed beside this program, or its checkout).", valueName: "folder"))
    var web: String?

    @Option(help: "How much is logged: trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    /// Files that are open for other things than clients: the log, the state, the listener, the loop.
    private static let reservedFiles = 32

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must lie between 0 and 65535.") }
        guard maxPeers > 0, maxRoom > 0 else { throw ValidationError("--max-peers and --max-room must be at least 1.") }
        guard (0...3_600).contains(drainTime) else { throw ValidationError("--drain-time must lie between 0 and 3600 seconds.") }
        do {
            for url in stun + turn { _ = try ICEServerURL(parsing: url) }
        } catch {
            throw ValidationError("\(error).")
        }
        guard turnSecret == nil || (turnUser == nil && turnPassword == nil) else {
            throw ValidationError("--turn-secret makes users and passwords: give it, or --turn-user and --turn-password.")
        }
        guard turnSecret == nil || !turn.isEmpty else {
            throw ValidationError("--turn-secret is for a TURN server: name it with --turn.")
        }
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("'\(logLevel)' is no log level: use trace, debug, info, notice, warning, error or critical.")
        }
    }

    func run() async throws {
        var logger = Logger(label: "glyphone.server", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
        let signals = TerminationSignals()
        let configuration = ServerConfiguration(host: host, port: port, hub: try hubConfiguration(logger), web: try webPages(logger))
        let server: SignalingServer
        do {
            server = try await SignalingServer.start(configuration, store: state.map { SessionLog(path: $0) }, logger: logger)
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        print(server.url)
        fflush(nil)

        let signal = await signals.next()
        logger.info("stopping", metadata: ["signal": "\(signal)"])
        server.drain()
        if drainTime > 0 { await signals.next(within: .seconds(drainTime)) }
        try await server.shutdown()
        if signal == SIGINT {
            throw CommandFailure(.interrupted, "Interrupted: the server has stopped. Clients come back to the next one.")
        }
    }

    private func webPages(_ logger: Logger) throws -> WebPages? {
        guard let folder = web ?? WebFolder.standard else {
            logger.notice("the browser clients are not installed here; --web says where they are")
            return nil
        }
        do {
            return try WebPages(folder: folder)
        } catch {
            throw CommandFailure(.failed, "\(error) Choose another --web.")
        }
    }

    private func hubConfiguration(_ logger: Logger) throws -> HubConfiguration {
        let password = try Secret.read(turnPassword, option: "--turn-password")
        let secret = try Secret.read(turnSecret, option: "--turn-secret")
        let (stun, turn, user) = (stun, turn, turnUser)
        let room = Self.raiseFileLimit() - Self.reservedFiles
        if room < maxPeers {
            logger.warning("the limit of open files lets in fewer peers than --max-peers", metadata: ["peers": "\(room)"])
        }
        return HubConfiguration(
            token: try Secret.read(token, option: "--token"), capacity: max(1, min(maxPeers, room)), roomCapacity: maxRoom
        ) { name, now in
            var servers: [IceServer] = []
            if !stun.isEmpty { servers.append(IceServer(urls: stun)) }
            if let secret {
                let credentials = RelayCredentials(secret: secret, name: name ?? "", unixSeconds: now / 1000)
                servers.append(IceServer(urls: turn, username: credentials.username, credential: credentials.password))
            } else if !turn.isEmpty {
                servers.append(IceServer(urls: turn, username: user, credential: password))
            }
            return servers
        }
    }

    /// Every client is an open file. Returns how many there may be.
    private static func raiseFileLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        limit.rlim_cur = limit.rlim_max
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        return Int(clamping: limit.rlim_cur)
    }
}
