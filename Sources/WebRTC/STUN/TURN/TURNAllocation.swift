import DequeModule
import Wire

/// A client's side of one allocation on a TURN server (RFC 8656), without I/O: what comes from a server's socket or stream
/// is handed in message by message, and what goes there comes out.
///
/// It allocates, and keeps alive what it has: the allocation, a permission for each peer that is in use, and a channel for
/// those that data goes to.
public struct TURNAllocation: Machine, Sendable {
    public struct Configuration: Sendable {
        public var credentials: TURNCredentials?
        /// TCP or TLS: requests are not repeated, and ChannelData is padded.
        public var isReliable: Bool
        /// The answer to the first request, after which it is repeated in ever doubled time.
        public var initialRetransmission = Duration.milliseconds(250)
        /// When a request is given up.
        public var patience = Duration.seconds(6)

        public init(credentials: TURNCredentials?, isReliable: Bool) {
            self.credentials = credentials
            self.isReliable = isReliable
        }
    }

    public enum Input: Sendable {
        case timeout
        /// Asks for an allocation.
        case start
        /// One message of the server's.
        case received([UInt8])
        case send([UInt8], to: TransportAddress)
        /// Lets this peer's datagrams in, before one is sent there.
        case permit(IPAddress)
        /// Asks the server now whether the allocation still stands.
        case check
        /// Gives the allocation back.
        case release
    }

    public enum Output: Hashable, Sendable {
        case transmit([UInt8])
        /// There it is: its addresses, one for each family that the server grants, and where the server sees this end.
        case allocated([TransportAddress], mapped: TransportAddress)
        case data([UInt8], from: TransportAddress)
        /// Another server is to be asked (300); its certificate bears the name, if there is one.
        case redirected(TransportAddress, name: String?)
        /// It is not there, or no longer. Nothing follows.
        case failed(TURNFailure)
    }

    enum State: Hashable, Sendable {
        case idle, allocating, allocated, over
    }

    /// A request that is not answered yet.
    struct Transaction: Sendable {
        enum Kind: Hashable, Sendable {
            case allocate(isSecondFamily: Bool)
            case refresh
            case permission(IPAddress)
            case channel(UInt16, TransportAddress)
        }

        var kind: Kind
        var id: STUNTransactionID
        var bytes: [UInt8]
        var isAuthenticated: Bool
        /// How often the server wanted another nonce.
        var challenges: Int
        var interval: Duration
        var nextSend: Instant?
        var expires: Instant
    }

    struct Permission: Sendable {
        /// The server has granted it until its ``refresh`` and some more.
        var isGranted = false
        /// The server forbade it.
        var isDenied = false
        var refresh: Instant?
        var lastUsed: Instant
        /// What waits for it.
        var waiting: [(bytes: [UInt8], to: TransportAddress)] = []
    }

    struct Channel: Sendable {
        var number: UInt16
        var isBound = false
        var refresh: Instant?
        var lastUsed: Instant
    }

    let configuration: Configuration
    var random: RandomSource
    var state = State.idle
    var authentication: TURNAuthentication?
    var transactions: [Transaction] = []
    var refreshAt: Instant?
    var permissions: [IPAddress: Permission] = [:]
    var channels: [TransportAddress: Channel] = [:]
    var peers: [UInt16: TransportAddress] = [:]
    var nextChannel = ChannelData.channels.lowerBound
    var outputs = Deque<Output>()

    /// Peers of one call: as many addresses as it may try.
    public static let maximumPermissions = 32
    /// Only paths that carry data have channels: one, or two while they change.
    static let maximumChannels = 16
    /// Checks that wait for a permission: what is more is repeated by who sent it.
    static let maximumWaiting = 8
    /// RFC 8656 sections 9 and 12: a permission lasts 300 s, a channel 600 s. Both are renewed at 80 %.
    static let permissionRefresh = Duration.seconds(240)
    static let channelRefresh = Duration.seconds(480)
    /// What nothing was sent to or came from for so long is left to expire.
    static let permissionUse = Duration.seconds(300)
    static let maximumChallenges = 3

    public init(configuration: Configuration, random: RandomSource) {
        self.configuration = configuration
        self.random = random
    }

    public mutating func nextOutput() -> Output? { outputs.popFirst() }

    public var deadline: Instant? {
        if state == .over || state == .idle { return nil }
        var result = refreshAt
        for transaction in transactions { result = earliest(result, transaction.nextSend, transaction.expires) }
        for permission in permissions.values { result = earliest(result, permission.refresh) }
        for channel in channels.values { result = earliest(result, channel.refresh) }
        return result
    }

    public mutating func handle(_ input: Input, at now: Instant) {
        switch input {
        case .start:
            guard state == .idle else { break }
            state = .allocating
            request(.allocate(isSecondFamily: false), at: now)
        case .received(let bytes): receive(bytes, at: now)
        case .send(let bytes, let peer): send(bytes, to: peer, at: now)
        case .permit(let ip): if state == .allocated { permit(ip, at: now) }
        case .check: if state == .allocated { refresh(at: now) }
        case .release: release()
        case .timeout: break
        }
        guard state == .allocating || state == .allocated else { return }
        repeatRequests(at: now)
        keepAlive(at: now)
    }

    /// Of an allocation that was made or asked for, the server is told once; if that is lost, it expires by itself.
    private mutating func release() {
        if state == .allocated, let authentication {
            let message = STUNMessage(
                .request, method: .refresh, transactionID: STUNTransactionID(random: &random), attributes: [.lifetime(0)])
            outputs.append(.transmit(authentication.encode(message)))
        }
        end()
    }

    mutating func end() {
        state = .over
        transactions = []
        permissions = [:]
        channels = [:]
        peers = [:]
        refreshAt = nil
    }

    mutating func fail(_ why: TURNFailure) {
        end()
        outputs.append(.failed(why))
    }

    private mutating func receive(_ bytes: [UInt8], at now: Instant) {
        guard state == .allocating || state == .allocated else { return }
        if let first = bytes.first, first >> 6 == 1 {
            guard let channelData = ChannelData(parsing: bytes), let peer = peers[channelData.channel] else { return }
            return deliver(channelData.data, from: peer, at: now)
        }
        guard let message = try? STUNMessage(parsing: bytes) else { return }
        switch message.messageClass {
        case .indication:
            guard message.method == .data, let peer = message.peerAddress, let data = message[.data] else { return }
            deliver(data, from: peer, at: now)
        case .successResponse, .errorResponse: receiveResponse(message, at: now)
        case .request: break
        }
    }
}
