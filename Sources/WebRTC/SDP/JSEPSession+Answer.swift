extension JSEPSession {
    /// Answers the pending remote offer (RFC 9429 section 5.3). Nothing is changed until ``setLocal(_:_:)`` takes it.
    ///
    /// Sections that carry nothing known, and those whose transceiver was stopped, are rejected. `transport` must have new
    /// credentials if the offer restarts ICE, else those of ``currentLocalCredentials`` if there are any (RFC 8839 section 4.4.3).
    public mutating func createAnswer(_ transport: LocalTransportDescription) throws(JSEPError) -> SessionDescription {
        try require(.haveRemoteOffer, for: "make an answer")
        guard let offer = pendingRemoteDescription else { throw JSEPError(.invalidState, "there is no offer to answer") }
        if let current = currentLocalCredentials {
            let isNew = transport.iceUfrag != current.ufrag || transport.icePassword != current.password
            if isRestart(offer), !isNew { throw JSEPError(.invalidArgument, "the offer restarts ICE: pass new credentials") }
            if !isRestart(offer), isNew {
                throw JSEPError(.invalidArgument, "the offer does not restart ICE: pass the current credentials")
            }
        }
        let accepted = acceptableSections(of: offer).filter { position(section: $0) != nil }
        let first = offer.transportIndex(among: accepted)
        let setup = try answeredSetup(offer, first)
        let bundle = offer.bundle.filter { mid in offer.index(mid: mid).map(accepted.contains) ?? false }
        var result = sessionPart(bundle: bundle, allowsMixedExtensions: offer.has("extmap-allow-mixed"))
        for (index, offered) in offer.media.enumerated() {
            if accepted.contains(index), let position = position(section: index) {
                let content = answered(transceivers[position], to: offered, in: offer, setup)
                result.media.append(section(content, transport, carriesTransport: index == first))
            } else {
                result.media.append(rejectedSection(like: offered))
            }
        }
        return result
    }

    private func answered(
        _ transceiver: Transceiver, to offered: MediaDescription, in offer: SessionDescription, _ setup: SetupRole
    ) -> SectionContent {
        var codecs: [SectionCodec] = []
        for configuration in configuration.codecs {
            guard let type = configuration.payloadType(in: offered) else { continue }
            let feedback = offered.feedback(type)
            codecs.append(
                SectionCodec(
                    configuration: configuration, payloadType: type,
                    rtxPayloadType: configuration.rtxPayloadType == nil ? nil : offered.retransmissionType(of: type),
                    redPayloadType: configuration.redPayloadType == nil ? nil : offered.redundancyType(of: type),
                    feedback: configuration.feedback.filter { feedback.contains($0.rawValue) }))
        }
        let order = offered.payloadTypes
        codecs.sort { left, right in
            (order.firstIndex(of: left.payloadType) ?? 0) < (order.firstIndex(of: right.payloadType) ?? 0)
        }
        let extensions = offered.extensionMaps.compactMap { map -> ExtensionMap? in
            guard let known = HeaderExtension(rawValue: map.uri), configuration.headerExtensions.contains(known), map.id <= 255 else {
                return nil
            }
            return ExtensionMap(id: map.id, direction: map.direction?.reversed, uri: map.uri)
        }
        return SectionContent(
            kind: transceiver.kind, transportProtocol: offered.transportProtocol, mid: offered.mid,
            direction: transceiver.writtenDirection.intersection(offer.direction(of: offered).reversed), codecs: codecs,
            extensions: extensions, allowsMixedExtensions: offered.has("extmap-allow-mixed"),
            isReducedSizeRTCP: offered.usesReducedSizeRTCP, sender: transceiver.sender, setup: setup)
    }

    /// Active where the offer leaves the choice: our ClientHello is small, and leaves as soon as a pair works. A role
    /// once taken stays (RFC 8842 section 5.3).
    private func answeredSetup(_ offer: SessionDescription, _ index: Int?) throws(JSEPError) -> SetupRole {
        guard let index else { return .active }
        switch RemoteTransportDescription(offer, section: index)?.setup {
        case .active: return .passive
        case .passive: return .active
        case .actpass, .holdconn, nil: return isNewFingerprint(offer) ? .active : dtlsRole ?? .active
        }
    }
}

extension SessionDescription {
    /// The section that carries the transport if those of `accepted` are: the first of the bundle, or of all.
    func transportIndex(among accepted: Set<Int>) -> Int? {
        for mid in bundle {
            if let index = index(mid: mid), accepted.contains(index) { return index }
        }
        return accepted.min()
    }
}
