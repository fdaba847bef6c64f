import STUN
import Wire

/// A candidate of this end and the socket behind it.
struct ICELocalCandidate: Sendable {
    /// Without user fragment: that belongs to the generation.
    var candidate: ICECandidate
    var address: TransportAddress
    /// The address of the socket.
    var base: TransportAddress
    var localPreference: UInt16

    /// What a candidate found through a check from here is to have (RFC 8445 section 7.1.1).
    var peerReflexivePriority: UInt32 {
        ICECandidate.priority(.peerReflexive, localPreference: localPreference)
    }
}

/// Finds the candidates of this end: its sockets, and what STUN servers see of them (RFC 8445 section 5.1.1).
struct ICEGatherer: Sendable {
    private struct ServerRequest: Sendable {
        var id: STUNTransactionID
        var bytes: [UInt8]
        var base: TransportAddress
        var server: TransportAddress
        var sends = 0
        var nextSend: Instant
        var expires: Instant
    }

    private struct FoundationKey: Hashable, Sendable {
        var type: ICECandidateType
        var base: IPAddress
        var server: IPAddress?
    }

    private(set) var candidates: [ICELocalCandidate] = []
    private(set) var servers: [TransportAddress] = []
    /// What servers said of the sockets, and of themselves.
    private(set) var mappings: [ICEMapping] = []
    private var requests: [ServerRequest] = []
    private var nextStart: Instant?
    private var foundations: [FoundationKey: Int] = [:]
    /// The driver has named all its sockets.
    private(set) var hasAllAddresses = false
    /// Relayed candidates may come yet.
    var awaitsRelays = false

    var hosts: [ICELocalCandidate] { candidates.filter { $0.candidate.type == .host } }
    /// No more candidates are to come.
    var isComplete: Bool { hasAllAddresses && requests.isEmpty && !awaitsRelays }
    /// What pairs are made of: sockets, and the addresses that relays have for this end (RFC 8445 section 6.1.2.4).
    var bases: [ICELocalCandidate] { candidates.filter { $0.address == $0.base } }
    var deadline: Instant? { requests.map { min($0.nextSend, $0.expires) }.min() }

    func base(at address: TransportAddress) -> ICELocalCandidate? {
        candidates.first { $0.address == address && $0.base == address }
    }

    private func host(at address: TransportAddress) -> ICELocalCandidate? {
        candidates.first { $0.address == address && $0.candidate.type == .host }
    }

    /// The candidate that a peer or server saw us at.
    func candidate(at address: TransportAddress, base: TransportAddress) -> ICELocalCandidate? {
        candidates.first { $0.address == address && $0.base == base }
    }

    private mutating func foundation(_ type: ICECandidateType, base: IPAddress, server: IPAddress? = nil) -> String {
        let key = FoundationKey(type: type, base: base, server: server)
        let number = foundations[key] ?? foundations.count + 1
        foundations[key] = number
        return String(number)
    }

    /// - Returns: the new host candidate; `nil` if the address is known, unusable, or one too many.
    mutating func addHost(
        _ address: TransportAddress, preference: UInt16?, at now: Instant, configuration: ICEConfiguration, random: inout RandomSource
    ) -> ICELocalCandidate? {
        guard host(at: address) == nil, !address.ip.isUnspecified, address.port != 0, hosts.count < configuration.maximumLocalAddresses
        else { return nil }
        let preference = preference ?? defaultPreference(address.ip)
        let candidate = ICECandidate(
            foundation: foundation(.host, base: address.ip), priority: ICECandidate.priority(.host, localPreference: preference),
            address: .ip(address), type: .host)
        let local = ICELocalCandidate(candidate: candidate, address: address, base: address, localPreference: preference)
        candidates.append(local)
        for server in servers { request(from: address, to: server, at: now, configuration, &random) }
        return local
    }

    /// An address that a relay has for this end is its own base (RFC 8445 section 5.1.1.2).
    ///
    /// - Returns: the new candidate; `nil` if the address is known.
    mutating func addRelayed(
        _ address: TransportAddress, mapped: TransportAddress, preference: UInt16, configuration: ICEConfiguration
    ) -> ICELocalCandidate? {
        let count = candidates.count { $0.candidate.type == .relayed }
        guard base(at: address) == nil, count < configuration.maximumLocalAddresses else { return nil }
        let candidate = ICECandidate(
            foundation: foundation(.relayed, base: address.ip), priority: ICECandidate.priority(.relayed, localPreference: preference),
            address: .ip(address), type: .relayed, related: mapped)
        let local = ICELocalCandidate(candidate: candidate, address: address, base: address, localPreference: preference)
        candidates.append(local)
        return local
    }

