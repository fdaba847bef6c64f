import SignalingProtocol
import Wire

/// The client's side of a session without I/O: joining, queueing while the connection is away, coming back.
public struct SignalingSession: Machine {
    public enum Input: Sendable {
        case start
        /// The WebSocket is open.
        case connected
        /// The connection could not be made.
        case connectionFailed(SignalingFailure)
        case received(ServerMessage)
        /// Something came that is no message, such as a ping.
        case heard
        /// The connection is gone; `code` is that of the close frame, where one came.
        case disconnected(code: UInt16?)
        case send(ClientMessage)
        /// Interfaces or addresses of this machine have come or gone: `true` if the address that the connection leaves from did.
        case networkChanged(isConnectionLost: Bool)
        case leave
        case timeout
    }

    public enum Output: Hashable, Sendable {
        case connect
        case transmit(ClientMessage)
        /// Close the connection, and forget it: nothing of it may be handed in any more.
        case disconnect(code: UInt16)
        case event(SignalingEvent)
    }

    enum State: Hashable {
        case idle
        case connecting
        case joining
        case joined
        case waiting
        /// `leave` is sent; the server closes.
        case leaving
        case closed
    }

    /// A connection that takes longer is tried again.
    static let connectTimeout = Duration.seconds(10)
    /// The server pings every 25 s; two of them lost, and it is not there.
    static let silenceLimit = Duration.seconds(60)
    /// How long a server may take to close after `leave`.
    static let leaveTimeout = Duration.seconds(2)
    /// How long `leave` waits for a server that is away while something is still to be told to others.
    static let farewellTimeout = Duration.seconds(5)
    static let firstPause = Duration.milliseconds(250)
    static let longestPause = Duration.seconds(8)
    /// What waits is sent at once when the connection is back, and the server takes a hundred messages at once.
    static let queueLimit = 80

    let configuration: SignalingConfiguration
    var random: RandomSource
    var state = State.idle
    var outputs: [Output] = []
    var nextOutputIndex = 0
    var stateDeadline: Instant?
    var farewellDeadline: Instant?
    var failures = 0
    var hasJoined = false
    var resume: String?
    var status: PeerStatus?
    var queue: [ClientMessage] = []
    var wantsToLeave = false
    var lastRefusal: ServerError?

    public init(configuration: SignalingConfiguration, random: RandomSource) {
        self.configuration = configuration
        self.random = random
    }

    public var deadline: Instant? { earliest(stateDeadline, farewellDeadline) }

    public mutating func nextOutput() -> Output? {
        guard nextOutputIndex < outputs.count else {
            outputs.removeAll(keepingCapacity: true)
            nextOutputIndex = 0
            return nil
        }
        defer { nextOutputIndex += 1 }
        return outputs[nextOutputIndex]
    }

    public mutating func handle(_ input: Input, at now: Instant) {
        guard state != .closed else { return }
        switch input {
        case .start: if state == .idle { connect(at: now) }
        case .connected: if state == .connecting { sendJoin(at: now) }
        case .connectionFailed(let failure): if state == .connecting { lost(failure, at: now) }
        case .received(let message):
            heard(at: now)
            received(message, at: now)
        case .heard: heard(at: now)
        case .disconnected(let code): disconnected(code, at: now)
        case .send(let message): send(message)
        case .networkChanged(let isConnectionLost): networkChanged(isConnectionLost, at: now)
        case .leave: leave(at: now)
        case .timeout: timeout(at: now)
        }
    }

    mutating func connect(at now: Instant) {
        state = .connecting
        stateDeadline = now + Self.connectTimeout
        lastRefusal = nil
        outputs.append(.connect)
    }

    private mutating func sendJoin(at now: Instant) {
        state = .joining
        stateDeadline = now + Self.connectTimeout
        var join = configuration.join
        join.resume = resume
        outputs.append(.transmit(.join(join)))
    }

    private mutating func heard(at now: Instant) {
        if state == .joined { stateDeadline = now + Self.silenceLimit }
    }

    private mutating func timeout(at now: Instant) {
        if let farewellDeadline, now >= farewellDeadline {
            if state != .waiting { outputs.append(.disconnect(code: CloseCode.normal)) }
            return close(nil)
        }
        guard let stateDeadline, now >= stateDeadline else { return }
        switch state {
        case .waiting: connect(at: now)
        case .connecting, .joining, .joined:
            outputs.append(.disconnect(code: CloseCode.connectionLost))
            lost(Self.silent(configuration.url), at: now)
        case .leaving:
            outputs.append(.disconnect(code: CloseCode.normal))
            close(nil)
        case .idle, .closed: self.stateDeadline = nil
        }
    }

    private mutating func send(_ message: ClientMessage) {
        if case .status(let status) = message { self.status = status }
        if state == .joined {
            outputs.append(.transmit(message))
        } else if state != .leaving, !wantsToLeave, queue.count < Self.queueLimit {
            // The newest status is sent after coming back in any case.
            if case .signal = message { queue.append(message) }
        }
    }

    private mutating func leave(at now: Instant) {
        guard !wantsToLeave else { return }
        wantsToLeave = true
        if state == .joined {
            sendLeave(at: now)
        } else if hasJoined, !queue.isEmpty {
            farewellDeadline = now + Self.farewellTimeout
        } else {
            if state == .connecting || state == .joining { outputs.append(.disconnect(code: CloseCode.normal)) }
            close(nil)
        }
    }

    mutating func sendLeave(at now: Instant) {
        state = .leaving
        stateDeadline = now + Self.leaveTimeout
        farewellDeadline = nil
        outputs.append(.transmit(.leave))
    }

    mutating func close(_ failure: SignalingFailure?) {
        state = .closed
        stateDeadline = nil
        farewellDeadline = nil
        queue = []
        outputs.append(.event(.closed(failure)))
    }
}
