import DequeModule
import STUN
import Wire

/// The state of an agent; the raw values are those of W3C's `RTCIceTransportState`.
public enum ICEState: String, Sendable {
    case new, checking, connected, completed, disconnected, failed
}

/// What datagrams are sent between.
public struct ICEPath: Hashable, Sendable {
    /// The address of the socket to send from.
    public var local: TransportAddress
    public var remote: TransportAddress
    public var localType: ICECandidateType
    public var remoteType: ICECandidateType

    public init(local: TransportAddress, remote: TransportAddress, localType: ICECandidateType, remoteType: ICECandidateType) {
        self.local = local
        self.remote = remote
        self.localType = localType
        self.remoteType = remoteType
    }
}

/// A full ICE agent for one component (RFC 8445), with trickle both ways (RFC 8838) and consent freshness (RFC 7675).
///
/// It is given addresses, credentials, candidates, datagrams and the time, and answers with datagrams to send, candidates to
/// signal, and states. It opens no sockets and reads no clock.
///
/// Checks of the peer that come before its credentials are answered at once, and turned into pairs when the credentials
/// come. Host-to-host pairs are nominated without waiting. If the nominated pair falls silent, the other pairs are tried
/// again, and the controlling agent nominates one that answers.
public struct ICEAgent: Machine {
    public enum Input: Sendable {
        case timeout
        /// A socket is bound to the address, and is a host candidate. Without a preference, earlier addresses are preferred to
        /// later ones, IPv6 to IPv4, and link-local and loopback addresses come last.
        case localAddress(TransportAddress, preference: UInt16? = nil)
        /// The socket is closed, or its address is no longer the host's.
        case localAddressGone(TransportAddress)
        /// A relay has this address for this end; datagrams from and to it go through the relay. It goes as ``localAddressGone(_:)``.
        case relayedAddress(TransportAddress, mapped: TransportAddress, preference: UInt16)
        /// Whether relays may yet give addresses: the end of candidates waits for them.
        case relaysPending(Bool)
        /// A STUN server to ask, from each socket, for a server-reflexive candidate.
        case stunServer(TransportAddress)
        /// All sockets there are have been named.
        case localAddressesComplete
        /// The peer's credentials. Other than the present ones, they belong to a restart that the peer began: they are
        /// kept until ``restart(_:)`` comes.
        case remoteCredentials(ICECredentials)
        /// A candidate of the peer's; one that names the user fragment of another generation is dropped.
        case remoteCandidate(ICECandidate)
        case remoteEndOfCandidates
        case role(ICERole)
        /// Begins a new generation, with new credentials for this end. Data goes on on the old path until a pair of the new
        /// generation is nominated (RFC 8445 section 9).
        case restart(ICECredentials)
        /// Takes back a restart whose offer was rolled back, before the peer's new credentials came.
        case cancelRestart
        /// A datagram whose first byte is in 0...3 (RFC 7983).
        case datagram([UInt8], from: TransportAddress, to: TransportAddress)
    }

    public enum Output: Sendable {
        /// Send a datagram from the socket that is bound to `from`.
        case transmit([UInt8], from: TransportAddress, to: TransportAddress)
        /// Signal a candidate of this end.
        case candidate(ICECandidate)
        /// No more candidates will come in this generation: signal that, too.
        case gatheringComplete
        case state(ICEState)
        /// A pair has been nominated; it is what ``ICEAgent/sendPath`` was or will be.
        case selectedPair(ICEPath)
    }

    private var context: ICEContext
    private var current: ICESession
    /// The generation before the last restart, while it still serves.
    private var previous: ICESession?
    /// When the generation before is forgotten.
    private var previousExpires: Instant?
    /// Credentials of a restart that the peer began, and the candidates that belong to it, until this end restarts too.
    private var announced: ICECredentials?
    private var announcedCandidates: [ICECandidate] = []
    private var announcedEnd = false
    private var hasSignalledGathering = false
    private var reportedPath: ICEPath?
    private var selectedPairChanges = 0
    private var sendPairID: Int?
    private var hasRestarted = false

