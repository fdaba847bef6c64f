import STUN
import Wire

/// One ICE generation: what lives from one pair of credentials to the next restart.
struct ICESession: Sendable {
    /// A check that came before the peer's credentials. It has been answered; the pair is made when they come.
    struct EarlyCheck: Sendable {
        var from: TransportAddress
        var to: TransportAddress
        var priority: UInt32
        var isNominating: Bool
        var remoteFragment: Substring
        var at: Instant
    }

    let local: ICECredentials
    var remote: ICECredentials?
    /// Those with names included: they make no pair until somebody resolves them.
    var remoteCandidates: [ICECandidate] = []
    /// Candidates that came before the peer's credentials.
    var pendingCandidates: [ICECandidate] = []
    var earlyChecks: [EarlyCheck] = []
    var hasAllRemoteCandidates = false
    var pairs: [ICEPair] = []
    private var nextPairID: Int
    /// The nominated pair in use.
    var selectedID: Int?
    /// When the next ordinary check may be sent.
    var nextCheck: Instant?
    /// When checks began.
    var started: Instant?
    var firstValid: Instant?
    /// Since when there is no valid pair any more.
    var lost: Instant?
    var hasFailed = false
    /// Another generation has begun: keep what there is alive, begin nothing.
    var isRetired = false

    init(local: ICECredentials, firstPairID: Int = 1) {
        self.local = local
        nextPairID = firstPairID
    }

    /// For the generation after this one, so that no two pairs of an agent share an id.
    var unusedPairID: Int { nextPairID }

    func index(of id: Int?) -> Int? {
        guard let id else { return nil }
        return pairs.firstIndex { $0.id == id }
    }

    func index(base: TransportAddress, remote: TransportAddress) -> Int? {
        pairs.firstIndex { $0.base.base == base && $0.remoteAddress == remote }
    }

    // MARK: Remote side

    mutating func setRemote(_ credentials: ICECredentials, at now: Instant, _ context: inout ICEContext) {
        guard remote == nil else { return }
        remote = credentials
        started = now
        let pending = pendingCandidates
        pendingCandidates = []
        let early = earlyChecks
        earlyChecks = []
        for check in early where check.remoteFragment == credentials.usernameFragment {
            learn(check, context: &context)
        }
        for candidate in pending { addRemote(candidate, &context) }
    }

    mutating func addRemote(_ candidate: ICECandidate, _ context: inout ICEContext) {
        guard candidate.component == 1, candidate.transport == .udp else { return }
        guard let remote else {
            if pendingCandidates.count < context.configuration.maximumRemoteCandidates { pendingCandidates.append(candidate) }
            return
        }
        if let fragment = candidate.usernameFragment, fragment != remote.usernameFragment { return }
        if let known = remoteCandidates.firstIndex(where: { $0.address == candidate.address }) {
            replace(known, with: candidate, context.role)
            return
        }
        guard remoteCandidates.count < context.configuration.maximumRemoteCandidates else { return }
        remoteCandidates.append(candidate)
        guard let address = candidate.transportAddress else { return }
        for base in context.gatherer.bases where base.base.ip.reaches(address.ip) { addPair(base, candidate, address, context) }
    }

    /// A candidate that a check had revealed is signalled: it takes the place of the guess, and the pairs keep their state,
    /// nomination and running checks.
    private mutating func replace(_ known: Int, with candidate: ICECandidate, _ role: ICERole) {
        guard remoteCandidates[known].type == .peerReflexive else { return }
        remoteCandidates[known] = candidate
        for index in pairs.indices where pairs[index].remoteAddress == candidate.transportAddress {
            pairs[index].remote = candidate
            pairs[index].updatePriority(role)
        }
    }

    // MARK: Pairs

    mutating func addLocal(_ host: ICELocalCandidate, _ context: ICEContext) {
        guard !isRetired else { return }
        for candidate in remoteCandidates {
            guard let address = candidate.transportAddress, host.base.ip.reaches(address.ip) else { continue }
            addPair(host, candidate, address, context)
        }
    }

    /// - Returns: the index of the pair of these two, made now if need be; `nil` if there can be none.
    @discardableResult
    mutating func addPair(
        _ host: ICELocalCandidate, _ candidate: ICECandidate, _ address: TransportAddress, _ context: ICEContext
    ) -> Int? {
        if let known = index(base: host.base, remote: address) { return known }
        guard !isRetired, address.port != 0 else { return nil }
        let pair = ICEPair(id: nextPairID, base: host, remote: candidate, remoteAddress: address, role: context.role)
        if pairs.count >= context.configuration.maximumPairs {
            // The worst of those that came to nothing makes room (RFC 8445 section 6.1.2.5).
            let idle = pairs.indices.filter { pairs[$0].state == .failed || pairs[$0].state == .waiting && !pairs[$0].isKnown }
            guard let worst = idle.min(by: { pairs[$0].priority < pairs[$1].priority }),
                pairs[worst].state == .failed || pairs[worst].priority < pair.priority
            else { return nil }
            pairs.remove(at: worst)
        }
        nextPairID += 1
        pairs.append(pair)
        return pairs.count - 1
    }

    /// A socket is gone, and its pairs with it.
    mutating func removeLocal(_ base: TransportAddress, _ context: ICEContext) {
        let hadSelected = selectedID != nil
        pairs.removeAll { $0.base.base == base }
        earlyChecks.removeAll { $0.to == base }
        if hadSelected, index(of: selectedID) == nil {
            selectedID = nil
            if !isRetired { revive(except: nil) }
        }
    }

    mutating func roleChanged(_ role: ICERole) {
        for index in pairs.indices {
            pairs[index].updatePriority(role)
            pairs[index].isNominating = false
        }
    }

    // MARK: Paths

    /// The valid pair that the peer sends data on, if it does: the last it did.
    func pairWithData(at now: Instant, _ configuration: ICEConfiguration) -> ICEPair? {
        pairs.filter { $0.lastData != nil && $0.isValid(at: now, configuration) }
            .max { ($0.lastData ?? .zero) < ($1.lastData ?? .zero) }
    }

    /// The pair to send on: the nominated one, or the best that the peer answers on while there is none or it is silent.
    func usablePair(at now: Instant, _ configuration: ICEConfiguration) -> ICEPair? {
        let valid = pairs.filter { $0.isValid(at: now, configuration) }
        return valid.max { left, right in
            (left.consent.isSilent ? 0 : 1, left.id == selectedID ? 1 : 0, left.priority)
                < (right.consent.isSilent ? 0 : 1, right.id == selectedID ? 1 : 0, right.priority)
        }
    }

    /// Whether datagrams between the two may be taken: one of them has been authenticated to the other.
    func accepts(from remote: TransportAddress, to local: TransportAddress) -> Bool {
        pairs.contains { $0.remoteAddress == remote && $0.base.base == local && $0.isKnown }
            || earlyChecks.contains { $0.from == remote && $0.to == local }
    }
}

extension IPAddress {
    /// Whether packets from this address may be expected to get to the other.
    fileprivate func reaches(_ other: IPAddress) -> Bool {
        let isMulticast =
            switch other {
            case .v4(let value): value >> 28 >= 0xe
            case .v6(let high, _): high >> 56 == 0xff
            }
        return isIPv6 == other.isIPv6 && isLoopback == other.isLoopback && (!isIPv6 || isLinkLocal == other.isLinkLocal)
            && !isMulticast && !other.isUnspecified
    }
}
