import Congestion
import ICE
import SDP
import Security
import Wire

extension PeerConnection {
    /// Adds a transceiver that sends and receives as `direction` says, from the next negotiation on.
    ///
    /// - Returns: its id; `nil` if there are too many.
    @discardableResult
    public func addTransceiver(_ kind: MediaKind, direction: MediaDirection = .sendrecv) -> Int? {
        jsep.addTransceiver(kind: kind, direction: direction, sender: makeIdentity(kind))
    }

    /// Changes what is wanted, from the next negotiation on.
    public func setDirection(_ direction: MediaDirection, of transceiver: Int) {
        jsep.setDirection(direction, of: transceiver)
    }

    /// Sets what pictures this side takes, told with the next offer or answer (`max-fs`, `max-fr`, RFC 7741 section 6.1). Negotiation
    /// is needed for it where the other side shows that it heeds such limits. What is `nil` is as large as it ever gets.
    public func setPictureLimit(_ limit: VideoLadder.Limit) {
        let usual = CodecConfiguration.vp8
        jsep.setParameters(of: usual.name) {
            $0.maxFrameSize = limit.frameSize ?? usual.parameters.maxFrameSize
            $0.maxFrameRate = limit.framesPerSecond ?? usual.parameters.maxFrameRate
        }
    }

    /// What pictures the other side takes, as it told last.
    public var remotePictureLimit: VideoLadder.Limit {
        let parameters = jsep.transceivers.first { $0.kind == .video }?.negotiated?.sendCodec?.parameters
        return VideoLadder.Limit(frameSize: parameters?.maxFrameSize, framesPerSecond: parameters?.maxFrameRate)
    }

    /// Whether something changed that the other side has to agree to, or wants to know.
    public var isNegotiationNeeded: Bool { jsep.negotiationNeeded }

    /// Makes an offer and applies it to this side.
    ///
    /// - Parameter restartingICE: looks for a path anew; media stays on the old one until a new one is found. An offer that was
    ///   never answered is taken back for it.
    /// - Throws: `JSEPError` while another negotiation is under way.
    public func makeOffer(restartingICE: Bool = false, at now: Instant) throws -> String {
        clock = now
        if jsep.currentLocalDescription == nil { ice.handle(.role(.controlling), at: now) }
        if restartingICE, isOffering {
            try jsep.rollback()
            ice.handle(.cancelRestart, at: now)
            iceCredentials = ice.localCredentials
        }
        var credentials = iceCredentials
        if restartingICE { credentials = ICECredentials(random: &random) }
        let offer = try jsep.createOffer(localTransport(credentials))
        try jsep.setLocal(.offer, offer)
        restartICEIfChanged(credentials, at: now)
        pump(at: now)
        return String(describing: offer)
    }

    /// An offer of this side's waits for its answer.
    public var isOffering: Bool { jsep.signalingState == .haveLocalOffer }

    /// Whether an offer to restart can be made now: no offer of the other side's is being answered.
    public var canRestart: Bool { jsep.signalingState == .stable || isOffering }

    /// Applies the other side's offer and answers it. What the offer adds is received if it is the only one of its kind, and
    /// declined (inactive) otherwise: a session carries one picture and one sound.
    ///
    /// - Returns: the answer; `nil` if the offer collided with this side's own and was ignored, as perfect negotiation wants.
    /// - Throws: `SDPError`, `JSEPError`: nothing has changed then.
    public func acceptOffer(_ text: String, at now: Instant) throws -> String? {
        clock = now
        let change = try jsep.setRemote(.offer, SessionDescription(parsing: text))
        if change.isIgnored { return nil }
        if change.isRolledBack { ice.handle(.cancelRestart, at: now) }
        declineFurther(change.added)
        iceCredentials = ice.localCredentials
        var credentials = iceCredentials
        if change.isRemoteICERestart { credentials = ICECredentials(random: &random) }
        restartICEIfChanged(credentials, at: now)
        let answer: SessionDescription
        let settled: NegotiationChange
        do {
            answer = try jsep.createAnswer(localTransport(credentials))
            settled = try jsep.setLocal(.answer, answer)
        } catch {
            _ = try jsep.rollback()
            throw error
        }
        applyRemoteTransport(change, at: now)
        applyNegotiated(settled, at: now)
        pump(at: now)
        return String(describing: answer)
    }

    /// Applies the answer to this side's offer.
    ///
    /// - Throws: `SDPError`, `JSEPError`: nothing has changed then.
    public func acceptAnswer(_ text: String, at now: Instant) throws {
        clock = now
        let change = try jsep.setRemote(.answer, SessionDescription(parsing: text))
        applyRemoteTransport(change, at: now)
        applyNegotiated(change, at: now)
        pump(at: now)
    }