    public private(set) var state = ICEState.new
    public private(set) var deadline: Instant?
    /// Where to send to: the nominated pair or, before there is one, the best valid pair; `nil` without consent.
    public private(set) var sendPath: ICEPath?

    /// After a new pair has been selected, datagrams that were under way on the old one are still taken for so long.
    private static let linger = Duration.seconds(5)

    public init(role: ICERole, credentials: ICECredentials, random: RandomSource, configuration: ICEConfiguration = ICEConfiguration()) {
        context = ICEContext(configuration: configuration, random: random, role: role)
        current = ICESession(local: credentials)
    }

    /// The present role: it changes when both ends claim the same.
    public var role: ICERole { context.role }
    public var localCredentials: ICECredentials { current.local }
    public var remoteCredentials: ICECredentials? { current.remote }

    /// Whether a datagram that is not STUN may be taken from `remote` at the socket `local`: a check between the two has
    /// been authenticated.
    public func accepts(from remote: TransportAddress, to local: TransportAddress) -> Bool {
        if let sendPath, sendPath.remote == remote, sendPath.local == local { return true }
        return current.accepts(from: remote, to: local) || previous?.accepts(from: remote, to: local) == true
    }

    /// Something that only the peer can have sent has come between the two: the path lives.
    ///
    /// For every packet: it works out nothing but when its absence would be a pause.
    public mutating func heard(from remote: TransportAddress, to local: TransportAddress, at now: Instant) {
        let wasSilent = current.heardData(from: remote, to: local, at: now)
        let oldWasSilent = previous?.heardData(from: remote, to: local, at: now) ?? false
        // Data on a path that is not sent on yet, while a restart is under way, may be the peer's way of saying so.
        let isElsewhere = previous != nil && current.selectedID == nil && (sendPath?.remote != remote || sendPath?.local != local)
        if wasSilent || oldWasSilent || isElsewhere { report(at: now) }
        let pause = now + context.configuration.dataPause
        if deadline.map({ pause < $0 }) ?? true { deadline = pause }
    }

    public var statistics: ICEStatistics {
        let pairs = [previous, current].compactMap { $0 }.flatMap(\.pairs)
            .map { ICECandidatePairStatistics($0, isSelected: $0.id == sendPairID) }
        return ICEStatistics(
            pairs: pairs, localCandidates: context.gatherer.candidates.map(\.candidate),
            remoteCandidates: current.remoteCandidates + current.pendingCandidates,
            selectedCandidatePairChanges: selectedPairChanges, droppedPackets: context.dropped,
            stunServers: context.gatherer.servers, mappings: context.gatherer.mappings)
    }

    public mutating func nextOutput() -> Output? {
        context.outputs.popFirst()
    }

    public mutating func handle(_ input: Input, at now: Instant) {
        switch input {
        case .timeout: break
        case .localAddress(let address, let preference): addLocalAddress(address, preference: preference, at: now)
        case .localAddressGone(let address): removeLocalAddress(address)
        case .relayedAddress(let address, let mapped, let preference):
            let relayed = context.gatherer.addRelayed(
                address, mapped: mapped, preference: preference, configuration: context.configuration)
            if let relayed { add(relayed) }
        case .relaysPending(let isPending): context.gatherer.awaitsRelays = isPending
        case .stunServer(let server):
            context.gatherer.addServer(server, at: now, configuration: context.configuration, random: &context.random)
        case .localAddressesComplete: context.gatherer.setHasAllAddresses()
        case .remoteCredentials(let credentials): setRemoteCredentials(credentials, at: now)
        case .remoteCandidate(let candidate): addRemoteCandidate(candidate)
        case .remoteEndOfCandidates:
            if announced == nil { current.hasAllRemoteCandidates = true } else { announcedEnd = true }
        case .role(let role): setRole(role)
        case .restart(let credentials): restart(credentials, at: now)
        case .cancelRestart: cancelRestart()
        case .datagram(let bytes, let from, let to): receive(bytes, from: from, to: to, at: now)
        }
        advance(at: now)
        report(at: now)
    }

