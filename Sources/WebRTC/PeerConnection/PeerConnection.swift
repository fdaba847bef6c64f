import Congestion
import DequeModule
import ICE
import Playout
import RTP
import SDP
import STUN
import Security
import Wire

/// One WebRTC session without I/O: negotiation, ICE, DTLS, SRTP, RTP and RTCP composed into one machine.
///
/// Its driver owns the sockets and the clock. It tells the machine the addresses that it bound, hands in datagrams and
/// encoded frames, and does what the outputs say. Negotiation goes by calls (``makeOffer(restartingICE:at:)`` and its
/// siblings), which also may leave outputs behind: drain after each.
public final class PeerConnection: Machine {
    public struct Configuration {
        /// In a collision of offers the polite side gives up its own (perfect negotiation).
        public var isPolite: Bool
        /// Only relays are used: the other side learns no address of this one.
        public var isRelayOnly: Bool
        public var wallClock: WallClock
        public var random: RandomSource
        public var certificate: Certificate
        /// Makes the key exchange; simulations put a stand-in here, since OpenSSL reads the system's clock.
        public var makeDTLSSession: (Certificate) -> any DTLSSession

        public init(
            isPolite: Bool, certificate: Certificate, wallClock: WallClock, random: RandomSource = .system,
            isRelayOnly: Bool = false,
            makeDTLSSession: @escaping (Certificate) -> any DTLSSession = { OpenSSLDTLSSession(certificate: $0) }
        ) {
            self.isPolite = isPolite
            self.certificate = certificate
            self.wallClock = wallClock
            self.random = random
            self.isRelayOnly = isRelayOnly
            self.makeDTLSSession = makeDTLSSession
        }
    }

    public enum Input {
        case timeout
        /// A UDP socket is bound to this address.
        case localAddress(TransportAddress)
        case localAddressGone(TransportAddress)
        /// There are no more local addresses for now.
        case localAddressesComplete
        /// A server to ask where this end is seen.
        case stunServer(TransportAddress)
        /// A server to relay through. It may come at any time; before ``localAddressesComplete`` to be waited for.
        case turnServer(TURNServer)
        /// A connection to a relay stands, TLS included.
        case streamOpened(ICERelays.StreamID, local: TransportAddress)
        case streamData(ICERelays.StreamID, [UInt8])
        /// It was not made, or has ended.
        case streamClosed(ICERelays.StreamID, TURNFailure)
        case datagram([UInt8], from: TransportAddress, to: TransportAddress)
        /// The addresses behind a name that was to be resolved.
        case resolved(String, [IPAddress])
        /// An encoded frame or packet for the transceiver with this id.
        case media(EncodedMedia, transceiver: Int)
        /// So many samples of sound at 48 kHz need not be sent, since they are silence and the other side knows (DTX).
        case silence(sampleCount: Int, transceiver: Int)
        /// What was received on this transceiver can't be decoded until a key frame comes.
        case keyFrameNeeded(transceiver: Int)
        /// The most that the picture's encoder makes use of, in bits per second; 2,500,000 unless told.
        case videoBitrateLimit(Int)
        /// More bits per second than this are of no use to this side: the other side is told not to send them. `nil`: any are.
        case usefulBitrate(Int?)
        /// Says goodbye to the other side.
        case close
    }

    public enum Output {
        case transmit([UInt8], from: TransportAddress, to: TransportAddress)
        /// Connect to a relay over TCP, or TLS with a certificate for the name.
        case openStream(ICERelays.StreamID, to: TransportAddress, isTLS: Bool, name: String)
        case writeStream(ICERelays.StreamID, [UInt8])
        case closeStream(ICERelays.StreamID)
        /// Find the addresses behind the name of a remote candidate, and hand them in, if there are any.
        case resolve(String)
        /// A local candidate to be told to the other side; `nil`: there are no more.
        case candidate(LocalCandidate?)
        case state(ConnectionState)
        /// What may be sent and received has changed: look at ``PeerConnection/transceivers``.
        case negotiated
        case videoFrame(AssembledFrame, transceiver: Int)
        case audioPacket(RTPPacket, transceiver: Int)
        /// A frame as a later packet repeated it (RFC 2198), under the sequence number that its own packet had.
        case audioCopy(RTPPacket, transceiver: Int)
        /// The other side's clocks: for lip sync.
        case senderReport(SenderReport, transceiver: Int)
        /// The other side can't go on without a key frame.
        case keyFrameRequested(transceiver: Int)
        /// What the encoders may take from now on. Pictures come later, or not at all, while they get nothing.
        case bitrate(BitrateAllocation)
    }

    public let configuration: Configuration
    public internal(set) var state: ConnectionState = .new