    /// The families alternate, IPv6 first (RFC 8421); addresses of narrow scope come last, the narrowest behind.
    private func defaultPreference(_ ip: IPAddress) -> UInt16 {
        let before = hosts.count { $0.address.ip.isIPv6 == ip.isIPv6 }
        let scope: UInt16 = ip.isLoopback ? 0x2000 : ip.isLinkLocal ? 0x4000 : 0xffff
        return scope - UInt16(clamping: before * 2 + (ip.isIPv6 ? 0 : 1))
    }

    mutating func addServer(
        _ server: TransportAddress, at now: Instant, configuration: ICEConfiguration, random: inout RandomSource
    ) {
        guard !servers.contains(server), servers.count < configuration.maximumServers, server.port != 0 else { return }
        servers.append(server)
        for host in hosts { request(from: host.address, to: server, at: now, configuration, &random) }
    }

    private mutating func request(
        from base: TransportAddress, to server: TransportAddress, at now: Instant, _ configuration: ICEConfiguration,
        _ random: inout RandomSource
    ) {
        guard base.ip.isIPv6 == server.ip.isIPv6, base.ip.isLoopback == server.ip.isLoopback, !base.ip.isLinkLocal else { return }
        let id = STUNTransactionID(random: &random)
        let start = nextStart.map { max(now, $0) } ?? now
        nextStart = start + configuration.pacing
        requests.append(
            ServerRequest(
                id: id, bytes: STUNMessage(.request, transactionID: id).encoded(), base: base, server: server, nextSend: start,
                expires: now + configuration.gatheringTimeout))
    }

    mutating func setHasAllAddresses() {
        hasAllAddresses = true
    }

    /// Drops a socket's candidates.
    mutating func remove(_ address: TransportAddress) {
        candidates.removeAll { $0.base == address }
        requests.removeAll { $0.base == address }
    }

    /// Asks the servers again, for a new generation: the network may have changed.
    mutating func restart(at now: Instant, configuration: ICEConfiguration, random: inout RandomSource) {
        candidates.removeAll { $0.candidate.type == .serverReflexive }
        requests = []
        for host in hosts {
            for server in servers { request(from: host.address, to: server, at: now, configuration, &random) }
        }
    }

    /// Sends what is due, and gives up on servers that never answered.
    mutating func advance(at now: Instant, _ configuration: ICEConfiguration, transmit: (ICEAgent.Output) -> Void) {
        requests.removeAll { $0.expires <= now }
        for index in requests.indices where requests[index].nextSend <= now {
            let request = requests[index]
            transmit(.transmit(request.bytes, from: request.base, to: request.server))
            requests[index].sends += 1
            // RFC 8489 section 6.2.1: RTO is 500 ms, doubled each time, Rc times.
            let isLast = request.sends + 1 >= configuration.maximumSends
            requests[index].nextSend = isLast ? request.expires : now + .milliseconds(500 << request.sends)
        }
    }

    enum Answer {
        case notOurs
        case nothingNew
        case candidate(ICELocalCandidate)
    }

    /// Takes a response that may come from a STUN server.
    mutating func handle(_ message: STUNMessage, from server: TransportAddress, to base: TransportAddress) -> Answer {
        guard let index = requests.firstIndex(where: { $0.id == message.transactionID }) else { return .notOurs }
        guard requests[index].server == server, requests[index].base == base else { return .nothingNew }
        requests.remove(at: index)
        if let mapped = message.mappedAddress, message.messageClass == .successResponse {
            mappings.removeAll { $0.base == base && $0.server == server }
            mappings.append(ICEMapping(base: base, server: server, mapped: mapped, otherAddress: message.otherAddress))
        }
        guard message.messageClass == .successResponse, let mapped = message.mappedAddress, let host = host(at: base),
            candidate(at: mapped, base: base) == nil, mapped.ip.isIPv6 == base.ip.isIPv6, !mapped.ip.isUnspecified, mapped.port != 0
        else { return .nothingNew }
        let candidate = ICECandidate(
            foundation: foundation(.serverReflexive, base: base.ip, server: server.ip),
            priority: ICECandidate.priority(.serverReflexive, localPreference: host.localPreference),
            address: .ip(mapped), type: .serverReflexive, related: base)
        let local = ICELocalCandidate(candidate: candidate, address: mapped, base: base, localPreference: host.localPreference)
        candidates.append(local)
        return .candidate(local)
    }

    /// A candidate that a peer's response revealed (RFC 8445 section 7.2.5.3.1).
    mutating func peerReflexive(at address: TransportAddress, of host: ICELocalCandidate) -> ICECandidate {
        ICECandidate(
            foundation: foundation(.peerReflexive, base: host.base.ip), priority: host.peerReflexivePriority,
            address: .ip(address), type: .peerReflexive, related: host.base)
    }
}
