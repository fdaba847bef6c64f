import Wire

extension ICESession {
    // MARK: Controlling

    /// Nominates the best valid pair when it is time to (RFC 8445 section 8.1.1, regular nomination).
    mutating func nominate(at now: Instant, _ context: inout ICEContext) {
        guard let index = pairToNominate(at: now, context), let time = nominationTime(of: index, context), time <= now else { return }
        pairs[index].isNominating = true
        send(.nomination, on: index, at: now, &context)
    }

    func nominationDeadline(at now: Instant, _ context: ICEContext) -> Instant? {
        pairToNominate(at: now, context).flatMap { nominationTime(of: $0, context) }
    }

    private func pairToNominate(at now: Instant, _ context: ICEContext) -> Int? {
        guard context.role == .controlling, !pairs.contains(where: \.isNominating) else { return nil }
        // RFC 8445 section 8.1.1 lets one pair be nominated. A second is, if the first has fallen silent: better than a
        // dead call, and browsers take it.
        if let selected = index(of: selectedID), !pairs[selected].consent.isSilent { return nil }
        return pairs.indices.filter { pairs[$0].isValid(at: now, context.configuration) && !pairs[$0].consent.isSilent }
            .max { (-pairs[$0].rank, pairs[$0].priority) < (-pairs[$1].rank, pairs[$1].priority) }
    }

    /// When a valid pair is nominated: at once if it is host to host or nothing better can come, else after some patience.
    private func nominationTime(of index: Int, _ context: ICEContext) -> Instant? {
        let rank = pairs[index].rank
        let mayBetterCome =
            !hasAllRemoteCandidates || !context.gatherer.hasAllAddresses || pairs.contains { $0.isUnfinished && $0.rank < rank }
        if rank == 0 || !mayBetterCome { return .zero }
        let patience = rank == 2 ? context.configuration.relayPatience : context.configuration.nominationPatience
        return firstValid.map { $0 + patience }
    }

    // MARK: Both roles

    /// The two ends have agreed on a pair. The peer may nominate several at first, then the best is used; and another one
    /// later, as browsers do when they change networks, then that is.
    mutating func nominated(_ index: Int, role: ICERole) {
        let pair = pairs[index]
        pairs[index].isNominating = false
        pairs[index].isNominatedOnSuccess = false
        if role == .controlling { for other in pairs.indices { pairs[other].isNominated = false } }
        pairs[index].isNominated = true
        guard pair.id != selectedID else { return }
        if role == .controlled, let selected = self.index(of: selectedID).map({ pairs[$0] }), !selected.consent.isSilent,
            selected.priority > pair.priority
        {
            guard let last = selected.lastNomination, let new = pair.lastNomination, new - last > Self.nominationSpan else { return }
        }
        selectedID = pair.id
        // RFC 8445 section 8.1.2: the other checks have served.
        for other in pairs.indices where pairs[other].id != pair.id && pairs[other].isUnfinished && !pairs[other].isTriggered {
            pairs[other].cancelRepetition()
        }
    }

    /// Within this time of each other, nominations are alternatives; a later one is a change of mind.
    private static let nominationSpan = Duration.seconds(2)

    /// All pairs but one are tried anew.
    mutating func revive(except id: Int?) {
        for index in pairs.indices where pairs[index].id != id {
            pairs[index].isNominatedOnSuccess = pairs[index].isNominatedOnSuccess || pairs[index].isNominated
            pairs[index].isNominated = false
            pairs[index].isNominating = false
            pairs[index].cancelRepetition()
            if !pairs[index].isTriggered { pairs[index].state = .waiting }
            pairs[index].consent = ICEConsent()
        }
    }

    // MARK: Patience

    private func patienceEnd(_ context: ICEContext) -> Instant? {
        guard let started, !hasFailed, !isRetired else { return nil }
        if let lost { return lost + context.configuration.consentTimeout }
        guard firstValid == nil else { return nil }
        let mayStillCome = !hasAllRemoteCandidates || !context.gatherer.isComplete || pairs.contains(where: \.isUnfinished)
        return started + (mayStillCome ? context.configuration.maximumPatience : context.configuration.minimumPatience)
    }

    func patienceDeadline(_ context: ICEContext) -> Instant? { patienceEnd(context) }

    /// Gives up when no pair has become valid in time.
    mutating func checkPatience(at now: Instant, _ context: ICEContext) {
        if firstValid != nil, lost == nil, !pairs.contains(where: { $0.isValid(at: now, context.configuration) }) { lost = now }
        if let end = patienceEnd(context), end <= now { giveUp() }
    }

    /// There is no way to the peer, until ICE restarts.
    mutating func giveUp() {
        hasFailed = true
        for index in pairs.indices {
            pairs[index].isTriggered = false
            pairs[index].checks = []
        }
    }
}
