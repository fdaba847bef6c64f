import STUN
import Wire

extension ICESession {
    /// Whether pairs are still to be tried: no pair is nominated, or the one that is has gone silent.
    private var isChecking: Bool {
        guard remote != nil, !hasFailed, !isRetired else { return false }
        guard let selected = index(of: selectedID) else { return true }
        return pairs[selected].consent.isSilent
    }

    // MARK: Time

    /// Does all that is due.
    mutating func advance(at now: Instant, _ context: inout ICEContext) {
        repeatChecks(at: now, &context)
        checkConsent(at: now, &context)
        checkPatience(at: now, context)
        guard remote != nil, !hasFailed, !isRetired else { return }
        nominate(at: now, &context)
        for index in pairs.indices where triggeredStart(index, context).map({ $0 <= now }) == true {
            send(.ordinary, on: index, at: now, &context)
        }
        sendOrdinary(at: now, &context)
    }

    func deadline(at now: Instant, _ context: ICEContext) -> Instant? {
        var deadlines: [Instant?] = [consentDeadline(at: now, context), patienceDeadline(context)]
        for pair in pairs {
            for check in pair.checks { deadlines.append(earliest(check.nextSend, check.expires)) }
        }
        if remote != nil, !hasFailed, !isRetired {
            for index in pairs.indices { deadlines.append(triggeredStart(index, context)) }
            if nextOrdinary != nil { deadlines.append(nextCheck) }
            deadlines.append(nominationDeadline(at: now, context))
        }
        return deadlines.compactMap { $0 }.min()
    }

    /// When the triggered check of a pair may be sent: at once, unless one has just been (RFC 8445 section 14.2 paces new
    /// checks; each of these answers an authenticated one of the peer's).
    private func triggeredStart(_ index: Int, _ context: ICEContext) -> Instant? {
        guard pairs[index].isTriggered else { return nil }
        guard let lastSent = pairs[index].lastSent else { return .zero }
        return lastSent + context.configuration.pacing
    }

    private var nextOrdinary: Int? {
        guard isChecking else { return nil }
        return pairs.indices.filter { pairs[$0].state == .waiting && !pairs[$0].isTriggered }.max {
            pairs[$0].priority < pairs[$1].priority
        }
    }

    private mutating func sendOrdinary(at now: Instant, _ context: inout ICEContext) {
        guard let index = nextOrdinary else { return }
        if let nextCheck, now < nextCheck { return }
        nextCheck = now + context.configuration.pacing
        send(.ordinary, on: index, at: now, &context)
    }

    // MARK: Requests

    /// Sends a new check (RFC 8445 section 7.2.4).
    mutating func send(_ kind: ICECheck.Kind, on index: Int, at now: Instant, _ context: inout ICEContext) {
        guard let remote else { return }
        let id = STUNTransactionID(random: &context.random)
        let pair = pairs[index]
        var message = STUNMessage(.request, transactionID: id)
        message.attributes = [.username("\(remote.usernameFragment):\(local.usernameFragment)")]
        message.attributes.append(.priority(pair.base.peerReflexivePriority))
        switch context.role {
        case .controlling: message.attributes.append(.iceControlling(tieBreaker: context.tieBreaker))
        case .controlled: message.attributes.append(.iceControlled(tieBreaker: context.tieBreaker))
        }
        // The nominated pair stays so in every later check: the peer may have missed the first.
        if context.role == .controlling, kind == .nomination || pair.isNominated && pair.id == selectedID {
            message.attributes.append(.useCandidate)
        }
        let bytes = message.encoded(integrity: [.shortTerm(password: remote.password)])
        let interval = max(context.configuration.initialRetransmission, pair.expectedAnswer * 2)
        var check = ICECheck(
            id: id, kind: kind, role: context.role, bytes: bytes, firstSent: now, interval: interval,
            nextSend: now + interval,
            expires: now + context.configuration.consentTimeout)
        if kind == .consent { check.nextSend = nil } else { pairs[index].cancelRepetition() }
        pairs[index].remember(check)
        pairs[index].lastSent = now
        pairs[index].isTriggered = false
        if kind == .consent {
            pairs[index].counters.consentRequestsSent += 1
        } else {
            pairs[index].counters.requestsSent += 1
            if pairs[index].state != .succeeded { pairs[index].state = .inProgress }
        }
        context.transmit(bytes, from: pair.base.base, to: pair.remoteAddress)
    }