    var random: RandomSource
    var jsep: JSEPSession
    var ice: ICEAgent
    var relays: ICERelays
    /// What the ICE agent was told of them.
    var awaitsRelays = false
    /// When the last input came: what is sent through a relay is wrapped as it leaves.
    var clock = Instant.zero
    var iceCredentials: ICECredentials
    var iceState: ICEState = .new
    /// Local candidates from before the first description, which are no more than the ICE agent has addresses and servers;
    /// `nil`: there are no more.
    var undescribedCandidates: [ICECandidate?] = []
    /// Remote candidates whose names are being resolved.
    var namedCandidates: [ICECandidate] = []
    var remoteFingerprints: [Fingerprint] = []
    var dtls: (any DTLSSession)?
    var dtlsConnection: DTLSConnection?
    var isDTLSStarted = false
    /// Where the newest DTLS datagram came from and to: the way back before a path is selected.
    var dtlsPath: (local: TransportAddress, remote: TransportAddress)?
    var srtp: SRTPSession?
    var earlyPackets: [[UInt8]] = []
    var senders: [Int: MediaSender] = [:]
    var receivers: [Int: MediaReceiver] = [:]
    var demultiplexer = Demultiplexer()
    var feedbackRecorder = TransportFeedbackRecorder()
    var transportSequenceNumber: UInt16 = 0
    var reportDeadline: Instant?
    var counters = Counters()
    /// What the other side says that it can receive (REMB), in bits per second.
    var maximumBitrate: Int?
    /// Whether the other side tells of the packets' arrival.
    var usesTransportCC = false
    var congestion = CongestionController()
    var usefulBitrate: Int?
    var pacer = Pacer<PacedPacket>()
    var retransmissionRate = RateMeter()
    var videoBitrateLimit = 2_500_000
    var allocation: BitrateAllocation?
    /// Whether pictures wait for so long that no further ones are wanted.
    var isBacklogged = false
    /// Since when the path has taken no pictures.
    var heldUpSince: Instant?
    /// When the path was last too narrow for pictures.
    var narrowAt: Instant?
    /// The path has become much narrower, just now.
    var hasCollapsed = false
    /// When pictures that waited were last thrown away.
    var beganAnewAt: Instant?
    var outputs = Deque<Output>()
    let cname: String
    let streamID: String

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        random = configuration.random
        cname = random.iceCharacters(16).replacingIceSymbols
        streamID = random.iceCharacters(16).replacingIceSymbols
        jsep = JSEPSession(configuration: JSEPConfiguration(sessionID: random.next(), isPolite: configuration.isPolite))
        iceCredentials = ICECredentials(random: &random)
        ice = ICEAgent(role: .controlled, credentials: iceCredentials, random: configuration.random)
        relays = ICERelays(random: random.fork())
    }

    public var transceivers: [Transceiver] { jsep.transceivers }

    /// What is sent from a relay's address leaves wrapped for the relay; a session that is closed gives its relays back last.
    public func nextOutput() -> Output? {
        while true {
            guard let output = outputs.popFirst() else {
                guard state == .closed, !relays.isClosed else { return nil }
                relays.handle(.close, at: clock)
                pump(at: clock)
                continue
            }
            guard case .transmit(let bytes, let local, let remote) = output, relays.isRelayed(local) else { return output }
            relays.handle(.send(bytes, from: local, to: remote), at: clock)
            pump(at: clock)
        }
    }

    public var deadline: Instant? {
        if state == .closed { return nil }
        var result = earliest(earliest(ice.deadline, relays.deadline), earliest(dtls?.deadline, reportDeadline))
        result = earliest(result, earliest(feedbackRecorder.deadline, earliest(pacer.deadline, congestion.deadline)))
        for receiver in receivers.values { result = earliest(result, receiver.deadline) }
        return result
    }

    public func handle(_ input: Input, at now: Instant) {
        guard state != .closed else { return }
        clock = now
        switch input {
        case .timeout: break
        case .localAddress(let address):
            if !configuration.isRelayOnly { ice.handle(.localAddress(address), at: now) }
            relays.handle(.localAddress(address), at: now)
        case .localAddressGone(let address):
            ice.handle(.localAddressGone(address), at: now)
            relays.handle(.localAddressGone(address), at: now)
        case .localAddressesComplete: ice.handle(.localAddressesComplete, at: now)
        case .stunServer(let server): if !configuration.isRelayOnly { ice.handle(.stunServer(server), at: now) }
        case .turnServer(let server): relays.handle(.server(server), at: now)
        case .streamOpened(let id, let local): relays.handle(.streamOpened(id, local: local), at: now)
        case .streamData(let id, let bytes): relays.handle(.streamData(id, bytes), at: now)
        case .streamClosed(let id, let why): relays.handle(.streamClosed(id, why), at: now)
        case .datagram(let bytes, let remote, let local): receive(bytes, from: remote, to: local, at: now)
        case .resolved(let name, let addresses): resolved(name, addresses, at: now)
        case .media(let media, let id): send(media, transceiver: id, at: now)
        case .silence(let sampleCount, let id): senders[id]?.stream.skip(sampleCount: max(0, sampleCount))
        case .keyFrameNeeded(let id): receivers[id]?.keyFrameNeeded(at: now)
        case .videoBitrateLimit(let bitrate): videoBitrateLimit = max(0, bitrate)
        case .usefulBitrate(let bitrate):
            usefulBitrate = bitrate
            sendUsefulBitrate(at: now)
        case .close: close(at: now)
        }
        runTimers(at: now)
        pump(at: now)
    }
}

/// W3C RTCPeerConnectionState, with what is known of a failure.
public enum ConnectionState: Hashable, Sendable {
    case new
    case connecting
    case connected
    /// Nothing comes from the other side; that may pass.
    case disconnected
    case failed(String)
    case closed
}

/// A candidate with the section that it belongs to.
public struct LocalCandidate: Hashable, Sendable {
    /// `candidate:…`
    public var candidate: String
    public var sdpMid: String?
    public var sdpMLineIndex: Int
    public var usernameFragment: String
}

/// One encoded frame of video, or packet of audio.
public struct EncodedMedia: Sendable {
    public var bytes: [UInt8]
    public var capturedAt: Instant
    /// Which packets of audio before this one are repeated with it, where that was negotiated (RFC 2198): 1 is the last.
    public var redundancy: [Int]

    public init(bytes: [UInt8], capturedAt: Instant, redundancy: [Int] = []) {
        self.bytes = bytes
        self.capturedAt = capturedAt
        self.redundancy = redundancy
    }
}

extension String {
    /// The ice-char set has `+` and `/`, which identifiers in SDP may not have.
    fileprivate var replacingIceSymbols: String {
        String(map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
    }
}
