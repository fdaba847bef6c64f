extension JSEPSession {
    /// Applies a description that ``createOffer(_:)`` or ``createAnswer(_:)`` has made (RFC 9429 section 5.9).
    ///
    /// An answer ends the negotiation: the change names the transceivers to set up.
    @discardableResult
    public mutating func setLocal(_ type: SDPType, _ description: SessionDescription) throws(JSEPError) -> NegotiationChange {
        var next = self
        var change = NegotiationChange()
        switch type {
        case .offer: try next.applyLocalOffer(description)
        case .answer: try next.applyLocalAnswer(description, &change)
        }
        self = next
        return change
    }

    private mutating func applyLocalOffer(_ offer: SessionDescription) throws(JSEPError) {
        try require(.stable, .haveLocalOffer, for: "apply a local offer")
        if beforeOffer == nil { beforeOffer = associations }
        for (index, section) in offer.media.enumerated() where !section.isRejected {
            if let position = position(section: index), transceivers[position].mid == section.mid { continue }
            let free = transceivers.firstIndex { $0.mLineIndex == nil && !$0.isStopping && $0.kind.rawValue == section.media }
            guard let free, let mid = section.mid else {
                throw JSEPError(.invalidArgument, "section \(index) of the local offer belongs to no transceiver: make a new offer")
            }
            transceivers[free].mid = mid
            transceivers[free].mLineIndex = index
            if let number = decimal(mid, as: UInt32.self) { nextMID = max(nextMID, Int(number) + 1) }
        }
        pendingLocalDescription = offer
        signalingState = .haveLocalOffer
    }

    private mutating func applyLocalAnswer(_ answer: SessionDescription, _ change: inout NegotiationChange) throws(JSEPError) {
        try require(.haveRemoteOffer, for: "apply a local answer")
        guard let offer = pendingRemoteDescription, answer.media.count == offer.media.count else {
            throw JSEPError(.invalidArgument, "the local answer does not fit the offer: make a new answer")
        }
        let accepted = Set(answer.media.indices.filter { answer.media[$0].port != 0 })
        let transport = answer.transportIndex(among: accepted)
        let role = transport.flatMap { answer.setup(of: answer.media[$0]) }
        try settle(local: answer, remote: offer, transport: transport, role: role, accepted, &change)
    }

    /// Ends a negotiation: both descriptions become current, and each transceiver learns what was agreed on.
    mutating func settle(
        local: SessionDescription, remote: SessionDescription, transport: Int?, role: SetupRole?, _ accepted: Set<Int>,
        _ change: inout NegotiationChange
    ) throws(JSEPError) {
        for index in local.media.indices {
            guard let position = position(section: index) else { continue }
            let id = transceivers[position].id
            guard accepted.contains(index) else {
                transceivers.remove(at: position)
                change.removed.append(id)
                continue
            }
            let negotiated = NegotiatedMedia(local: local, remote: remote, section: index, codecs: configuration.codecs)
            guard let negotiated else {
                throw JSEPError(.invalidDescription, "section \(index) (\(local.media[index].media)) shares no codec with this side's")
            }
            if transceivers[position].negotiated != negotiated { change.changed.append(id) }
            transceivers[position].negotiated = negotiated
            transceivers[position].currentDirection = MediaDirection(send: negotiated.canSend, receive: negotiated.canReceive)
        }
        if let role, role != dtlsRole || isNewFingerprint(remote) { change.dtlsRole = role }
        change.isTransportClosed = transport == nil && currentTransportIndex != nil
        dtlsRole = role
        currentTransportIndex = transport
        currentAnswerIsLocal = signalingState == .haveRemoteOffer
        currentLocalDescription = local
        currentRemoteDescription = remote
        pendingLocalDescription = nil
        pendingRemoteDescription = nil
        beforeOffer = nil
        signalingState = .stable
        if currentLocalCredentials?.ufrag != ufragToReplace { ufragToReplace = nil }
    }

    /// Which sections the transceivers are tied to now.
    var associations: Associations {
        var result = Associations()
        for transceiver in transceivers {
            result.mids[transceiver.id] = transceiver.mid
            result.indices[transceiver.id] = transceiver.mLineIndex
        }
        return result
    }
}
