import Wire

/// An internet in virtual time: hosts with their access links, NATs and STUN servers. The same seed gives the same run.
///
/// A packet passes the NAT before its sender's host, the sender's uplink, the NAT of the addressee, and the addressee's
/// downlink. Hosts behind the same NAT reach each other's own addresses over a LAN that is ideal but for 100 us.
/// Addresses must be unique over the whole network, private ones too.
public final class VirtualNetwork {
    public struct HostID: Hashable, Sendable { fileprivate let index: Int }
    public struct NATID: Hashable, Sendable { fileprivate let index: Int }

    /// A datagram that reached its host.
    public struct Arrival: Sendable, Hashable {
        public var bytes: [UInt8]
        /// As the addressee sees it.
        public var from: TransportAddress
        /// The addressee's own address.
        public var to: TransportAddress

        public init(bytes: [UInt8], from: TransportAddress, to: TransportAddress) {
            (self.bytes, self.from, self.to) = (bytes, from, to)
        }
    }

    struct Host {
        var addresses: Set<IPAddress>
        var nat: Int?
        var uplink: Link
        var downlink: Link
        /// Answers STUN Binding requests, and delivers nothing.
        var isSTUNServer = false
        /// Relays, and delivers nothing.
        var turnServer: VirtualTURNServer?
    }

    enum Event {
        /// A packet on the internet, at its addressee's edge.
        case transit(Arrival, realm: Int?)
        case delivery(Arrival)
    }

    /// More is under way only if nobody receives: 65536 packets of 1200 bytes are 10 s of 60 Mbit/s.
    static let maximumUnderway = 65_536
    static let lanDelay = Duration.microseconds(100)

    var hosts: [Host] = []
    var nats: [NAT] = []
    var owners: [IPAddress: Int] = [:]
    private var random: RandomSource
    /// Latest first, so that the next one is taken from the end.
    private var underway: [(time: Instant, event: Event)] = []

    public init(seed: UInt64) {
        random = .seeded(seed)
    }

    // MARK: - What there is

    public func addNAT(_ behavior: NATBehavior, publicAddress: IPAddress) -> NATID {
        nats.append(NAT(behavior, publicAddress: publicAddress, random: .seeded(random.next())))
        return NATID(index: nats.count - 1)
    }

    /// Adds a host. Behind a NAT its IPv4 addresses are translated; IPv6 addresses never are.
    @discardableResult
    public func addHost(
        _ addresses: [IPAddress], behind nat: NATID? = nil, uplink: LinkModel = .ideal, downlink: LinkModel = .ideal
    ) -> HostID {
        hosts.append(
            Host(
                addresses: [], nat: nat?.index, uplink: Link(uplink, random: .seeded(random.next())),
                downlink: Link(downlink, random: .seeded(random.next()))))
        let id = HostID(index: hosts.count - 1)
        for address in addresses { addAddress(address, to: id) }
        return id
    }

    /// A host on the internet that answers Binding requests at every port.
    public func addSTUNServer(_ address: IPAddress) {
        hosts[addHost([address]).index].isSTUNServer = true
    }

    /// A host on the internet that relays for those who know `username` and `password`, at port 3478, and answers Binding
    /// requests there.
    @discardableResult
    public func addTURNServer(_ address: IPAddress, username: String, password: String, uplink: LinkModel = .ideal) -> HostID {
        let host = addHost([address], uplink: uplink)
        hosts[host.index].turnServer = VirtualTURNServer(ip: address, username: username, password: password)
        return host
    }

    /// The relay on a host that ``addTURNServer(_:username:password:uplink:)`` made.
    public subscript(turn host: HostID) -> VirtualTURNServer {
        get {
            guard let server = hosts[host.index].turnServer else { preconditionFailure("there is no TURN server on that host") }
            return server
        }
        set { hosts[host.index].turnServer = newValue }
    }

    public func addAddress(_ address: IPAddress, to host: HostID) {
        hosts[host.index].addresses.insert(address)
        owners[address] = host.index
    }

    /// As when an interface goes down: nothing leaves from the address, and what comes to it is gone.
    public func removeAddress(_ address: IPAddress, from host: HostID) {
        hosts[host.index].addresses.remove(address)
        if owners[address] == host.index { owners[address] = nil }
    }

    /// Changes a host's links from now on; `nil` leaves one as it is.
    public func setLinks(of host: HostID, uplink: LinkModel? = nil, downlink: LinkModel? = nil) {
        if let uplink { hosts[host.index].uplink.model = uplink }
        if let downlink { hosts[host.index].downlink.model = downlink }
    }

    public func setBehavior(_ behavior: NATBehavior, of nat: NATID) {
        nats[nat.index].behavior = behavior
    }

    public func statistics(of host: HostID) -> (uplink: Link.Statistics, downlink: Link.Statistics) {
        (hosts[host.index].uplink.statistics, hosts[host.index].downlink.statistics)
    }

    // MARK: - Packets

    /// Sends a datagram. It vanishes if no host has the address `from`.
    public func send(_ bytes: [UInt8], from: TransportAddress, to: TransportAddress, at now: Instant) {
        route(Arrival(bytes: bytes, from: from, to: to), at: now)
    }

    /// When ``receive(at:)`` is next to be called; it may then still return nothing.
    public var nextArrival: Instant? { underway.last?.time }

    /// A datagram that has arrived by `now`; call it until it returns `nil`.
    public func receive(at now: Instant) -> Arrival? {
        while let next = underway.last, next.time <= now {
            underway.removeLast()
            switch next.event {
            case .transit(let packet, let realm): enter(packet, realm: realm, at: next.time)
            case .delivery(let packet):
                guard let owner = owners[packet.to.ip] else { continue }
                if hosts[owner].turnServer != nil {
                    for answer in hosts[owner].turnServer?.answer(packet, at: next.time) ?? [] { route(answer, at: next.time) }
                    continue
                }
                guard hosts[owner].isSTUNServer else { return packet }
                if let answer = STUNResponder.answer(to: packet.bytes, from: packet.from) {
                    route(Arrival(bytes: answer, from: packet.to, to: packet.from), at: next.time)
                }
            }
        }
        return nil
    }

    func schedule(_ event: Event, at time: Instant) {
        guard underway.count < Self.maximumUnderway else { return }
        // Of events at one time, the one scheduled first comes first.
        var (low, high) = (0, underway.count)
        while low < high {
            let middle = (low + high) / 2
            if underway[middle].time > time { low = middle + 1 } else { high = middle }
        }
        underway.insert((time, event), at: low)
    }
}
