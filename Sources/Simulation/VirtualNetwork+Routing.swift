import Wire

extension VirtualNetwork {
    /// From a host to the internet, or over its LAN.
    func route(_ packet: Arrival, at now: Instant) {
        guard let sender = owners[packet.from.ip], packet.from.ip.isIPv6 == packet.to.ip.isIPv6 else { return }
        let nat = hosts[sender].nat
        if let owner = owners[packet.to.ip], owner == sender || (nat != nil && hosts[owner].nat == nat) {
            return schedule(.delivery(packet), at: now + Self.lanDelay)
        }
        var packet = packet
        if let nat, !packet.from.ip.isIPv6 {
            guard let translated = nats[nat].outbound(packet.from, to: packet.to, at: now) else { return }
            packet.from = translated
            if packet.to.ip == nats[nat].publicAddress {
                guard nats[nat].behavior.hairpins else { return }
                return schedule(.transit(packet, realm: nat), at: now + Self.lanDelay)
            }
        } else if packet.from.ip.isLocal {
            return
        }
        for time in hosts[sender].uplink.send(packet.bytes.count, at: now) {
            schedule(.transit(packet, realm: nil), at: time)
        }
    }

    /// From the internet to a host. `realm` is the NAT that the packet turned round in.
    func enter(_ packet: Arrival, realm: Int?, at now: Instant) {
        var packet = packet
        if let nat = nats.firstIndex(where: { $0.publicAddress == packet.to.ip }) {
            guard let local = nats[nat].inbound(packet.from, to: packet.to.port, at: now) else { return }
            packet.to = local
            if realm == nat { return schedule(.delivery(packet), at: now) }
        } else if packet.to.ip.isLocal {
            return
        }
        guard let owner = owners[packet.to.ip] else { return }
        for time in hosts[owner].downlink.send(packet.bytes.count, at: now) {
            schedule(.delivery(packet), at: time)
        }
    }
}

extension IPAddress {
    /// Not routed on the internet: RFC 1918, RFC 6598, link-local, loopback, and unique local addresses (RFC 4193).
    fileprivate var isLocal: Bool {
        if isLoopback || isLinkLocal { return true }
        return switch self {
        case .v4(let value): value >> 24 == 10 || value >> 20 == 0xac1 || value >> 16 == 0xc0a8 || value >> 22 == 0x191
        case .v6(let high, _): high >> 57 == 0xfc >> 1
        }
    }
}