    /// Takes a candidate of the other side's; an empty one, or `nil`, says that there are no more. One that can't be read,
    /// or that belongs to another negotiation, is dropped.
    public func addRemoteCandidate(_ text: String?, mid: String?, mLineIndex: Int?, usernameFragment: String?, at now: Instant) {
        clock = now
        guard jsep.disposition(ofCandidateFor: mid, mLineIndex: mLineIndex, usernameFragment: usernameFragment) != .drop else { return }
        guard let text, !text.isEmpty else {
            ice.handle(.remoteEndOfCandidates, at: now)
            return pump(at: now)
        }
        do {
            var candidate = try ICECandidate(parsing: text)
            candidate.usernameFragment = candidate.usernameFragment ?? usernameFragment
            add(candidate, at: now)
        } catch {
            counters.malformedCandidates += 1
        }
        pump(at: now)
    }

    /// No browser names more addresses than this.
    private static let maximumNamedCandidates = 16

    private func add(_ candidate: ICECandidate, at now: Instant) {
        guard case .name(let name, _) = candidate.address else { return tryOut(candidate, at: now) }
        if namedCandidates.count == Self.maximumNamedCandidates { namedCandidates.removeFirst() }
        namedCandidates.append(candidate)
        outputs.append(.resolve(name))
    }

    func resolved(_ name: String, _ addresses: [IPAddress], at now: Instant) {
        for var candidate in namedCandidates {
            guard case .name(name, let port) = candidate.address else { continue }
            for address in addresses {
                candidate.address = .ip(TransportAddress(ip: address, port: port))
                tryOut(candidate, at: now)
            }
        }
        namedCandidates.removeAll { if case .name(name, _) = $0.address { true } else { false } }
    }

    private func tryOut(_ candidate: ICECandidate, at now: Instant) {
        if let ip = candidate.transportAddress?.ip { relays.handle(.permit(ip), at: now) }
        ice.handle(.remoteCandidate(candidate), at: now)
    }

    private func declineFurther(_ added: [Int]) {
        let offer = jsep.remoteDescription
        for id in added {
            guard let kind = jsep.transceiver(id)?.kind else { continue }
            let hasOther = jsep.transceivers.contains { other in
                guard other.kind == kind, other.id != id, !(other.id > id && added.contains(other.id)) else { return false }
                guard let offer, let index = other.mLineIndex, index < offer.media.count else { return true }
                return !offer.media[index].isRejected
            }
            if hasOther { jsep.setDirection(.inactive, of: id) }
        }
    }

    private func localTransport(_ credentials: ICECredentials) -> LocalTransportDescription {
        let fingerprint = configuration.certificate.fingerprint
        return LocalTransportDescription(
            iceUfrag: credentials.usernameFragment, icePassword: credentials.password,
            fingerprint: FingerprintAttribute(algorithm: fingerprint.algorithm, bytes: fingerprint.bytes))
    }

    private func makeIdentity(_ kind: MediaKind) -> SenderIdentity {
        SenderIdentity(
            ssrc: UInt32(truncatingIfNeeded: random.next()),
            rtxSSRC: kind == .video ? UInt32(truncatingIfNeeded: random.next()) : nil,
            cname: cname, streamID: streamID, trackID: kind.rawValue)
    }

    private func restartICEIfChanged(_ credentials: ICECredentials, at now: Instant) {
        guard credentials != iceCredentials else { return }
        iceCredentials = credentials
        ice.handle(.restart(credentials), at: now)
        relays.handle(.restart, at: now)
    }

    private func applyRemoteTransport(_ change: NegotiationChange, at now: Instant) {
        guard let remote = change.remoteTransport else { return }
        if change.isNewFingerprint, isDTLSStarted { forgetDTLS() }
        remoteFingerprints = remote.fingerprints.map { Fingerprint(algorithm: $0.algorithm, bytes: $0.bytes) }
        ice.handle(.remoteCredentials(ICECredentials(usernameFragment: remote.iceUfrag, password: remote.icePassword)), at: now)
        for text in remote.candidates {
            guard let candidate = try? ICECandidate(parsing: text) else {
                counters.malformedCandidates += 1
                continue
            }
            add(candidate, at: now)
        }
        if remote.endOfCandidates { ice.handle(.remoteEndOfCandidates, at: now) }
    }

    private func applyNegotiated(_ change: NegotiationChange, at now: Instant) {
        startDTLSIfPossible(at: now)
        for id in change.removed {
            senders[id] = nil
            receivers[id] = nil
            demultiplexer.remove(transceiver: id)
        }
        for id in change.changed {
            guard let transceiver = jsep.transceiver(id) else { continue }
            applyMedia(of: transceiver, at: now)
        }
        usesTransportCC = jsep.transceivers.contains { $0.negotiated?.usesTransportCC == true }
        if !change.changed.isEmpty || !change.removed.isEmpty { outputs.append(.negotiated) }
    }
}
