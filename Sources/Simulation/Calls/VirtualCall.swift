import ICE
import PeerConnection
import SDP
import STUN
import Security
import Wire

/// What an end of a ``VirtualCall`` sends, and what it makes of what comes. Asked only while there is a connection.
public protocol VirtualMedia: AnyObject {
    /// When ``due(at:)`` is next to be called.
    var deadline: Instant? { get }
    /// What is to be sent now.
    func due(at now: Instant) -> [(kind: MediaKind, media: EncodedMedia)]
    /// Whatever came out of the end's peer connection but datagrams.
    func handle(_ output: PeerConnection.Output, at now: Instant)
    /// What may be sent and received has changed.
    func negotiated(_ peer: PeerConnection)
}

extension VirtualMedia {
    public func negotiated(_ peer: PeerConnection) {}
}

/// Two peer connections over a virtual network, in virtual time: everything real but the clock, the wire and DTLS.
public final class VirtualCall {
    /// What one end tells the other.
    enum Signal {
        case candidate(LocalCandidate?)
        case offer(String)
        case answer(String)
    }

    /// One end, and what came out of it.
    public final class End {
        public let peer: PeerConnection
        public let host: VirtualNetwork.HostID
        public internal(set) var addresses: [TransportAddress]
        let isBehindNAT: Bool
        public private(set) var states: [ConnectionState] = []
        public var media: (any VirtualMedia)?
        /// The connection's deadline, as of when it was last drained.
        fileprivate var deadline: Instant?
        var signals: [(signal: Signal, at: Instant)] = []

        init(peer: PeerConnection, host: VirtualNetwork.HostID, isBehindNAT: Bool, addresses: [TransportAddress]) {
            self.peer = peer
            self.host = host
            self.isBehindNAT = isBehindNAT
            self.addresses = addresses
        }

        public func transceiver(_ kind: MediaKind) -> Int? {
            peer.transceivers.first { $0.kind == kind }?.id
        }

        fileprivate func note(_ output: PeerConnection.Output, at now: Instant) {
            switch output {
            case .state(let state): states.append(state)
            case .negotiated: media?.negotiated(peer)
            default: break
            }
            media?.handle(output, at: now)
        }
    }

    public let network: VirtualNetwork
    public let caller: End
    public let callee: End
    public internal(set) var now = Instant(nanoseconds: 1_000_000_000_000)
    /// How long a candidate takes to the other end.
    public var signalingDelay: Duration = .milliseconds(5)
    /// Whether what one end says reaches the other; what can't waits.
    public var isSignalingUp = true
    /// The relay, if there is one.
    public internal(set) var relay: VirtualNetwork.HostID?
    /// What the ends are given for it.
    public var relayCredentials = TURNCredentials(username: "user", password: "pass")
    /// Whether the ends ask a STUN server, too, that never answers.
    public var hasDeadSTUNServer = false
    private static let stun = IPAddress.v4(0xc633_6401)
    static let relayAddress = IPAddress.v4(0xc633_6403)

    /// - Parameters:
    ///   - link: each direction of each end's link.
    ///   - downlink: what comes to each end, if that is different.
    ///   - callerNAT: what the caller sits behind; `calleeNAT` likewise.
    public init(
        seed: UInt64, link: LinkModel = .ideal, downlink: LinkModel? = nil, callerNAT: NATBehavior? = nil, calleeNAT: NATBehavior? = nil,
        isRelayOnly: Bool = false
    ) throws {
        network = VirtualNetwork(seed: seed)
        network.addSTUNServer(Self.stun)
        var random = RandomSource.seeded(seed &* 7919)
        func makeEnd(_ last: UInt32, nat: NATBehavior?, isPolite: Bool, _ network: VirtualNetwork, _ now: Instant) throws -> End {
            // Private addresses are routed within a NAT alone.
            let ip = IPAddress.v4(nat == nil ? 0xc612_0000 | last : 0x0a00_0000 | last << 8 | 2)
            let router = nat.map { network.addNAT($0, publicAddress: .v4(0xcb00_7100 | last)) }
            let host = network.addHost([ip], behind: router, uplink: link, downlink: downlink ?? link)
            let dtlsRandom = RandomSource.seeded(random.next())
            let configuration = PeerConnection.Configuration(
                isPolite: isPolite, certificate: try Certificate(),
                wallClock: WallClock(reference: now, unixNanoseconds: 1_800_000_000_000_000_000),
                random: .seeded(random.next()), isRelayOnly: isRelayOnly,
                makeDTLSSession: { SimulatedDTLSSession(certificate: $0, random: dtlsRandom) })
            return End(
                peer: PeerConnection(configuration), host: host, isBehindNAT: nat != nil,
                addresses: [TransportAddress(ip: ip, port: 40_000)])
        }
        caller = try makeEnd(1, nat: callerNAT, isPolite: false, network, now)
        callee = try makeEnd(2, nat: calleeNAT, isPolite: true, network, now)
        for end in [caller, callee] {
            end.peer.addTransceiver(.audio)
            end.peer.addTransceiver(.video)
        }
    }

