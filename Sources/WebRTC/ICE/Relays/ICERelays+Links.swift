import STUN
import Wire

extension ICERelays {
    // MARK: Beginning

    mutating func add(_ server: TURNServer, at now: Instant) {
        guard servers.count < Self.maximumServers, !servers.contains(where: { $0.server.url == server.url }) else { return }
        var server = server
        server.addresses = Array(server.addresses.prefix(Self.maximumAddresses))
        let rank: UInt16 =
            switch server.transport {
            case .udp: 3
            case .tcp: 2
            case .tls: 1
            }
        servers.append(Server(server: server, preference: rank << 8 - UInt16(servers.count)))
        if server.addresses.isEmpty {
            servers[servers.count - 1].failure = .unreachable("no address is known for its name: check it, and this machine's DNS")
        }
        ask(servers.count - 1, at: now)
    }

    /// Asks a server for an allocation, from everywhere.
    private mutating func ask(_ index: Int, at now: Instant) {
        if servers[index].server.transport == .udp {
            for base in bases { ask(index, from: base, at: now) }
        } else {
            for address in servers[index].server.addresses { openStream(index, to: address, name: nil, at: now) }
        }
    }

    mutating func ask(_ index: Int, from base: TransportAddress, at now: Instant) {
        guard servers[index].server.transport == .udp else {
            // Over streams the system chooses the address; a new one is a new chance.
            let isTried = links.values.contains { $0.server == index }
            if !isTried { ask(index, at: now) }
            return
        }
        for address in servers[index].server.addresses { open(index, from: base, to: address, isRedirected: false, at: now) }
    }

    private mutating func open(
        _ index: Int, from base: TransportAddress, to address: TransportAddress, isRedirected: Bool, at now: Instant
    ) {
        guard base.ip.isIPv6 == address.ip.isIPv6, base.ip.isLoopback == address.ip.isLoopback, !base.ip.isLinkLocal,
            !links.values.contains(where: { $0.socket == base && $0.remote == address })
        else { return }
        add(Link(server: index, way: .socket(base), remote: address, isRedirected: isRedirected, allocation: allocation(index)), at: now)
    }

    private mutating func openStream(_ index: Int, to address: TransportAddress, name: String?, at now: Instant) {
        let id = nextLink
        let link = Link(
            server: index, way: .stream(id, local: nil, TURNStreamDecoder()), remote: address, isRedirected: name != nil,
            allocation: allocation(index))
        guard links.count < Self.maximumLinks else { return }
        nextLink += 1
        links[id] = link
        let server = servers[index].server
        outputs.append(.openStream(id, to: address, isTLS: server.transport == .tls, name: name ?? server.url.host))
    }

    private mutating func add(_ link: Link, at now: Instant) {
        guard links.count < Self.maximumLinks else { return }
        let id = nextLink
        nextLink += 1
        links[id] = link
        handle(.start, link: id, at: now)
    }

    private mutating func allocation(_ index: Int) -> TURNAllocation {
        let server = servers[index].server
        let configuration = TURNAllocation.Configuration(credentials: server.credentials, isReliable: server.transport != .udp)
        return TURNAllocation(configuration: configuration, random: random.fork())
    }

    // MARK: Streams

    mutating func opened(_ id: StreamID, local: TransportAddress, at now: Instant) {
        guard let link = links[id], case .stream(_, _, let decoder) = link.way else {
            outputs.append(.closeStream(id))
            return
        }
        links[id]?.way = .stream(id, local: local, decoder)
        handle(.start, link: id, at: now)
    }

    mutating func received(_ bytes: [UInt8], on id: StreamID, at now: Instant) {
        guard let link = links[id], case .stream(_, let local, var decoder) = link.way else { return }
        decoder.append(bytes)
        var messages: [[UInt8]] = []
        while let message = decoder.next() { messages.append(message) }
        links[id]?.way = .stream(id, local: local, decoder)
        for message in messages { handle(.received(message), link: id, at: now) }
        if decoder.isBroken { drop(id, .notUnderstood, at: now) }
    }

    mutating func closed(_ id: StreamID, _ why: TURNFailure, at now: Instant) {
        drop(id, why, at: now)
    }

    // MARK: Allocations

    mutating func handle(_ input: TURNAllocation.Input, link id: Int, at now: Instant) {
        guard links[id] != nil else { return }
        links[id]?.allocation.handle(input, at: now)
        while let output = links[id]?.allocation.nextOutput() { perform(output, link: id, at: now) }
    }

