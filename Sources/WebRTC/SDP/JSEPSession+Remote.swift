extension JSEPSession {
    /// Applies the other side's description (RFC 9429 section 5.10).
    ///
    /// A colliding offer is taken or ignored as perfect negotiation says; a second offer replaces one that was not answered
    /// yet. An answer ends the negotiation: the change names the transceivers to set up.
    @discardableResult
    public mutating func setRemote(_ type: SDPType, _ description: SessionDescription) throws(JSEPError) -> NegotiationChange {
        var next = self
        var change = NegotiationChange()
        switch type {
        case .offer: try next.applyRemoteOffer(description, &change)
        case .answer: try next.applyRemoteAnswer(description, &change)
        }
        self = next
        return change
    }

    private mutating func applyRemoteOffer(_ offer: SessionDescription, _ change: inout NegotiationChange) throws(JSEPError) {
        try require(.stable, .haveLocalOffer, .haveRemoteOffer, for: "take an offer")
        if signalingState == .haveLocalOffer, !configuration.isPolite {
            ignoredUfrags = Set(offer.media.compactMap { offer.iceUfrag(of: $0) })
            change.isIgnored = true
            return
        }
        let known = remoteTransport
        if signalingState != .stable {
            change.isRolledBack = signalingState == .haveLocalOffer
            change.removed = takeOfferBack()
        }
        try checkSections(ofOffer: offer)
        beforeOffer = associations
        for index in offer.media.indices {
            if let position = position(section: index) {
                if transceivers[position].mid == offer.media[index].mid { continue }
                transceivers[position].mid = nil
                transceivers[position].mLineIndex = nil
            }
        }
        for index in acceptableSections(of: offer).sorted() where position(section: index) == nil {
            try associate(section: index, of: offer, &change)
        }
        beforeOffer?.added = Set(change.added)
        pendingRemoteDescription = offer
        signalingState = .haveRemoteOffer
        try noteTransport(of: offer, transportIndex(ofOffer: offer), since: known, &change)
        if let dtlsRole, let remote = remoteTransport?.setup, !isNewFingerprint(offer), remote.rawValue == dtlsRole.rawValue {
            throw JSEPError(.invalidDescription, "the offer swaps the DTLS roles of a connection that is up")
        }
    }

    private mutating func associate(
        section index: Int, of offer: SessionDescription, _ change: inout NegotiationChange
    ) throws(JSEPError) {
        let section = offer.media[index]
        guard let kind = MediaKind(rawValue: section.media) else { return }
        var position = transceivers.firstIndex { $0.mLineIndex == nil && !$0.isStopping && $0.kind == kind }
        if position == nil {
            guard let id = addTransceiver(kind: kind, direction: .recvonly, sender: nil) else {
                throw JSEPError(.invalidDescription, "the offer needs more than \(SDPLimits.mediaSections) transceivers")
            }
            change.added.append(id)
            position = transceivers.count - 1
        }
        guard let position else { return }
        transceivers[position].mid = section.mid
        transceivers[position].mLineIndex = index
    }

    private mutating func applyRemoteAnswer(_ answer: SessionDescription, _ change: inout NegotiationChange) throws(JSEPError) {
        try require(.haveLocalOffer, for: "take an answer")
        guard let offer = pendingLocalDescription else { throw JSEPError(.invalidState, "no offer waits for an answer") }
        let known = remoteTransport
        try checkSections(ofAnswer: answer, to: offer)
        let accepted = Set(answer.media.indices.filter { answer.media[$0].port != 0 })
        let transport = answer.transportIndex(among: accepted)
        if accepted.count > 1, let outside = accepted.sorted().first(where: { !answer.isBundled($0) }) {
            throw JSEPError(.invalidDescription, "the answer leaves section \(outside) out of the bundle")
        }
        if let transport, !answer.usesRTCPMux(transport) {
            throw JSEPError(.invalidDescription, "section \(transport) of the answer lacks rtcp-mux")
        }
        try noteTransport(of: answer, transport, since: known, &change)
        var role: SetupRole?
        if let transport { role = try self.role(whenAnswered: answer.setup(of: answer.media[transport])) }
        if let dtlsRole, let role, role != dtlsRole, !change.isNewFingerprint {
            throw JSEPError(.invalidDescription, "the answer swaps the DTLS roles of a connection that is up")
        }
        try settle(local: offer, remote: answer, transport: transport, role: role, accepted, &change)
    }

    /// This side's role by what an answer says of the other's (RFC 8842 section 5.2); active is the default of RFC 4145.
    private func role(whenAnswered answered: SetupRole?) throws(JSEPError) -> SetupRole {
        switch answered {
        case .active, nil: return .passive
        case .passive: return .active
        case .actpass, .holdconn: throw JSEPError(.invalidDescription, "the answer must choose setup active or passive")
        }
    }

    private mutating func noteTransport(
        of description: SessionDescription, _ index: Int?, since known: RemoteTransportDescription?, _ change: inout NegotiationChange
    ) throws(JSEPError) {
        ignoredUfrags = nil
        guard let index else { return }
        guard let transport = RemoteTransportDescription(description, section: index) else {
            throw JSEPError(.invalidDescription, "section \(index) has no ICE credentials or no fingerprint")
        }
        guard let known else {
            change.remoteTransport = transport
            return
        }
        change.isRemoteICERestart = transport.iceUfrag != known.iceUfrag || transport.icePassword != known.icePassword
        change.isNewFingerprint = Set(transport.fingerprints) != Set(known.fingerprints)
        var unchanged = known
        unchanged.setup = transport.setup
        if transport != unchanged { change.remoteTransport = transport }
    }
}
