import ICE
import STUN
import Testing
import Wire

/// How a NAT chooses and filters mappings (RFC 4787 sections 4.1 and 5, in the old names).
enum NATKind: String, CaseIterable {
    case fullCone, restricted, portRestricted, symmetric
}

/// A NAT with one public address.
final class NAT {
    private struct Mapping {
        var inside: TransportAddress
        var outside: TransportAddress
        /// Symmetric NATs only: whom the mapping is for.
        var destination: TransportAddress?
        var contacted: Set<TransportAddress> = []
    }

    let kind: NATKind
    let publicIP: IPAddress
    private var mappings: [Mapping] = []

    init(_ kind: NATKind, publicIP: String) {
        self.kind = kind
        self.publicIP = address(publicIP, 0).ip
    }

    func outbound(from inside: TransportAddress, to destination: TransportAddress) -> TransportAddress {
        let index =
            mappings.firstIndex { $0.inside == inside && (kind != .symmetric || $0.destination == destination) }
            ?? {
                let outside = TransportAddress(ip: publicIP, port: UInt16(40000 + mappings.count))
                mappings.append(Mapping(inside: inside, outside: outside, destination: kind == .symmetric ? destination : nil))
                return mappings.count - 1
            }()
        mappings[index].contacted.insert(destination)
        return mappings[index].outside
    }

    func inbound(from source: TransportAddress, to outside: TransportAddress) -> TransportAddress? {
        guard let mapping = mappings.first(where: { $0.outside == outside }) else { return nil }
        let passes =
            switch kind {
            case .fullCone: true
            case .restricted: mapping.contacted.contains { $0.ip == source.ip }
            case .portRestricted, .symmetric: mapping.contacted.contains(source)
            }
        return passes ? mapping.inside : nil
    }
}

func address(_ ip: String, _ port: UInt16) -> TransportAddress {
    guard let address = TransportAddress(ip, port: port) else { preconditionFailure("\(ip) is no address") }
    return address
}

/// Agents, NATs and STUN servers in virtual time.
final class Network {
    private struct Event {
        var time: Instant
        var order: Int
        var action: () -> Void
    }

    struct Packet {
        var bytes: [UInt8]
        var from: TransportAddress
        var to: TransportAddress
        var at: Instant
    }

    private(set) var now = Instant.zero
    private var random: RandomSource
    private var events: [Event] = []
    private var order = 0
    var latency = Duration.milliseconds(1)
    var jitter = Duration.zero
    var loss = 0.0
    /// Packets for which this returns true are lost.
    var drops: (Packet) -> Bool = { _ in false }
    private(set) var peers: [Peer] = []
    private var servers: Set<TransportAddress> = []
    private(set) var sent: [Packet] = []

    init(seed: UInt64 = 1) {
        random = .seeded(seed)
    }

    func addPeer(
        _ role: ICERole, _ addresses: [TransportAddress], nat: NAT? = nil, configuration: ICEConfiguration = ICEConfiguration()
    ) -> Peer {
        var seeded = RandomSource.seeded(random.next())
        let credentials = ICECredentials(random: &seeded)
        let agent = ICEAgent(role: role, credentials: credentials, random: seeded, configuration: configuration)
        let peer = Peer(agent: agent, addresses: addresses, nat: nat, network: self)
        peers.append(peer)
        return peer
    }

    func addServer(_ address: TransportAddress) {
        servers.insert(address)
    }

    func schedule(after delay: Duration, _ action: @escaping () -> Void) {
        order += 1
        events.append(Event(time: now + delay, order: order, action: action))
    }

    func send(_ bytes: [UInt8], from: TransportAddress, to: TransportAddress, by peer: Peer?) {
        let packet = Packet(bytes: bytes, from: from, to: to, at: now)
        sent.append(packet)
        var source = from
        // Hosts behind one NAT reach each other directly.
        let isLocal = peers.contains { $0.addresses.contains(to) && $0.nat === peer?.nat }
        if let nat = peer?.nat, !isLocal { source = nat.outbound(from: from, to: to) }
        if drops(packet) || Double.random(in: 0..<1, using: &random) < loss { return }
        let extra = jitter > .zero ? Duration.nanoseconds(Int64.random(in: 0..<jitter.nanoseconds, using: &random)) : .zero
        schedule(after: latency + extra) { [self] in deliver(bytes, from: source, to: to, isLocal: isLocal, by: peer) }
    }

    private func deliver(_ bytes: [UInt8], from: TransportAddress, to: TransportAddress, isLocal: Bool, by sender: Peer?) {
        if servers.contains(to) {
            guard let request = try? STUNMessage(parsing: bytes) else { return }
            var response = request.response(.successResponse)
            response.attributes = [.xorMappedAddress(from, transactionID: request.transactionID)]
            return send(response.encoded(), from: to, to: from, by: nil)
        }
        for peer in peers {
            if peer.addresses.contains(to), peer.nat == nil || isLocal && peer.nat === sender?.nat {
                return peer.handle(.datagram(bytes, from: from, to: to))
            }
            if let nat = peer.nat, nat.publicIP == to.ip {
                guard let inside = nat.inbound(from: from, to: to) else { return }
                for host in peers where host.nat === nat && host.addresses.contains(inside) {
                    host.handle(.datagram(bytes, from: from, to: inside))
                }
                return
            }
        }
    }

    /// Lets time pass until the condition holds.
    ///
    /// - Returns: whether it came to hold.
    @discardableResult
    func run(for limit: Duration, until condition: () -> Bool = { false }) -> Bool {
        let end = now + limit
        while !condition() {
            let event = events.indices.min { (events[$0].time, events[$0].order) < (events[$1].time, events[$1].order) }
            let timer = peers.compactMap { peer in peer.agent.deadline.map { ($0, peer) } }.min { $0.0 < $1.0 }
            let next = earliest(event.map { events[$0].time }, timer?.0)
            guard let next, next <= end else {
                now = end
                return condition()
            }
            now = max(now, next)
            if let event, events[event].time <= next {
                events.remove(at: event).action()
            } else if let timer {
                timer.1.handle(.timeout)
            }
        }
        return true
    }
}
