import PeerConnection
import Wire

/// Relays, addresses that come and go, and restarts.
extension VirtualCall {
    /// Before ``connect()``: a relay that both ends know.
    public func addRelay() {
        relay = network.addTURNServer(Self.relayAddress, username: "user", password: "pass", uplink: LinkModel(delay: .milliseconds(5)))
    }

    /// Gives an end another address, as when an interface comes up.
    public func addAddress(_ ip: IPAddress, to end: End) {
        let address = TransportAddress(ip: ip, port: 40_000)
        network.addAddress(ip, to: end.host)
        end.addresses.append(address)
        end.peer.handle(.localAddress(address), at: now)
        drain(end)
    }

    /// Takes an address from an end; it notices, or not.
    public func removeAddress(_ address: TransportAddress, from end: End, isNoticed: Bool) {
        network.removeAddress(address.ip, from: end.host)
        end.addresses.removeAll { $0 == address }
        guard isNoticed else { return }
        end.peer.handle(.localAddressGone(address), at: now)
        drain(end)
    }

    /// An end looks for another path, as a call does when it is disconnected.
    public func restart(_ end: End) throws {
        guard end.peer.canRestart else { return }
        try offer(end, restartingICE: true)
    }

    /// An end offers what changed on its side.
    public func renegotiate(_ end: End) throws {
        guard end.peer.isNegotiationNeeded else { return }
        try offer(end)
    }

    private func offer(_ end: End, restartingICE: Bool = false) throws {
        let offer = try end.peer.makeOffer(restartingICE: restartingICE, at: now)
        end.signals.append((.offer(offer), now + signalingDelay))
        drain(end)
    }

    /// What an end said, and the other has not heard yet, is lost.
    public func loseSignals(of end: End) {
        end.signals = []
    }

    /// A description that can't be used is dropped: what it was for does not happen.
    func deliver(_ signal: Signal, to end: End) {
        switch signal {
        case .candidate(let candidate):
            end.peer.addRemoteCandidate(
                candidate?.candidate, mid: candidate?.sdpMid, mLineIndex: candidate?.sdpMLineIndex,
                usernameFragment: candidate?.usernameFragment, at: now)
        case .offer(let offer):
            // The answer goes out before the candidates of its generation.
            if let answer = try? end.peer.acceptOffer(offer, at: now) { end.signals.append((.answer(answer), now + signalingDelay)) }
        case .answer(let answer): try? end.peer.acceptAnswer(answer, at: now)
        }
        drain(end)
    }
}
