extension JSEPSession {
    /// Whether an offer should be made now: the state is stable, and what is wanted differs from what was agreed on
    /// (W3C "check if negotiation is needed").
    public var negotiationNeeded: Bool {
        guard signalingState == .stable else { return false }
        if ufragToReplace != nil { return true }
        return transceivers.contains(where: needsNegotiation)
    }

    /// Asks for an ICE restart: negotiation is needed until an offer with other local credentials is agreed on.
    public mutating func requestICERestart() {
        ufragToReplace = currentLocalCredentials?.ufrag
    }

    private func needsNegotiation(_ transceiver: Transceiver) -> Bool {
        guard let index = transceiver.mLineIndex, let local = currentLocalDescription, let remote = currentRemoteDescription,
            index < local.media.count, index < remote.media.count
        else { return !transceiver.isStopping }
        if transceiver.isStopping { return true }
        let wanted = transceiver.writtenDirection
        let section = local.media[index]
        if wanted.canSend, let sender = transceiver.sender {
            let stream = MediaStreamIdentifier(stream: sender.streamID, track: sender.trackID)
            if local.direction(of: section).canSend, !section.streams.contains(stream) { return true }
        }
        if hasNewLimit(transceiver, local: section, remote: remote.media[index]) { return true }
        let offered = remote.direction(of: remote.media[index]).reversed
        if currentAnswerIsLocal { return local.direction(of: section) != wanted.intersection(offered) }
        return local.direction(of: section) != wanted && offered != wanted
    }

    /// Whether the pictures that are received are wanted in another size, or another number, than was told (RFC 7741 section 6.1).
    ///
    /// Only a side that gives such limits itself is asked: others, as Chromium, do not heed them.
    private func hasNewLimit(_ transceiver: Transceiver, local: MediaDescription, remote: MediaDescription) -> Bool {
        guard transceiver.negotiated?.canReceive == true else { return false }
        return configuration.codecs.contains { codec in
            guard let type = codec.payloadType(in: local), let otherType = codec.payloadType(in: remote) else { return false }
            let (told, theirs) = (local.parameters(type), remote.parameters(otherType))
            guard theirs.maxFrameSize != nil || theirs.maxFrameRate != nil else { return false }
            return told.maxFrameSize != codec.parameters.maxFrameSize || told.maxFrameRate != codec.parameters.maxFrameRate
        }
    }
}
