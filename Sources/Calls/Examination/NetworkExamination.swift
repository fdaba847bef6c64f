import ICE
import Logging
import NIOCore
import NIOSSL
import PeerConnection
import SDP
import STUN
import Security
import Transport
import Wire

/// What this machine's network allows calls: its addresses, what STUN servers see, which relays can be used.
public struct NetworkExamination: Sendable {
    public struct Server: Sendable {
        public var url: ICEServerURL
        /// Behind its name.
        public var addresses: [TransportAddress]

        public init(url: ICEServerURL, addresses: [TransportAddress]) {
            self.url = url
            self.addresses = addresses
        }
    }

    public var addresses: [IPAddress]
    public var stunServers: [Server]
    public var mappings: [ICEMapping]
    public var relays: [ICERelays.Status]

    public init(addresses: [IPAddress], stunServers: [Server], mappings: [ICEMapping], relays: [ICERelays.Status]) {
        self.addresses = addresses
        self.stunServers = stunServers
        self.mappings = mappings
        self.relays = relays
    }

    /// How long all of it may take: longer than a STUN server, or a relay, is waited for.
    private static let limit = TimeAmount.seconds(12)
    /// For a server's other address, which is asked last.
    private static let afterthought = TimeAmount.milliseconds(1500)

    /// Looks for candidates as a call does, and calls nobody. On the event loop.
    public static func run(
        servers: [ICEServer], usesLoopback: Bool, on eventLoop: any EventLoop, tls: TLSConfiguration = .makeClientConfiguration(),
        logger: Logger
    ) throws -> EventLoopFuture<NetworkExamination> {
        let addresses = try LocalAddresses.all(includingLoopback: usesLoopback)
        let now = Instant.now
        let peer = PeerConnection(
            PeerConnection.Configuration(
                isPolite: false, certificate: try Certificate(), wallClock: WallClock(reference: now, unixNanoseconds: 0)))
        peer.addTransceiver(.audio)
        let gathered = eventLoop.makePromise(of: Void.self)
        let transport = PeerTransport(eventLoop: eventLoop, peer: peer, logger: logger, tls: tls) { output in
            if case .candidate(nil) = output { gathered.succeed() }
        }
        let timer = eventLoop.scheduleTask(in: limit) { gathered.succeed() }
        _ = try transport.perform { peer, now in try peer.makeOffer(at: now) }
        // Relays over UDP answer as STUN servers, too.
        let asked = servers.filter { $0.url.kind == .stun || $0.url.kind == .turn(.udp) }
            .map { ICEServer(url: ICEServerURL(kind: .stun, host: $0.url.host, port: $0.url.port)) }
        let bound = NIOLoopBound(transport, eventLoop: eventLoop)
        let boundPeer = NIOLoopBound(peer, eventLoop: eventLoop)
        let resolved = servers.filter { $0.url.kind == .stun }.map { server in
            server.addresses(on: eventLoop).map { Server(url: server.url, addresses: $0) }
        }
        return transport.open(on: addresses, servers: servers + asked)
            .flatMap { gathered.futureResult }
            .flatMap { () -> EventLoopFuture<Void> in
                timer.cancel()
                let others = Set(boundPeer.value.statistics.ice.mappings.compactMap(\.otherAddress))
                guard !others.isEmpty else { return eventLoop.makeSucceededVoidFuture() }
                for other in others { bound.value.handle(.stunServer(other)) }
                return eventLoop.scheduleTask(in: afterthought) {}.futureResult
            }
            .and(EventLoopFuture.whenAllSucceed(resolved, on: eventLoop))
            .map { _, resolved in
                let peer = boundPeer.value
                let result = NetworkExamination(
                    addresses: addresses, stunServers: resolved, mappings: peer.statistics.ice.mappings, relays: peer.relayStatuses)
                bound.value.close()
                return result
            }
    }
}