    // MARK: Local side

    private mutating func addLocalAddress(_ address: TransportAddress, preference: UInt16?, at now: Instant) {
        let host = context.gatherer.addHost(
            address, preference: preference, at: now, configuration: context.configuration, random: &context.random)
        if let host { add(host) }
    }

    private mutating func add(_ base: ICELocalCandidate) {
        signal(base.candidate)
        current.addLocal(base, context)
    }

    private mutating func removeLocalAddress(_ address: TransportAddress) {
        context.gatherer.remove(address)
        current.removeLocal(address, context)
        previous?.removeLocal(address, context)
    }

    /// After the end of candidates nothing may be signalled until a restart (RFC 8838 section 13): the peer learns of a later
    /// address by the checks that come from it.
    private mutating func signal(_ candidate: ICECandidate) {
        guard !hasSignalledGathering else { return }
        var candidate = candidate
        candidate.usernameFragment = current.local.usernameFragment
        context.outputs.append(.candidate(candidate))
    }

    private mutating func setRole(_ role: ICERole) {
        guard role != context.role else { return }
        context.role = role
        current.roleChanged(role)
    }

    // MARK: Remote side

    private mutating func setRemoteCredentials(_ credentials: ICECredentials, at now: Instant) {
        announced = nil
        announcedCandidates = []
        announcedEnd = false
        if current.remote == nil {
            current.setRemote(credentials, at: now, &context)
        } else if credentials != current.remote {
            announced = credentials
        }
    }

    private mutating func addRemoteCandidate(_ candidate: ICECandidate) {
        if let announced, candidate.usernameFragment == nil || candidate.usernameFragment == announced.usernameFragment {
            if announcedCandidates.count < context.configuration.maximumRemoteCandidates { announcedCandidates.append(candidate) }
        } else {
            current.addRemote(candidate, &context)
        }
    }

    // MARK: Restart

    private mutating func restart(_ credentials: ICECredentials, at now: Instant) {
        guard credentials.usernameFragment != current.local.usernameFragment else { return }
        let firstPairID = current.unusedPairID
        // A restart that was never answered leaves nothing behind: what served before it still does.
        if current.remote != nil || previous == nil {
            previous = current
            previous?.isRetired = true
            previousExpires = nil
        }
        current = ICESession(local: credentials, firstPairID: firstPairID)
        hasRestarted = true
        context.tieBreaker = context.random.next()
        hasSignalledGathering = false
        for base in context.gatherer.bases { signal(base.candidate) }
        context.gatherer.restart(at: now, configuration: context.configuration, random: &context.random)
        if let remote = announced {
            let (candidates, isEnd) = (announcedCandidates, announcedEnd)
            setRemoteCredentials(remote, at: now)
            for candidate in candidates { addRemoteCandidate(candidate) }
            current.hasAllRemoteCandidates = isEnd
        }
    }

    private mutating func cancelRestart() {
        guard current.remote == nil, var restored = previous else { return }
        restored.isRetired = false
        current = restored
        current.roleChanged(context.role)
        previous = nil
        previousExpires = nil
        for base in context.gatherer.bases { current.addLocal(base, context) }
    }

    // MARK: Datagrams

    private mutating func receive(_ bytes: [UInt8], from: TransportAddress, to: TransportAddress, at now: Instant) {
        let message: STUNMessage
        do {
            message = try STUNMessage(parsing: bytes)
        } catch {
            context.dropped.malformed += 1
            return
        }
        guard message.method == .binding else {
            context.dropped.unexpected += 1
            return
        }
        switch message.messageClass {
        case .indication: break
        case .request: receiveRequest(message, from: from, to: to, at: now)
        case .successResponse, .errorResponse: receiveResponse(message, from: from, to: to, at: now)
        }
    }

