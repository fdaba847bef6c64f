extension JSEPSession {
    /// The sections of an offer that this side can take: known media over secure RTP with rtcp-mux, a codec that it has, and all
    /// in one bundle.
    func acceptableSections(of offer: SessionDescription) -> Set<Int> {
        let possible = offer.media.indices.filter { index in
            let section = offer.media[index]
            let profile = section.transportProtocol.fields("/").last
            return !section.isRejected && section.isRTP && (profile == "SAVPF" || profile == "SAVP") && offer.usesRTCPMux(index)
                && configuration.codecs.contains { $0.payloadType(in: section) != nil }
                && !(position(section: index).map { transceivers[$0].isStopping } ?? false)
        }
        guard let first = offer.transportIndex(among: Set(possible)) else { return [] }
        return Set(possible.filter { $0 == first || (offer.isBundled($0) && offer.isBundled(first)) })
    }

    /// The section whose transport will be used for all if the offer is answered now.
    func transportIndex(ofOffer offer: SessionDescription) -> Int? {
        offer.transportIndex(among: acceptableSections(of: offer).filter { position(section: $0) != nil })
    }

    /// What RFC 9429 section 5.2.2 and RFC 3264 section 8 ask of an offer, given what was agreed on before.
    func checkSections(ofOffer offer: SessionDescription) throws(JSEPError) {
        try checkMids(offer)
        guard let before = currentRemoteDescription else { return }
        guard offer.media.count >= before.media.count else {
            throw JSEPError(
                .invalidDescription, "the offer has \(offer.media.count) sections, there were \(before.media.count) before")
        }
        for (index, section) in before.media.enumerated() {
            let new = offer.media[index]
            if new.media == section.media, new.mid == section.mid || section.mid == nil { continue }
            guard isRecyclable(index) || new.port == 0 else {
                throw JSEPError(
                    .invalidDescription,
                    "section \(index) of the offer is \(name(new)), it was \(name(section)) before and was not rejected since")
            }
        }
    }

    /// Section `index` has been rejected by one side and agreed on by both (RFC 9429 section 5.2.2).
    func isRecyclable(_ index: Int) -> Bool {
        [currentLocalDescription, currentRemoteDescription].contains { description in
            guard let description, index < description.media.count else { return false }
            return description.media[index].isRejected
        }
    }

    func checkSections(ofAnswer answer: SessionDescription, to offer: SessionDescription) throws(JSEPError) {
        try checkMids(answer)
        guard answer.media.count == offer.media.count else {
            throw JSEPError(.invalidDescription, "the answer has \(answer.media.count) sections, the offer has \(offer.media.count)")
        }
        for (index, section) in offer.media.enumerated() {
            let answered = answer.media[index]
            guard answered.media == section.media, answered.mid == section.mid || answered.mid == nil else {
                throw JSEPError(
                    .invalidDescription, "section \(index) of the answer is \(name(answered)), the offer's is \(name(section))")
            }
            if section.isRejected, answered.port != 0 {
                throw JSEPError(.invalidDescription, "the answer takes section \(index), which the offer rejects")
            }
        }
    }

    private func checkMids(_ description: SessionDescription) throws(JSEPError) {
        var seen: Set<String> = []
        for mid in description.media.compactMap(\.mid) where !seen.insert(mid).inserted {
            throw JSEPError(.invalidDescription, "two sections have the mid \(printable(mid, limit: 32))")
        }
    }

    private func name(_ section: MediaDescription) -> String {
        printable(section.media, limit: 32) + (section.mid.map { " with mid " + printable($0, limit: 32) } ?? " without mid")
    }

    func isRestart(_ offer: SessionDescription) -> Bool {
        guard let known = currentRemoteTransport, let index = transportIndex(ofOffer: offer),
            let new = RemoteTransportDescription(offer, section: index)
        else { return false }
        return new.iceUfrag != known.iceUfrag || new.icePassword != known.icePassword
    }

    /// Whether the description names another certificate than the last agreed one.
    func isNewFingerprint(_ description: SessionDescription) -> Bool {
        guard let known = currentRemoteTransport else { return true }
        let fingerprints = description.media.lazy.map { description.fingerprints(of: $0) }.first { !$0.isEmpty }
        return fingerprints.map { Set($0) != Set(known.fingerprints) } ?? false
    }
}

extension SessionDescription {
    /// Whether the section is in the BUNDLE group.
    func isBundled(_ index: Int) -> Bool {
        media[index].mid.map(bundle.contains) ?? false
    }

    /// What says `a=rtcp-mux` may be the first section of the bundle alone (RFC 9143 section 7.1.3).
    func usesRTCPMux(_ index: Int) -> Bool {
        if media[index].usesRTCPMux { return true }
        let tagged = bundle.first.flatMap { self.index(mid: $0) }
        return isBundled(index) && (tagged.map { media[$0].usesRTCPMux } ?? false)
    }
}
