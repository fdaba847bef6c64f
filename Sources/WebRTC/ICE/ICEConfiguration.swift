/// The times and limits of an ``ICEAgent``.
public struct ICEConfiguration: Sendable {
    /// Ta: the least time between two new checks or two new requests to STUN servers (RFC 8445 section 14.2; at least 5 ms).
    public var pacing = Duration.milliseconds(20)
    /// How long an answer to a check may take before the check is repeated; it doubles up to ``maximumRetransmission``.
    /// RFC 8445 section 14.3 advises 500 ms: half of that halves what one lost packet costs, and paths slower than that
    /// are given twice the time that they were seen to take.
    public var initialRetransmission = Duration.milliseconds(250)
    /// The most time between two repetitions of a check: a peer that comes late is found within it.
    public var maximumRetransmission = Duration.seconds(2)
    /// Rc: how many times a request is sent (RFC 8489 section 6.2.1).
    public var maximumSends = 7
    /// How long a pair that is not host to host waits for a better one before it is nominated.
    public var nominationPatience = Duration.milliseconds(100)
    /// How long a pair through a relay waits for a direct one: data goes through the relay meanwhile.
    public var relayPatience = Duration.milliseconds(400)
    /// Between consent checks, times 0.8 to 1.2 (RFC 7675 section 5.1).
    public var consentInterval = Duration.seconds(5)
    /// Sending stops when no consent has come for so long (RFC 7675 section 5.1).
    public var consentTimeout = Duration.seconds(30)
    /// A path that showed no life for so long, and did not answer four checks, is called disconnected.
    public var silence = Duration.seconds(5)
    /// A path on which data came is asked for life when there was none for so long ...
    public var dataPause = Duration.milliseconds(700)
    /// ... and called disconnected after so long, with four checks unanswered: a person has seen the picture freeze.
    public var dataSilence = Duration.milliseconds(1800)
    /// The least time before the agent gives up though all pairs failed: checks of the peer may still come (RFC 8863).
    public var minimumPatience = Duration.seconds(15)
    /// The agent gives up after so long without a valid pair.
    public var maximumPatience = Duration.seconds(30)
    /// When requests to STUN servers are given up.
    public var gatheringTimeout = Duration.milliseconds(9500)

    /// Candidates taken from the peer, and pairs checked (RFC 8445 section 6.1.2.5 advises 100 pairs): so many addresses,
    /// at most, can a peer have us send checks to.
    public var maximumRemoteCandidates = 100
    public var maximumPairs = 100
    /// Sockets: a host has a handful of addresses.
    public var maximumLocalAddresses = 32
    public var maximumServers = 8
    /// Sources of checks that came before the peer's credentials.
    public var maximumEarlyChecks = 32

    public init() {}
}