    private mutating func receiveRequest(_ message: STUNMessage, from: TransportAddress, to: TransportAddress, at now: Instant) {
        guard context.gatherer.base(at: to) != nil else {
            context.dropped.unexpected += 1
            return
        }
        let parts = message.username?.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false) ?? []
        guard parts.count == 2 else {
            context.dropped.unauthenticated += 1
            return
        }
        if parts[0] == current.local.usernameFragment {
            current.handleRequest(message, remoteFragment: parts[1], from: from, to: to, at: now, &context)
        } else if let old = previous, parts[0] == old.local.usernameFragment {
            previous?.handleRequest(message, remoteFragment: parts[1], from: from, to: to, at: now, &context)
        } else {
            context.dropped.unauthenticated += 1
        }
    }

    private mutating func receiveResponse(_ message: STUNMessage, from: TransportAddress, to: TransportAddress, at now: Instant) {
        switch context.gatherer.handle(message, from: from, to: to) {
        case .candidate(let local): return signal(local.candidate)
        case .nothingNew: return
        case .notOurs: break
        }
        if current.handleResponse(message, from: from, to: to, at: now, &context) { return }
        if previous?.handleResponse(message, from: from, to: to, at: now, &context) == true { return }
        context.dropped.unexpected += 1
    }

    // MARK: Time

    private mutating func advance(at now: Instant) {
        context.gatherer.advance(at: now, context.configuration) { context.outputs.append($0) }
        if context.gatherer.isComplete, !hasSignalledGathering {
            hasSignalledGathering = true
            context.outputs.append(.gatheringComplete)
        }
        current.advance(at: now, &context)
        previous?.advance(at: now, &context)
        guard previous != nil else { return }
        if current.selectedID != nil, previousExpires == nil { previousExpires = now + Self.linger }
        let isUseless = previous?.usablePair(at: now, context.configuration) == nil && current.remote != nil
        if isUseless || previousExpires.map({ $0 <= now }) == true {
            previous = nil
            previousExpires = nil
        }
    }

    /// Works out what the driver is to know, and tells what has changed.
    private mutating func report(at now: Instant) {
        let configuration = context.configuration
        let usable = current.usablePair(at: now, configuration)
        let old = current.selectedID == nil ? previous?.usablePair(at: now, configuration) : nil
        // The controlling side has gone over to a new pair: its data tells sooner than its nomination, which has a way of its own
        // (RFC 8445 section 12.1: whatever is valid may be sent on). A path that is silent is not worth holding on to either.
        let followed = old == nil || context.role == .controlling ? nil : current.pairWithData(at: now, configuration)
        let isOldSilent = old?.consent.isSilent == true && usable?.consent.isSilent == false
        let pair = followed ?? (isOldSilent ? usable : old ?? usable)
        let isUsable = pair?.id == old?.id || !current.hasFailed
        sendPath = isUsable ? pair?.path : nil
        sendPairID = isUsable ? pair?.id : nil

        let selected = current.index(of: current.selectedID).map { current.pairs[$0].path }
        if let selected, selected != reportedPath {
            let isOther = selected.local != reportedPath?.local || selected.remote != reportedPath?.remote
            if isOther { selectedPairChanges += 1 }
            reportedPath = selected
            context.outputs.append(.selectedPair(selected))
        }
        let newState: ICEState
        if let pair, sendPath != nil {
            let isComplete = selected != nil && context.gatherer.isComplete && current.hasAllRemoteCandidates
            newState = pair.consent.isSilent ? .disconnected : isComplete ? .completed : .connected
        } else if current.hasFailed {
            newState = .failed
        } else if current.lost != nil {
            newState = .disconnected
        } else {
            newState = current.remote == nil && !hasRestarted ? .new : .checking
        }
        if newState != state {
            state = newState
            context.outputs.append(.state(newState))
        }
        deadline = earliest(
            context.gatherer.deadline, current.deadline(at: now, context), previous?.deadline(at: now, context), previousExpires)
    }
}