    private mutating func perform(_ output: TURNAllocation.Output, link id: Int, at now: Instant) {
        guard let link = links[id] else { return }
        switch output {
        case .transmit(let bytes):
            switch link.way {
            case .socket(let base): outputs.append(.transmit(bytes, from: base, to: link.remote))
            case .stream(let id, _, _): outputs.append(.writeStream(id, bytes))
            }
        case .allocated(let relayed, let mapped): allocated(id, relayed, mapped: mapped, at: now)
        case .data(let bytes, let peer):
            guard let relayed = link.relayed.first(where: { $0.ip.isIPv6 == peer.ip.isIPv6 }) else { return }
            outputs.append(.data(bytes, from: peer, to: relayed))
        case .redirected(let address, let name): redirected(id, to: address, name: name, at: now)
        case .failed(let why): drop(id, why, at: now)
        }
    }

    private mutating func allocated(_ id: Int, _ relayed: [TransportAddress], mapped: TransportAddress, at now: Instant) {
        guard let link = links[id] else { return }
        // One is enough: what comes second is given back.
        guard !isAllocated(link.server), !relayed.contains(where: isRelayed) else {
            handle(.release, link: id, at: now)
            return forget(id)
        }
        links[id]?.relayed = relayed
        servers[link.server].failure = nil
        for ip in peers { handle(.permit(ip), link: id, at: now) }
        for address in relayed {
            outputs.append(.relayed(address, mapped: mapped, preference: servers[link.server].preference))
        }
    }

    private mutating func redirected(_ id: Int, to address: TransportAddress, name: String?, at now: Instant) {
        guard let link = links[id] else { return }
        guard !link.isRedirected else { return drop(id, .redirectedTwice, at: now) }
        let host = servers[link.server].server.url.host
        forget(id)
        if let base = link.socket {
            open(link.server, from: base, to: address, isRedirected: true, at: now)
        } else {
            openStream(link.server, to: address, name: name ?? host, at: now)
        }
        if !links.values.contains(where: { $0.server == link.server }) { servers[link.server].failure = .redirectedTwice }
    }

    private mutating func drop(_ id: Int, _ why: TURNFailure, at now: Instant) {
        guard let link = links[id] else { return }
        let (index, wasAllocated) = (link.server, link.isAllocated)
        forget(id)
        failed(index, why, wasAllocated: wasAllocated, at: now)
    }

    /// An allocation that stood and fell is asked for once more at once; what was refused waits for a restart.
    private mutating func failed(_ index: Int, _ why: TURNFailure, wasAllocated: Bool, at now: Instant) {
        guard servers.indices.contains(index) else { return }
        // What a server said tells more than the silence on another of its addresses.
        if servers[index].failure == nil || why != .noAnswer { servers[index].failure = why }
        if wasAllocated { ask(index, at: now) }
    }

    /// Takes a link out, with all that it stood for.
    private mutating func forget(_ id: Int) {
        guard let link = links.removeValue(forKey: id) else { return }
        for address in link.relayed { outputs.append(.relayedGone(address)) }
        if link.stream != nil { outputs.append(.closeStream(id)) }
    }

    // MARK: Changes

    mutating func remove(_ base: TransportAddress, at now: Instant) {
        bases.removeAll { $0 == base }
        for (id, link) in links {
            let isOver: Bool =
                switch link.way {
                case .socket(let local): local == base
                case .stream(_, let local, _): local?.ip == base.ip
                }
            guard isOver else { continue }
            forget(id)
            if !links.values.contains(where: { $0.server == link.server }) { ask(link.server, at: now) }
        }
    }

    mutating func permit(_ ip: IPAddress, at now: Instant) {
        guard !peers.contains(ip), peers.count < TURNAllocation.maximumPermissions else { return }
        peers.append(ip)
        for (id, link) in links where link.isAllocated && link.relayed.contains(where: { $0.ip.isIPv6 == ip.isIPv6 }) {
            handle(.permit(ip), link: id, at: now)
        }
    }

    mutating func restart(at now: Instant) {
        for id in links.keys.sorted() { handle(.check, link: id, at: now) }
        for index in servers.indices where !links.values.contains(where: { $0.server == index }) {
            servers[index].failure = nil
            ask(index, at: now)
        }
    }

    mutating func close(at now: Instant) {
        for id in links.keys.sorted() {
            handle(.release, link: id, at: now)
            if links[id]?.stream != nil { outputs.append(.closeStream(id)) }
        }
        links = [:]
        isClosed = true
    }
}
