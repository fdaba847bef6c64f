/// What to do with a candidate that the other side trickled.
public enum CandidateDisposition: Hashable, Sendable {
    /// Hand it to the ICE agent.
    case apply
    /// It belongs to an ignored offer, an older generation, or a section without the transport: forget it.
    case drop
    /// There is no remote description yet: keep it until there is one, and ask again.
    case wait
}

extension JSEPSession {
    /// The other side's transport by the description applied last; `nil` before there is one.
    public var remoteTransport: RemoteTransportDescription? {
        if let offer = pendingRemoteDescription {
            return transportIndex(ofOffer: offer).flatMap { RemoteTransportDescription(offer, section: $0) }
        }
        return currentRemoteTransport
    }

    var currentRemoteTransport: RemoteTransportDescription? {
        guard let currentRemoteDescription, let currentTransportIndex else { return nil }
        return RemoteTransportDescription(currentRemoteDescription, section: currentTransportIndex)
    }

    /// This side's ICE credentials as agreed on last; `nil` before the first answer.
    public var currentLocalCredentials: (ufrag: String, password: String)? {
        guard let local = currentLocalDescription, let index = currentTransportIndex, index < local.media.count else { return nil }
        guard let ufrag = local.iceUfrag(of: local.media[index]), let password = local.icePassword(of: local.media[index]) else {
            return nil
        }
        return (ufrag, password)
    }

    /// The section that carries the transport: what to name in the local candidates that are trickled.
    public var transportSection: (mid: String?, mLineIndex: Int)? {
        let index: Int?
        if let offer = pendingLocalDescription {
            index = offer.transportIndex(among: Set(offer.media.indices.filter { !offer.media[$0].isRejected }))
        } else if let offer = pendingRemoteDescription {
            index = transportIndex(ofOffer: offer)
        } else {
            index = currentTransportIndex
        }
        guard let index, let description = localDescription ?? remoteDescription, index < description.media.count else { return nil }
        return (description.media[index].mid, index)
    }

    /// What to do with a candidate, by the members of its RTCIceCandidateInit.
    public func disposition(ofCandidateFor mid: String?, mLineIndex: Int?, usernameFragment: String?) -> CandidateDisposition {
        guard let transport = remoteTransport else { return ignoredUfrags == nil ? .wait : .drop }
        if let usernameFragment {
            if usernameFragment != transport.iceUfrag { return .drop }
        } else if let ignoredUfrags, !ignoredUfrags.contains(transport.iceUfrag) {
            return .drop
        }
        if let mid { return transport.mid == nil || mid == transport.mid ? .apply : .drop }
        if let mLineIndex { return mLineIndex == transport.mLineIndex ? .apply : .drop }
        return .apply
    }
}
