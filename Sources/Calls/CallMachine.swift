import SignalingProtocol
import Wire

/// One call, from ringing to its end: what is said to the other side when, and how long each state may last.
///
/// The machine knows nothing of media. Its driver owns a peer connection, hands in what that produces, and does what the
/// outputs say. The caller's driver makes the offer before it starts; the callee's makes the answer when told to.
public struct CallMachine: Machine {
    public enum Direction: String, Sendable {
        case incoming = "in"
        case outgoing = "out"
    }

    public enum State: Hashable, Sendable {
        case ringing
        case connecting
        case connected
        /// The path is lost and being looked for again; the call goes on.
        case reconnecting
        case ended(CallEnd)
    }

    public enum Input: Sendable {
        case timeout
        /// Outgoing: ring the other side with this offer. The first input of an outgoing call.
        case place(sdp: String)
        /// Incoming: the other side's offer, which made the call.
        case offered(sdp: String)
        /// Incoming: the person, or the bot, takes the call.
        case accept
        case decline(ByeReason)
        case hangUp
        /// The peer connection made the answer that was asked for; `nil`: the offer collided with our own and was ignored.
        case answered(sdp: String?)
        /// The peer connection wants a new negotiation: the offer to restart that was asked for, or a changed track.
        case reoffer(sdp: String)
        /// The offer to restart can't be made now: another negotiation is under way.
        case notOffered
        /// An interface or an address of this machine came or went.
        case networkChanged
        /// The person wants another path looked for.
        case reconnect
        /// The connection to the server is lost, or is back.
        case signaling(isConnected: Bool)
        /// Why there is no path, as far as the peer connection knows: wanted before a `timeout`, and before a `bye`.
        case diagnosis(String)
        /// `nil`: there are no more.
        case localCandidate(Candidate?)
        case received(CallSignal.Body)
        case refused(ErrorCode, message: String)
        case media(MediaState)
        /// The other side's session description, or this side's means, don't allow the call: why, in words.
        case unusable(String)
    }

    /// What the peer connection says of itself.
    public enum MediaState: Hashable, Sendable {
        case connected
        case disconnected
        case failed(String)
        /// The other side closed the media session (DTLS close_notify), which it does only when it hangs up.
        case closed
    }

    public enum Output: Sendable {
        case send(CallSignal.Body)
        case state(State)
        /// Incoming, accepted: make the answer to this offer and hand it in as `answered`.
        case makeAnswer(offer: String)
        /// Outgoing: the other side's answer.
        case applyAnswer(sdp: String)
        /// A later offer in a call that is up; its answer comes in as `answered`.
        case applyOffer(sdp: String)
        case addCandidate(Candidate?)
        /// Make an offer that restarts ICE and hand it in as `reoffer`, or say `notOffered`.
        case restart
    }

    /// How long the other side is rung, and how long the media may take from the answer until it flows.
    public struct Limits: Sendable {
        public var ring: Duration = .seconds(45)
        public var connect: Duration = .seconds(15)
        /// How long a lost path is looked for before the call is given up.
        public var reconnect: Duration = .seconds(30)
        /// How long a restart may take before the next one: its offer, or what it found, may have been lost.
        public var restart: Duration = .seconds(8)
        /// How long the answer to a restart may take before its offer counts as lost.
        public var answer: Duration = .seconds(3)

        public init() {}
    }

    /// A browser sends one candidate an address and media section: a hundred is many times what any sends.
    static let maximumEarlyCandidates = 100

    /// A caller that gives up sooner than this after the answer could not use it, and did not look for a path.
    private static let soon = Duration.seconds(1)

    public let direction: Direction
    public private(set) var state: State = .ringing
    public var deadline: Instant? { earliest(stateDeadline, nextRestart) }

    /// When the state has lasted too long.
    private var stateDeadline: Instant?
    /// When another restart is tried.
    private var nextRestart: Instant?
    private var isSignalingConnected = true
    /// A restart waits for the connection to the server.
    private var wantsRestart = false
    /// When the offer to restart was sent that is not answered yet.
    private var offered: Instant?
    private var diagnosis: String?
    private let limits: Limits
    private var offer: String?
    /// The other side has our newest session description, so our candidates mean something to it (and may be known to it).
    private var isDescribed = false
    /// The peer connection has the other side's description, so it can take candidates.
    private var hasRemoteDescription = false
    private var localCandidates: [Candidate?] = []
    private var remoteCandidates: [Candidate?] = []
    private var outputs: [Output] = []

    public init(direction: Direction, limits: Limits = Limits()) {
        self.direction = direction
        self.limits = limits
    }

    public mutating func nextOutput() -> Output? {
        outputs.isEmpty ? nil : outputs.removeFirst()
    }

    public mutating func handle(_ input: Input, at now: Instant) {
        if case .ended = state { return }
        switch input {
        case .timeout: handleTimeout(at: now)
        case .place(let sdp):
            emit(.send(.offer(sdp: sdp)))
            describe()
            stateDeadline = now + limits.ring
        case .offered(let sdp):
            offer = sdp
            emit(.send(.ringing))
            stateDeadline = now + limits.ring
        case .accept: accept(at: now)
        case .decline(let reason): decline(reason)
        case .hangUp: hangUp()
        case .answered(let sdp):
            if let sdp {
                offered = nil
                emit(.send(.answer(sdp: sdp)))
            }
            describe()
            remoteDescriptionApplied()
        case .reoffer(let sdp):
            offered = now
            emit(.send(.offer(sdp: sdp)))
            describe()
        case .notOffered: describe()
        case .networkChanged, .reconnect: restart(at: now)
        case .signaling(let isConnected):
            isSignalingConnected = isConnected
            if isConnected, wantsRestart || state == .reconnecting { restart(at: now) }
        case .diagnosis(let text): diagnosis = text
        case .localCandidate(let candidate):
            if isDescribed {
                emit(.send(.candidate(candidate)))
            } else if localCandidates.count < Self.maximumEarlyCandidates {
                localCandidates.append(candidate)
            }
        case .received(let signal): receive(signal, at: now)
        case .refused(let code, let message): refused(code, message: message)
        case .media(let media): mediaChanged(media, at: now)
        case .unusable(let why):
            emit(.send(.bye(.failed)))
            end(.incompatible(why))
        }
    }

