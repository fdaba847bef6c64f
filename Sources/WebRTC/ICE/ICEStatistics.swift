import Wire

/// What an agent knows of one pair; W3C's `RTCIceCandidatePairStats`.
public struct ICECandidatePairStatistics: Sendable {
    /// Stays the same while the pair exists.
    public var id: Int
    public var local: ICECandidate
    public var remote: ICECandidate
    public var state: ICECandidatePairState
    public var nominated: Bool
    /// The pair that data is sent on.
    public var isSelected: Bool
    /// RFC 8445 section 6.1.2.3.
    public var priority: UInt64
    /// Checks sent, repetitions not counted.
    public var requestsSent: Int
    public var responsesReceived: Int
    /// Checks received, repetitions included.
    public var requestsReceived: Int
    public var responsesSent: Int
    /// Consent checks sent, repetitions not counted.
    public var consentRequestsSent: Int
    /// Over the answers to checks that were sent once: of the others nobody knows which sending was answered.
    public var totalRoundTripTime: Duration
    public var currentRoundTripTime: Duration?

    init(_ pair: ICEPair, isSelected: Bool) {
        id = pair.id
        local = pair.local
        remote = pair.remote
        state = pair.state
        nominated = pair.isNominated
        self.isSelected = isSelected
        priority = pair.priority
        requestsSent = pair.counters.requestsSent
        responsesReceived = pair.counters.responsesReceived
        requestsReceived = pair.counters.requestsReceived
        responsesSent = pair.counters.responsesSent
        consentRequestsSent = pair.counters.consentRequestsSent
        totalRoundTripTime = pair.counters.totalRoundTripTime
        currentRoundTripTime = pair.counters.currentRoundTripTime
    }
}

/// What a STUN server saw a socket as.
public struct ICEMapping: Hashable, Sendable {
    public var base: TransportAddress
    public var server: TransportAddress
    public var mapped: TransportAddress
    /// Another address of the server's, where it has one (RFC 5780).
    public var otherAddress: TransportAddress?

    public init(base: TransportAddress, server: TransportAddress, mapped: TransportAddress, otherAddress: TransportAddress? = nil) {
        self.base = base
        self.server = server
        self.mapped = mapped
        self.otherAddress = otherAddress
    }
}

/// What an agent has counted.
public struct ICEStatistics: Sendable {
    /// STUN packets that were dropped, by reason.
    public struct DroppedPackets: Sendable, Hashable {
        /// No STUN message, cut short, or with a wrong FINGERPRINT.
        public var malformed = 0
        /// For another user fragment, or with a wrong or no MESSAGE-INTEGRITY.
        public var unauthenticated = 0
        /// Well-formed but not expected: responses to no request of ours, other methods, on no socket of ours.
        public var unexpected = 0

        public init() {}
    }

    public var pairs: [ICECandidatePairStatistics]
    public var localCandidates: [ICECandidate]
    /// The peer's, those included whose name is not resolved.
    public var remoteCandidates: [ICECandidate]
    /// W3C's `RTCTransportStats.selectedCandidatePairChanges`.
    public var selectedCandidatePairChanges: Int
    public var droppedPackets: DroppedPackets
    /// The STUN servers that were asked.
    public var stunServers: [TransportAddress]
    /// What they answered.
    public var mappings: [ICEMapping]

    /// The pair that data is sent on.
    public var selectedPair: ICECandidatePairStatistics? { pairs.first(where: \.isSelected) }
}
