import STUN
import Wire

extension ICESession {
    /// Takes a check of the peer's whose USERNAME names this generation (RFC 8445 section 7.3).
    mutating func handleRequest(
        _ message: STUNMessage, remoteFragment: Substring, from: TransportAddress, to: TransportAddress, at now: Instant,
        _ context: inout ICEContext
    ) {
        let integrity = STUNIntegrity.shortTerm(password: local.password)
        guard message.verify(integrity) else {
            context.dropped.unauthenticated += 1
            return
        }
        let pair = index(base: to, remote: from)
        if let pair { pairs[pair].counters.requestsReceived += 1 }
        func answer(_ response: STUNMessage) {
            context.transmit(response.encoded(integrity: [integrity]), from: to, to: from)
        }
        let unknown = message.unknownRequiredAttributes()
        guard unknown.isEmpty else {
            var response = message.errorResponse(.unknownAttribute)
            response.attributes.append(.unknownAttributes(unknown))
            return answer(response)
        }
        guard let priority = message.priority else { return answer(message.errorResponse(.badRequest)) }
        if !isRetired, !settleRoles(message, &context) { return answer(message.errorResponse(.roleConflict)) }

        var response = message.response(.successResponse)
        response.attributes = [.xorMappedAddress(from, transactionID: message.transactionID)]
        answer(response)
        if let pair { pairs[pair].counters.responsesSent += 1 }

        let check = EarlyCheck(
            from: from, to: to, priority: priority, isNominating: message.useCandidate, remoteFragment: remoteFragment, at: now)
        if let remote {
            // Who knows our password but not whom we talk to is of another generation or fork: it is answered, no more.
            guard remoteFragment == remote.usernameFragment else { return }
            if isRetired {
                if let pair { heard(pair, at: now) }
            } else {
                learn(check, isNew: pair == nil, context: &context)
            }
        } else {
            keep(check, context)
        }
    }

    private mutating func keep(_ check: EarlyCheck, _ context: ICEContext) {
        if let known = earlyChecks.firstIndex(where: { $0.from == check.from && $0.to == check.to }) {
            earlyChecks[known].isNominating = earlyChecks[known].isNominating || check.isNominating
        } else if earlyChecks.count < context.configuration.maximumEarlyChecks {
            earlyChecks.append(check)
        }
    }

    /// Repairs a role conflict (RFC 8445 section 7.3.1.1).
    ///
    /// - Returns: false if the peer is to change its role.
    private mutating func settleRoles(_ message: STUNMessage, _ context: inout ICEContext) -> Bool {
        let theirs: UInt64?
        switch context.role {
        case .controlling: theirs = message.iceControlling
        case .controlled: theirs = message.iceControlled
        }
        guard let theirs else { return true }
        let isLarger = context.tieBreaker >= theirs
        // The larger number controls.
        if isLarger == (context.role == .controlling) { return false }
        context.role = context.role.opposite
        roleChanged(context.role)
        return true
    }

    /// Makes of an authenticated check what it tells: a candidate, a pair, a triggered check, a nomination
    /// (RFC 8445 sections 7.3.1.3 to 7.3.1.5).
    mutating func learn(_ check: EarlyCheck, isNew: Bool = true, context: inout ICEContext) {
        guard !hasFailed, let host = context.gatherer.base(at: check.to) else { return }
        let candidate: ICECandidate
        if let known = remoteCandidates.first(where: { $0.transportAddress == check.from }) {
            candidate = known
        } else {
            guard remoteCandidates.count < context.configuration.maximumRemoteCandidates else { return }
            candidate = ICECandidate(
                foundation: "reflexive\(remoteCandidates.count)", priority: check.priority, address: .ip(check.from),
                type: .peerReflexive)
            remoteCandidates.append(candidate)
        }
        guard let index = addPair(host, candidate, check.from, context) else { return }
        if isNew {
            pairs[index].counters.requestsReceived += 1
            pairs[index].counters.responsesSent += 1
        }
        heard(index, at: check.at)
        switch pairs[index].state {
        case .succeeded: break
        case .inProgress: pairs[index].isTriggered = true
        case .waiting, .failed:
            pairs[index].state = .waiting
            pairs[index].isTriggered = true
        }
        guard check.isNominating, context.role == .controlled else { return }
        pairs[index].lastNomination = check.at
        if pairs[index].state == .succeeded {
            nominated(index, role: context.role)
        } else {
            pairs[index].isNominatedOnSuccess = true
        }
    }

    /// Data came, which a pair in use is known to live by.
    ///
    /// - Returns: whether the pair had been silent.
    mutating func heardData(from remote: TransportAddress, to local: TransportAddress, at now: Instant) -> Bool {
        guard let index = index(base: local, remote: remote) else { return false }
        let wasSilent = pairs[index].consent.isSilent
        pairs[index].lastData = now
        heard(index, at: now)
        return wasSilent
    }

    /// The peer showed life on a pair. That is no consent to be sent to, but the path is not dead.
    private mutating func heard(_ index: Int, at now: Instant) {
        pairs[index].lastRequest = now
        pairs[index].consent.isSilent = false
    }
}
