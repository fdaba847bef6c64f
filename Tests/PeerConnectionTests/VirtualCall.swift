import PeerConnection
import Playout
import RTP
import SDP
import Security
import Simulation
import Wire

/// Two peer connections over a virtual network, in virtual time: everything real but the clock, the wire and DTLS.
final class VirtualCall {
    /// One end, and what came out of it.
    final class End {
        let peer: PeerConnection
        let addresses: [TransportAddress]
        var frames: [AssembledFrame] = []
        var audioPackets: [RTPPacket] = []
        var states: [ConnectionState] = []
        var keyFramesRequested = 0
        fileprivate(set) var signals: [(candidate: LocalCandidate?, at: Instant)] = []
        fileprivate var wantsKeyFrame = true
        fileprivate var frameNumber = 0

        init(peer: PeerConnection, addresses: [TransportAddress]) {
            self.peer = peer
            self.addresses = addresses
        }

        func transceiver(_ kind: MediaKind) -> Int? {
            peer.transceivers.first { $0.kind == kind }?.id
        }
    }

    let network: VirtualNetwork
    let caller: End
    let callee: End
    private(set) var now = Instant(nanoseconds: 1_000_000_000_000)
    /// How long a candidate takes to the other end.
    var signalingDelay: Duration = .milliseconds(5)
    private var nextVideo: Instant?
    private var nextAudio: Instant?
    private let hosts: [VirtualNetwork.HostID]

    /// - Parameters:
    ///   - link: each direction of each end's link.
    ///   - nats: what each end sits behind.
    init(seed: UInt64, link: LinkModel = .ideal, callerNAT: NATBehavior? = nil, calleeNAT: NATBehavior? = nil) throws {
        network = VirtualNetwork(seed: seed)
        let stun = IPAddress.v4(0xc633_6401)
        network.addSTUNServer(stun)
        var random = RandomSource.seeded(seed &* 7919)
        var hosts: [VirtualNetwork.HostID] = []
        func makeEnd(_ last: UInt32, nat: NATBehavior?, isPolite: Bool, _ network: VirtualNetwork, _ now: Instant) throws -> End {
            // Private addresses are routed within a NAT alone.
            let ip = IPAddress.v4(nat == nil ? 0xc612_0000 | last : 0x0a00_0000 | last << 8 | 2)
            let router = nat.map { network.addNAT($0, publicAddress: .v4(0xcb00_7100 | last)) }
            hosts.append(network.addHost([ip], behind: router, uplink: link, downlink: link))
            let dtlsRandom = RandomSource.seeded(random.next())
            var configuration = PeerConnection.Configuration(
                isPolite: isPolite, certificate: try Certificate(),
                wallClock: WallClock(reference: now, unixNanoseconds: 1_800_000_000_000_000_000),
                random: .seeded(random.next()), makeDTLSSession: { SimulatedDTLSSession(certificate: $0, random: dtlsRandom) })
            if nat != nil { configuration.stunServers = [TransportAddress(ip: stun, port: 3478)] }
            return End(peer: PeerConnection(configuration), addresses: [TransportAddress(ip: ip, port: 40_000)])
        }
        caller = try makeEnd(1, nat: callerNAT, isPolite: false, network, now)
        callee = try makeEnd(2, nat: calleeNAT, isPolite: true, network, now)
        self.hosts = hosts
        for end in [caller, callee] {
            end.peer.addTransceiver(.audio)
            end.peer.addTransceiver(.video)
        }
    }

    func bindSockets(of end: End) {
        for address in end.addresses { end.peer.handle(.localAddress(address), at: now) }
        end.peer.handle(.localAddressesComplete, at: now)
        drain(end)
    }

    /// Offer and answer at once; candidates take ``signalingDelay``.
    func connect() throws {
        bindSockets(of: caller)
        let offer = try caller.peer.makeOffer(at: now)
        drain(caller)
        bindSockets(of: callee)
        let answer = try callee.peer.acceptOffer(offer, at: now)
        drain(callee)
        if let answer { try caller.peer.acceptAnswer(answer, at: now) }
        drain(caller)
    }

