extension JSEPSession {
    /// Takes the pending offer back, whoever made it (RFC 9429 section 4.1.10.2).
    ///
    /// Transceivers lose the sections that the offer gave them; those that a remote offer made, and that were given no sender
    /// since, are gone. What was wanted of the others stays.
    @discardableResult
    public mutating func rollback() throws(JSEPError) -> NegotiationChange {
        try require(.haveLocalOffer, .haveRemoteOffer, for: "roll back")
        var change = NegotiationChange()
        change.isRolledBack = true
        change.removed = takeOfferBack()
        return change
    }

    /// Returns to stable; returns the ids of the transceivers that are gone.
    mutating func takeOfferBack() -> [Int] {
        let before = beforeOffer ?? Associations()
        var removed: [Int] = []
        for position in transceivers.indices {
            let id = transceivers[position].id
            transceivers[position].mid = before.mids[id]
            transceivers[position].mLineIndex = before.indices[id]
            let goes = before.added.contains(id) && transceivers[position].sender == nil
            if goes || (transceivers[position].isStopping && transceivers[position].mLineIndex == nil) { removed.append(id) }
        }
        transceivers.removeAll { removed.contains($0.id) }
        pendingLocalDescription = nil
        pendingRemoteDescription = nil
        beforeOffer = nil
        signalingState = .stable
        return removed
    }
}