    public func bindSockets(of end: End) {
        for address in end.addresses { end.peer.handle(.localAddress(address), at: now) }
        if end.isBehindNAT { end.peer.handle(.stunServer(TransportAddress(ip: Self.stun, port: 3478)), at: now) }
        if hasDeadSTUNServer { end.peer.handle(.stunServer(TransportAddress(ip: .v4(0xc633_6463), port: 3478)), at: now) }
        if relay != nil {
            let url = ICEServerURL(kind: .turn(.udp), host: "relay.example", port: VirtualTURNServer.port)
            let address = TransportAddress(ip: Self.relayAddress, port: VirtualTURNServer.port)
            end.peer.handle(.turnServer(TURNServer(url: url, addresses: [address], credentials: relayCredentials)), at: now)
        }
        end.peer.handle(.localAddressesComplete, at: now)
        drain(end)
    }

    /// Offer and answer at once; candidates take ``signalingDelay``.
    public func connect() throws {
        bindSockets(of: caller)
        let offer = try caller.peer.makeOffer(at: now)
        drain(caller)
        bindSockets(of: callee)
        let answer = try callee.peer.acceptOffer(offer, at: now)
        drain(callee)
        if let answer { try caller.peer.acceptAnswer(answer, at: now) }
        drain(caller)
    }

    /// From now on nothing passes.
    public func cutLines() {
        for end in [caller, callee] { network.setLinks(of: end.host, uplink: LinkModel(loss: 1), downlink: LinkModel(loss: 1)) }
    }

    /// Lets virtual time pass.
    public func run(for duration: Duration) {
        _ = run(until: now + duration) { false }
    }

    /// Lets time pass until `condition` holds.
    ///
    /// - Returns: how long that took, `nil` if it did not within `limit`.
    @discardableResult
    public func run(atMost limit: Duration, until condition: () -> Bool) -> Duration? {
        let start = now
        return run(until: start + limit, or: condition) ? now - start : nil
    }

    private func run(until end: Instant, or condition: () -> Bool) -> Bool {
        while !condition() {
            let due = earliest(
                network.nextArrival, caller.deadline, callee.deadline, mediaDeadline(caller), mediaDeadline(callee),
                isSignalingUp ? caller.signals.first?.at : nil, isSignalingUp ? callee.signals.first?.at : nil)
            guard let due, due <= end else {
                now = end
                return condition()
            }
            now = max(now, due)
            step()
        }
        return true
    }

    private func step() {
        while let due = network.nextArrival, due <= now {
            guard let arrival = network.receive(at: now) else { continue }
            for end in [caller, callee] where end.addresses.contains(arrival.to) {
                end.peer.handle(.datagram(arrival.bytes, from: arrival.from, to: arrival.to), at: now)
                drain(end)
            }
        }
        for (end, other) in [(caller, callee), (callee, caller)] {
            while isSignalingUp, let (signal, at) = end.signals.first, at <= now {
                end.signals.removeFirst()
                deliver(signal, to: other)
            }
            if let deadline = end.deadline, deadline <= now {
                end.peer.handle(.timeout, at: now)
                drain(end)
            }
        }
        for end in [caller, callee] {
            guard let due = mediaDeadline(end), due <= now else { continue }
            for (kind, media) in end.media?.due(at: now) ?? [] {
                guard let id = end.transceiver(kind) else { continue }
                end.peer.handle(.media(media, transceiver: id), at: now)
                drain(end)
            }
        }
    }

    private func mediaDeadline(_ end: End) -> Instant? {
        end.peer.state == .connected || end.peer.state == .disconnected ? end.media?.deadline : nil
    }

    public func drain(_ end: End) {
        while let output = end.peer.nextOutput() {
            switch output {
            case .transmit(let bytes, let from, let to): network.send(bytes, from: from, to: to, at: now)
            case .candidate(let candidate): end.signals.append((.candidate(candidate), now + signalingDelay))
            default: end.note(output, at: now)
            }
        }
        end.deadline = end.peer.deadline
        if let deadline = end.deadline { assert(deadline > now, "a drained machine waits for the past") }
    }
}