    /// Starts a picture every 33 ms and a packet of sound every 20 ms, both ways.
    func startMedia() {
        nextVideo = now
        nextAudio = now
    }

    func stopMedia() {
        nextVideo = nil
        nextAudio = nil
    }

    /// From now on nothing passes.
    func cutLines() {
        for host in hosts { network.setLinks(of: host, uplink: LinkModel(loss: 1), downlink: LinkModel(loss: 1)) }
    }

    /// Lets virtual time pass.
    func run(for duration: Duration) {
        _ = run(until: now + duration) { false }
    }

    /// Lets time pass until `condition` holds.
    ///
    /// - Returns: how long that took, `nil` if it did not within `limit`.
    @discardableResult
    func run(atMost limit: Duration, until condition: () -> Bool) -> Duration? {
        let start = now
        return run(until: start + limit, or: condition) ? now - start : nil
    }

    private func run(until end: Instant, or condition: () -> Bool) -> Bool {
        while !condition() {
            let due = earliest(
                network.nextArrival, caller.peer.deadline, callee.peer.deadline, nextVideo, nextAudio, caller.signals.first?.at,
                callee.signals.first?.at)
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
            while let signal = end.signals.first, signal.at <= now {
                end.signals.removeFirst()
                other.peer.addRemoteCandidate(
                    signal.candidate?.candidate, mid: signal.candidate?.sdpMid, mLineIndex: signal.candidate?.sdpMLineIndex,
                    usernameFragment: signal.candidate?.usernameFragment, at: now)
                drain(other)
            }
            if let deadline = end.peer.deadline, deadline <= now {
                end.peer.handle(.timeout, at: now)
                drain(end)
            }
        }
        if let due = nextVideo, due <= now {
            nextVideo = due + .microseconds(33_333)
            for end in [caller, callee] { sendPicture(end) }
        }
        if let due = nextAudio, due <= now {
            nextAudio = due + .milliseconds(20)
            for end in [caller, callee] { send([0x78, 1, 2, 3], .audio, end) }
        }
    }

    private func sendPicture(_ end: End) {
        let isKeyFrame = end.wantsKeyFrame && end.peer.state == .connected
        if isKeyFrame { end.wantsKeyFrame = false }
        // What a VP8 frame starts with (RFC 6386 section 9.1): the lowest bit is 0 in key frames; 640x480.
        let header: [UInt8] = isKeyFrame ? [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01] : [0x11, 0, 0]
        end.frameNumber += 1
        let body = [UInt8](repeating: UInt8(truncatingIfNeeded: end.frameNumber), count: isKeyFrame ? 9_000 : 3_000)
        send(header + body, .video, end)
    }

    private func send(_ bytes: [UInt8], _ kind: MediaKind, _ end: End) {
        guard let id = end.transceiver(kind) else { return }
        end.peer.handle(.media(EncodedMedia(bytes: bytes, capturedAt: now), transceiver: id), at: now)
        drain(end)
    }

    func drain(_ end: End) {
        while let output = end.peer.nextOutput() {
            switch output {
            case .transmit(let bytes, let from, let to): network.send(bytes, from: from, to: to, at: now)
            case .candidate(let candidate): end.signals.append((candidate, now + signalingDelay))
            case .state(let state): end.states.append(state)
            case .videoFrame(let frame, _): end.frames.append(frame)
            case .audioPacket(let packet, _): end.audioPackets.append(packet)
            case .keyFrameRequested:
                end.keyFramesRequested += 1
                end.wantsKeyFrame = true
            case .negotiated, .resolve, .senderReport, .maximumBitrate: break
            }
        }
        if let deadline = end.peer.deadline { assert(deadline > now, "a drained machine waits for the past") }
    }
}