    /// Repeats checks that were not answered, and ends those that never were.
    private mutating func repeatChecks(at now: Instant, _ context: inout ICEContext) {
        for index in pairs.indices {
            for number in pairs[index].checks.indices {
                guard let due = pairs[index].checks[number].nextSend, due <= now else { continue }
                let check = pairs[index].checks[number]
                if check.sends >= context.configuration.maximumSends {
                    pairs[index].checks[number].nextSend = nil
                    pairs[index].checks[number].expires = now
                } else {
                    let interval = min(check.interval * 2, max(context.configuration.maximumRetransmission, check.interval))
                    pairs[index].checks[number].interval = interval
                    pairs[index].checks[number].sends += 1
                    pairs[index].checks[number].nextSend = now + interval
                    pairs[index].lastSent = now
                    context.transmit(check.bytes, from: pairs[index].base.base, to: pairs[index].remoteAddress)
                }
            }
            let isOver = pairs[index].checks.contains { $0.expires <= now && $0.kind != .consent }
            pairs[index].checks.removeAll { $0.expires <= now }
            let isRunning = pairs[index].isTriggered || pairs[index].checks.contains { $0.nextSend != nil }
            if isOver, !isRunning { checksFailed(on: index) }
        }
    }

    private mutating func checksFailed(on index: Int) {
        if pairs[index].state == .inProgress || pairs[index].isNominating { fail(index) }
    }

    /// The pair is of no use (RFC 8445 section 7.2.5.2).
    mutating func fail(_ index: Int) {
        pairs[index].state = .failed
        pairs[index].isTriggered = false
        pairs[index].isNominating = false
        pairs[index].isNominated = false
        pairs[index].cancelRepetition()
        if selectedID == pairs[index].id { selectedID = nil }
    }

    // MARK: Responses

    /// Takes a response to a check of ours (RFC 8445 section 7.2.5).
    ///
    /// - Returns: whether the check was one of this generation's.
    mutating func handleResponse(
        _ message: STUNMessage, from: TransportAddress, to: TransportAddress, at now: Instant, _ context: inout ICEContext
    ) -> Bool {
        guard let remote, let index = pairs.firstIndex(where: { $0.checks.contains { $0.id == message.transactionID } }),
            let number = pairs[index].checks.firstIndex(where: { $0.id == message.transactionID })
        else { return false }
        guard message.verify(.shortTerm(password: remote.password)) else {
            context.dropped.unauthenticated += 1
            return true
        }
        let check = pairs[index].checks.remove(at: number)
        guard from == pairs[index].remoteAddress, to == pairs[index].base.base else {
            // RFC 8445 section 7.2.5.2.1: a path that is not symmetric is none.
            fail(index)
            return true
        }
        if message.messageClass == .successResponse, let mapped = message.mappedAddress {
            succeeded(check, on: index, mapped: mapped, at: now, &context)
        } else if message.errorCode?.code == STUNErrorCode.roleConflict.code {
            conflicted(check, on: index, &context)
        } else if check.kind != .consent {
            fail(index)
        }
        return true
    }

    /// RFC 8445 section 7.2.5.1: the peer insists on the role that the check claimed.
    private mutating func conflicted(_ check: ICECheck, on index: Int, _ context: inout ICEContext) {
        if check.role == context.role, !isRetired {
            context.role = context.role.opposite
            context.tieBreaker = context.random.next()
            roleChanged(context.role)
        }
        guard pairs[index].state != .succeeded else { return }
        pairs[index].state = .waiting
        pairs[index].isTriggered = true
    }

    private mutating func succeeded(
        _ check: ICECheck, on index: Int, mapped: TransportAddress, at now: Instant, _ context: inout ICEContext
    ) {
        pairs[index].counters.responsesReceived += 1
        pairs[index].measure(check, answeredAt: now, context.configuration)
        answered(index, at: now, &context)
        if check.kind != .consent { pairs[index].cancelRepetition(of: check.kind) }
        guard pairs[index].state == .succeeded || check.kind != .consent, !hasFailed else { return }

        let base = pairs[index].base
        pairs[index].local =
            context.gatherer.candidate(at: mapped, base: base.base)?.candidate ?? context.gatherer.peerReflexive(at: mapped, of: base)
        pairs[index].state = .succeeded
        pairs[index].isTriggered = false
        firstValid = firstValid ?? now
        lost = nil
        let isChosen =
            switch context.role {
            case .controlling: check.kind == .nomination && pairs[index].isNominating
            case .controlled: pairs[index].isNominatedOnSuccess
            }
        if isChosen { nominated(index, role: context.role) }
    }
}
