import STUN
import Wire

/// The state of a candidate pair, as RFC 8445 section 6.1.2.6 and W3C's statistics name it.
///
/// There is no `frozen`: with one component under BUNDLE and rtcp-mux hardly ever do two pairs share a foundation, so there
/// is nothing to learn from one about another.
public enum ICECandidatePairState: String, Sendable {
    case waiting
    case inProgress = "in-progress"
    case succeeded
    case failed
}

/// A check that may still be answered.
struct ICECheck: Sendable {
    enum Kind: Sendable {
        case ordinary
        /// With USE-CANDIDATE.
        case nomination
        case consent
    }

    var id: STUNTransactionID
    var kind: Kind
    var role: ICERole
    var bytes: [UInt8]
    var firstSent: Instant
    var sends = 1
    /// The time between the last sending and the next.
    var interval: Duration
    /// When it is repeated; `nil` if it is not, any more.
    var nextSend: Instant?
    /// When no answer is waited for any more.
    var expires: Instant
}

/// What keeps track of the peer's consent to be sent to, on a pair in use (RFC 7675).
struct ICEConsent: Sendable {
    /// When the next check is sent; `nil` while the pair is not in use.
    var next: Instant?
    /// How many were sent since the last answer.
    var unanswered = 0
    /// When the first of those was sent.
    var firstSent: Instant?
    /// When an answer to the last of ``patience`` unanswered checks is overdue.
    var patienceEnds: Instant?
    /// No sign of life for some time: the path is called disconnected.
    var isSilent = false
    /// So many unanswered checks make a path silent: even with a fifth of all packets lost, answers lost included, that
    /// happens by chance about once in a hundred.
    static let patience = 4
}

/// A socket's address and a peer's, with what the checks between them have shown.
struct ICEPair: Sendable {
    let id: Int
    let base: ICELocalCandidate
    /// The local candidate that the check turned out to come from: the host one, or what NATs made of it.
    var local: ICECandidate
    var remote: ICECandidate
    let remoteAddress: TransportAddress
    var priority: UInt64 = 0
    var state = ICECandidatePairState.waiting
    /// A check is due on it because the peer's came (RFC 8445 section 7.3.1.4).
    var isTriggered = false
    var checks: [ICECheck] = []
    /// Checks of one pair that may still be answered: the running one and those it took the place of.
    static let maximumChecks = 6
    var lastSent: Instant?
    /// The peer has nominated it, but our check on it has not succeeded yet.
    var isNominatedOnSuccess = false
    var isNominating = false
    var isNominated = false
    /// When the peer last sent USE-CANDIDATE on it.
    var lastNomination: Instant?
    var lastResponse: Instant?
    var lastRequest: Instant?
    /// When data last came on it.
    var lastData: Instant?
    /// How long an answer takes, as far as known: a check is not repeated within twice that.
    var expectedAnswer = Duration.zero
    var consent = ICEConsent()
    var counters = ICEPairCounters()

    init(id: Int, base: ICELocalCandidate, remote: ICECandidate, remoteAddress: TransportAddress, role: ICERole) {
        self.id = id
        self.base = base
        local = base.candidate
        self.remote = remote
        self.remoteAddress = remoteAddress
        updatePriority(role)
    }

    /// RFC 8445 section 6.1.2.3.
    mutating func updatePriority(_ role: ICERole) {
        // A PRIORITY attribute may hold more than the 31 bits of a candidate's priority.
        let own = UInt64(min(base.candidate.priority, UInt32(Int32.max)))
        let other = UInt64(min(remote.priority, UInt32(Int32.max)))
        let (g, d) = role == .controlling ? (own, other) : (other, own)
        priority = min(g, d) << 32 + 2 * max(g, d) + (g > d ? 1 : 0)
    }

    /// How good a path it may be: 0 direct, 1 through NATs or not known yet, 2 relayed.
    var rank: Int {
        if base.candidate.type == .relayed { return 2 }
        return switch remote.type {
        case .host: 0
        case .peerReflexive, .serverReflexive: 1
        case .relayed: 2
        }
    }

    /// The last sign of life.
    var lastSign: Instant? { [lastResponse, lastRequest].compactMap { $0 }.max() }

    /// Data had been coming when the last sign of life came, so that its absence says something.
    var carriesData: Bool {
        guard let lastData, let lastSign else { return false }
        return lastSign - lastData < Self.dataGap
    }

    /// Sound comes every 20 ms, and in its pauses every 400.
    private static let dataGap = Duration.milliseconds(500)

    var isUnfinished: Bool { state == .waiting || state == .inProgress }

    /// Whether the peer answered on it lately enough to be sent to.
    func isValid(at now: Instant, _ configuration: ICEConfiguration) -> Bool {
        guard state == .succeeded, let lastResponse else { return false }
        return now < lastResponse + configuration.consentTimeout
    }

    /// Whether one of the two directions has been authenticated.
    var isKnown: Bool { lastRequest != nil || lastResponse != nil }

    var path: ICEPath {
        ICEPath(local: base.address, remote: remoteAddress, localType: local.type, remoteType: remote.type)
    }

    /// Learns from an answer how long answers take.
    mutating func measure(_ check: ICECheck, answeredAt now: Instant, _ configuration: ICEConfiguration) {
        let wait = now - check.firstSent
        if check.sends == 1 {
            counters.currentRoundTripTime = wait
            counters.totalRoundTripTime += wait
            expectedAnswer = min(wait, Self.longestExpectedAnswer)
            return
        }
        // A packet was lost, or the path is slower than expected: wait longer before repeating the next check, until an
        // answer comes first and tells.
        let grown = min(wait, expectedAnswer * 2 + configuration.initialRetransmission)
        expectedAnswer = min(max(expectedAnswer, grown), Self.longestExpectedAnswer)
    }

    /// On slower paths there is no call; and lost packets, taken for slowness, must not stop the checks.
    private static let longestExpectedAnswer = Duration.seconds(1)

    mutating func remember(_ check: ICECheck) {
        if checks.count >= Self.maximumChecks { checks.removeFirst() }
        checks.append(check)
    }

    /// Repeats running checks no more, but still takes their answers (RFC 8445 section 7.3.1.4).
    mutating func cancelRepetition() {
        for index in checks.indices { checks[index].nextSend = nil }
    }

    /// An answered check needs no other like it; an answered nomination, none at all.
    mutating func cancelRepetition(of kind: ICECheck.Kind) {
        for index in checks.indices where checks[index].kind == kind || kind == .nomination { checks[index].nextSend = nil }
    }
}

/// What was sent and received on a pair; W3C's names.
struct ICEPairCounters: Sendable {
    var requestsSent = 0
    var responsesReceived = 0
    var requestsReceived = 0
    var responsesSent = 0
    var consentRequestsSent = 0
    var totalRoundTripTime = Duration.zero
    var currentRoundTripTime: Duration?
}
