import ArgumentParser
import Logging
import Simulation
import Wire

/// The command `glyphone-relay`: a bad network between good programs.
@main
struct GlyphoneRelay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "glyphone-relay",
        abstract: "Puts an impaired network between the peers of a call.",
        discussion: """
            A proxy before a signaling server. Peers that connect to it instead see each other at UDP ports of this machine, \
            and every datagram between them passes a simulated link. Prints `listening ws://…` when peers can connect.
            """)

    @Option(help: ArgumentHelp("Where peers connect; port 0 picks a free one.", valueName: "host:port"))
    var listen = HostAndPort(host: "127.0.0.1", port: 0)

    @Option(help: ArgumentHelp("The signaling server, ws://host:port/ws.", valueName: "url"))
    var server: WebSocketURL

    @Option(help: ArgumentHelp("An address of this machine where media passes; one of each family counts.", valueName: "address"))
    var mediaAddress: [IPAddress] = [.v4(0x7f00_0001), .v6(0, 1)]

    @OptionGroup(title: "The link, each way")
    var link: LinkOptions

    @Option(help: ArgumentHelp("The same seed treats the same packets alike.", valueName: "number"))
    var seed: UInt64 = 0

    func run() async throws {
        let media = UDPRelay(.init(model: link.model, addresses: mediaAddress, seed: seed))
        let logger = Logger(label: "glyphone-relay") { StreamLogHandler.standardError(label: $0) }
        let relay = SignalingRelay(server: server, media: media, logger: logger)
        let (server, link) = (server, link)
        do {
            try await relay.run(host: listen.host, port: listen.port) { url in
                StandardStreams.error("glyphone-relay: \(url) stands before \(server); \(link.summary)")
                StandardStreams.output("listening \(url)")
            }
        } catch {
            StandardStreams.error("glyphone-relay: it cannot listen at \(listen) (\(error)); choose another with --listen.")
            throw ExitCode.failure
        }
    }
}
