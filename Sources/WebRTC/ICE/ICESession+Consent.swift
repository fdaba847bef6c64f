import Wire

extension ICESession {
    /// The pairs to keep consent for: the nominated one and, if it is another, the one that is sent on.
    private func pairsInUse(at now: Instant, _ context: ICEContext) -> [Int] {
        let usable = usablePair(at: now, context.configuration)?.id
        return pairs.indices.filter {
            (pairs[$0].id == selectedID || pairs[$0].id == usable) && pairs[$0].isValid(at: now, context.configuration)
        }
    }

    /// A response came: consent is fresh.
    mutating func answered(_ index: Int, at now: Instant, _ context: inout ICEContext) {
        pairs[index].lastResponse = now
        pairs[index].consent = ICEConsent()
        pairs[index].consent.next = now + context.jittered(context.configuration.consentInterval)
        pairs[index].checks.removeAll { $0.kind == .consent }
    }

    /// Sends consent checks, finds paths that went silent, and ends those whose consent ran out (RFC 7675 section 5.1).
    mutating func checkConsent(at now: Instant, _ context: inout ICEContext) {
        guard !hasFailed else { return }
        for index in pairs.indices where pairs[index].state == .succeeded && !pairs[index].isValid(at: now, context.configuration) {
            fail(index)
            // Without consent, nothing short of a restart may send to the peer again (RFC 7675 section 5.1).
            if usablePair(at: now, context.configuration) == nil { giveUp() }
        }
        for index in pairsInUse(at: now, context) {
            if let silence = silenceTime(of: pairs[index], context), silence <= now {
                pairs[index].consent.isSilent = true
                pairs[index].isNominating = false
                if !isRetired { revive(except: pairs[index].id) }
            }
        }
        for index in pairsInUse(at: now, context) {
            if let next = consentTime(of: pairs[index], context), next <= now { sendConsent(on: index, at: now, &context) }
        }
    }

    /// When the next consent check is due: earlier than planned if data has ceased to come.
    private func consentTime(of pair: ICEPair, _ context: ICEContext) -> Instant? {
        guard let next = pair.consent.next, pair.consent.unanswered == 0, pair.carriesData, let lastSign = pair.lastSign else {
            return pair.consent.next
        }
        return min(next, lastSign + context.configuration.dataPause)
    }

    /// Between the checks on a path on which data has ceased to come: four of them fit into the time after which it is missed.
    private static let urgentInterval = Duration.milliseconds(300)

    /// A consent check is repeated quickly at first, so that a lost packet is told from a lost path, then each second.
    private mutating func sendConsent(on index: Int, at now: Instant, _ context: inout ICEContext) {
        let isUrgent = pairs[index].carriesData
        let patient = max(context.configuration.initialRetransmission, pairs[index].expectedAnswer * 2)
        let quick = isUrgent ? Self.urgentInterval : patient
        let unanswered = pairs[index].consent.unanswered
        if unanswered == 0 { pairs[index].consent.firstSent = now }
        if let running = pairs[index].checks.lastIndex(where: { $0.kind == .consent }), unanswered < ICEConsent.patience {
            pairs[index].checks[running].sends += 1
            context.transmit(pairs[index].checks[running].bytes, from: pairs[index].base.base, to: pairs[index].remoteAddress)
        } else {
            send(.consent, on: index, at: now, &context)
        }
        pairs[index].consent.unanswered += 1
        if unanswered + 1 == ICEConsent.patience {
            let first = pairs[index].consent.firstSent ?? now
            pairs[index].consent.patienceEnds = isUrgent ? max(now, first + pairs[index].expectedAnswer * 2) : now + quick
        }
        pairs[index].consent.next = now + (unanswered + 1 < ICEConsent.patience ? quick : max(.seconds(1), patient))
    }

    /// When a path is to be called silent; `nil` if nothing suggests it.
    private func silenceTime(of pair: ICEPair, _ context: ICEContext) -> Instant? {
        guard !pair.consent.isSilent, let end = pair.consent.patienceEnds, let lastSign = pair.lastSign else { return nil }
        return max(lastSign + (pair.carriesData ? context.configuration.dataSilence : context.configuration.silence), end)
    }

    func consentDeadline(at now: Instant, _ context: ICEContext) -> Instant? {
        guard !hasFailed else { return nil }
        var deadlines: [Instant?] = pairs.map { pair in
            pair.state == .succeeded ? pair.lastResponse.map { $0 + context.configuration.consentTimeout } : nil
        }
        for index in pairsInUse(at: now, context) {
            deadlines.append(consentTime(of: pairs[index], context))
            deadlines.append(silenceTime(of: pairs[index], context))
        }
        return deadlines.compactMap { $0 }.min()
    }
}