    private mutating func handleTimeout(at now: Instant) {
        if let nextRestart, now >= nextRestart {
            self.nextRestart = nil
            if state == .reconnecting || wantsRestart { restart(at: now) }
        }
        guard let stateDeadline, now >= stateDeadline else { return }
        switch state {
        case .ringing:
            emit(.send(.bye(.timeout)))
            end(.noAnswer)
        case .connecting, .reconnecting:
            emit(.send(.bye(.failed)))
            end(.noMediaPath(state == .connecting ? diagnosis : Self.lost))
        case .connected, .ended: self.stateDeadline = nil
        }
    }

    /// Looks for a path anew, once both sides have described themselves; what there is goes on meanwhile.
    private mutating func restart(at now: Instant) {
        guard state != .ringing, hasRemoteDescription else { return }
        guard isSignalingConnected else {
            wantsRestart = true
            return
        }
        // One that is under way is given its time.
        if let offered, now < offered + limits.answer {
            wantsRestart = true
            nextRestart = offered + limits.answer
            return
        }
        wantsRestart = false
        offered = nil
        if state == .reconnecting { nextRestart = now + limits.restart }
        // Candidates mean nothing to the other side before the offer that names their credentials.
        isDescribed = false
        emit(.restart)
    }

    private mutating func accept(at now: Instant) {
        guard state == .ringing, direction == .incoming, let offer else { return }
        enter(.connecting)
        stateDeadline = now + limits.connect
        emit(.makeAnswer(offer: offer))
    }

    private mutating func decline(_ reason: ByeReason) {
        guard state == .ringing else { return hangUp() }
        emit(.send(.bye(reason)))
        end(.said(reason, byUs: true))
    }

    private mutating func hangUp() {
        let reason: ByeReason = state == .ringing ? (direction == .outgoing ? .cancelled : .declined) : .hangup
        emit(.send(.bye(reason)))
        end(.said(reason, byUs: true))
    }

    private mutating func receive(_ signal: CallSignal.Body, at now: Instant) {
        switch signal {
        case .offer(let sdp):
            if state == .ringing {
                offer = sdp
            } else {
                // Candidates of a restarted ICE mean nothing to the other side before the answer that names their credentials.
                isDescribed = false
                emit(.applyOffer(sdp: sdp))
            }
        case .ringing: break
        case .answer(let sdp):
            if state == .ringing, direction == .outgoing {
                enter(.connecting)
                stateDeadline = now + limits.connect
            }
            offered = nil
            emit(.applyAnswer(sdp: sdp))
            remoteDescriptionApplied()
        case .candidate(let candidate):
            if hasRemoteDescription {
                emit(.addCandidate(candidate))
            } else if remoteCandidates.count < Self.maximumEarlyCandidates {
                remoteCandidates.append(candidate)
            }
        case .bye(.failed): gaveUp(at: now)
        case .bye(let reason): end(.said(reason, byUs: false))
        }
    }

    /// The other side gave the call up, in one word. For want of a path, both sides do: whoever is first, this one says what it
    /// knows of it.
    private mutating func gaveUp(at now: Instant) {
        switch state {
        case .reconnecting: end(.noMediaPath(Self.lost))
        case .connecting where direction == .outgoing || now >= (stateDeadline ?? now) - limits.connect + Self.soon:
            end(.noMediaPath(diagnosis))
        default: end(.said(.failed, byUs: false))
        }
    }

    private mutating func refused(_ code: ErrorCode, message: String) {
        switch code {
        case .unknownPeer where state == .ringing: end(.noSuchPeer)
        case .busy where state == .ringing: end(.said(.busy, byUs: false))
        case .unknownCall, .unknownPeer: break
        default:
            if state == .ringing { end(.refused(message)) }
        }
    }

    private static let lost = "the connection was lost and did not come back"

    private mutating func mediaChanged(_ media: MediaState, at now: Instant) {
        switch media {
        case .connected:
            guard state == .connecting || state == .reconnecting else { return }
            enter(.connected)
            stateDeadline = nil
            nextRestart = nil
            wantsRestart = false
        case .disconnected:
            guard state == .connected else { return }
            enter(.reconnecting)
            stateDeadline = now + limits.reconnect
            restart(at: now)
        case .failed(let why):
            emit(.send(.bye(.failed)))
            end(.noMediaPath(state == .reconnecting ? Self.lost : why))
        case .closed: end(.said(.hangup, byUs: false))
        }
    }

    private mutating func describe() {
        isDescribed = true
        for candidate in localCandidates { emit(.send(.candidate(candidate))) }
        localCandidates = []
    }

    private mutating func remoteDescriptionApplied() {
        hasRemoteDescription = true
        for candidate in remoteCandidates { emit(.addCandidate(candidate)) }
        remoteCandidates = []
    }

    private mutating func enter(_ state: State) {
        self.state = state
        emit(.state(state))
    }

    private mutating func end(_ end: CallEnd) {
        stateDeadline = nil
        nextRestart = nil
        localCandidates = []
        remoteCandidates = []
        enter(.ended(end))
    }

    private mutating func emit(_ output: Output) {
        outputs.append(output)
    }
}
