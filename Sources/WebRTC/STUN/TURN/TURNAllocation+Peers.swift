import Wire

extension TURNAllocation {
    // MARK: Data

    /// Sends a datagram to a peer: over its channel, or as an indication while there is none.
    ///
    /// Data that is not STUN has come to stay: its peer gets a channel, which saves 32 bytes a packet.
    mutating func send(_ bytes: [UInt8], to peer: TransportAddress, at now: Instant) {
        guard state == .allocated else { return }
        permit(peer.ip, at: now)
        guard let permission = permissions[peer.ip], !permission.isDenied else { return }
        guard permission.isGranted else {
            if permission.waiting.count < Self.maximumWaiting { permissions[peer.ip]?.waiting.append((bytes, peer)) }
            return
        }
        permissions[peer.ip]?.lastUsed = now
        if !STUNMessage.isSTUN(bytes) { bindChannel(to: peer, at: now) }
        if let channel = channels[peer], channel.isBound {
            let message = ChannelData(channel: channel.number, data: bytes)
            outputs.append(.transmit(message.encoded(isPadded: configuration.isReliable)))
        } else {
            let id = STUNTransactionID(random: &random)
            let message = STUNMessage(
                .indication, method: .send, transactionID: id, attributes: [.xorPeerAddress(peer, transactionID: id), .data(bytes)])
            outputs.append(.transmit(message.encoded(fingerprint: false)))
        }
    }

    mutating func deliver(_ bytes: [UInt8], from peer: TransportAddress, at now: Instant) {
        permissions[peer.ip]?.lastUsed = now
        outputs.append(.data(bytes, from: peer))
    }

    // MARK: Permissions

    mutating func permit(_ ip: IPAddress, at now: Instant) {
        guard permissions[ip] == nil else { return }
        if permissions.count >= Self.maximumPermissions {
            guard let oldest = permissions.min(by: { $0.value.lastUsed < $1.value.lastUsed })?.key else { return }
            permissions[oldest] = nil
        }
        permissions[ip] = Permission(lastUsed: now)
        request(.permission(ip), at: now)
    }

    mutating func granted(_ ip: IPAddress, at now: Instant) {
        guard let permission = permissions[ip] else { return }
        permissions[ip]?.isGranted = true
        permissions[ip]?.refresh = now + Self.permissionRefresh
        permissions[ip]?.waiting = []
        for (bytes, peer) in permission.waiting { send(bytes, to: peer, at: now) }
    }

    /// The server lets nobody talk to that address: it stays so for the allocation's life.
    mutating func deny(_ ip: IPAddress) {
        permissions[ip]?.isDenied = true
        permissions[ip]?.isGranted = false
        permissions[ip]?.refresh = nil
        permissions[ip]?.waiting = []
    }

    // MARK: Channels

    private mutating func bindChannel(to peer: TransportAddress, at now: Instant) {
        if channels[peer] != nil {
            channels[peer]?.lastUsed = now
            return
        }
        // A number is not given to another peer while the server may remember the first (RFC 8656 section 12): there are 4096.
        guard channels.count < Self.maximumChannels, ChannelData.channels.contains(nextChannel) else { return }
        channels[peer] = Channel(number: nextChannel, lastUsed: now)
        peers[nextChannel] = peer
        request(.channel(nextChannel, peer), at: now)
        nextChannel += 1
    }

    // MARK: Time

    /// Renews what is in use, and lets go of what is not.
    mutating func keepAlive(at now: Instant) {
        guard state == .allocated else { return }
        if let refreshAt, refreshAt <= now { refresh(at: now) }
        for (ip, permission) in permissions {
            guard let refresh = permission.refresh, refresh <= now else { continue }
            if now - permission.lastUsed < Self.permissionUse {
                permissions[ip]?.refresh = nil
                request(.permission(ip), at: now)
            } else {
                permissions[ip] = nil
            }
        }
        for (peer, channel) in channels {
            guard let refresh = channel.refresh, refresh <= now else { continue }
            if now - channel.lastUsed < Self.permissionUse {
                channels[peer]?.refresh = nil
                request(.channel(channel.number, peer), at: now)
            } else {
                // It expires at the server, which until then may still use it: its number goes on to mean this peer.
                channels[peer] = nil
            }
        }
    }
}
