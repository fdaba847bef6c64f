import DequeModule
import NIOCore
import Wire

/// One client of Engine.IO, protocol 4, without I/O: its transport, the upgrade from polling to WebSocket, the heartbeat, and what
/// waits for it.
///
/// A session begins on one transport with the `open` packet, and has one WebSocket at most, then or by an upgrade.
public struct EngineIOSession: Machine {
    /// Names a request of polling until it is answered.
    public typealias RequestID = UInt64

    public enum Transport: String, Sendable {
        case polling
        case webSocket = "websocket"
    }

    public enum Input: Sendable {
        /// A `GET`: it waits until there is something to tell.
        case poll(RequestID)
        /// A `POST` with packets.
        case post(RequestID, ByteBuffer)
        /// The connection of a request that was not answered yet is gone.
        case requestLost(RequestID)
        /// A WebSocket came, to replace polling.
        case socketOpened
        case socketReceived(ByteBuffer, isBinary: Bool)
        /// The WebSocket is gone; `code` is that of the client's close frame, where one came.
        case socketClosed(code: UInt16?)
        /// The client sent more at once than `maxPayload`.
        case oversized
        /// Something is to be sent, with the next `flush` at the latest.
        case send(EngineIOFrame)
        case flush
        /// What waits on the WebSocket passed its limit.
        case overflowed
        /// The application has had enough; `code` closes a WebSocket.
        case close(code: UInt16)
        case timeout
    }

    public enum Output: Sendable {
        case respond(RequestID, EngineIOResponse)
        case write(EngineIOFrame)
        case closeSocket(code: UInt16)
        case message(EngineIOMessage)
        /// The application is to say its last words, and close.
        case oversized
        /// Nothing more comes from the client.
        case closed(EngineIOCloseReason)
        /// Nothing more goes to the client either.
        case finished
    }

    enum Phase {
        case open
        /// Closed by the application; a polling client may fetch what waits until then.
        case lingering(until: Instant)
        case finished
    }

    enum Heartbeat {
        case pingDue(Instant)
        case pongDue(Instant)
    }

    enum Upgrade {
        case opened(until: Instant)
        case probed(until: Instant)
    }

    public let id: String
    let configuration: EngineIOConfiguration
    public private(set) var transport: Transport
    var phase = Phase.open
    var heartbeat: Heartbeat
    var upgrade: Upgrade?
    /// The `GET` that waits.
    var poll: RequestID?
    private var waiting: [EngineIOFrame] = []
    /// What waits for a poll, in bytes.
    public private(set) var waitingSize = 0
    private var outputs: Deque<Output> = []

    /// - Parameter id: unguessable, of characters that need no escape in a URL or in JSON.
    public init(id: String, transport: Transport, configuration: EngineIOConfiguration, at now: Instant) {
        self.id = id
        self.transport = transport
        self.configuration = configuration
        heartbeat = .pingDue(now + configuration.pingInterval)
        send(EngineIOFrame(.open, handshake.utf8))
    }

    /// The handshake, as JSON.
    private var handshake: String {
        let upgrades = transport == .polling ? "\"websocket\"" : ""
        return "{\"sid\":\"\(id)\",\"upgrades\":[\(upgrades)],\"pingInterval\":\(Int64(configuration.pingInterval.milliseconds)),"
            + "\"pingTimeout\":\(Int64(configuration.pingTimeout.milliseconds)),\"maxPayload\":\(configuration.maxPayload)}"
    }

    public mutating func nextOutput() -> Output? {
        outputs.popFirst()
    }

    mutating func emit(_ output: Output) {
        outputs.append(output)
    }

    /// Whether a WebSocket may come to replace polling.
    public var awaitsUpgrade: Bool {
        guard case .open = phase, transport == .polling, upgrade == nil else { return false }
        return true
    }

    // MARK: Time

    public var deadline: Instant? {
        switch phase {
        case .open: earliest(heartbeatDeadline, upgradeDeadline)
        case .lingering(let end): end
        case .finished: nil
        }
    }

    private var heartbeatDeadline: Instant {
        switch heartbeat {
        case .pingDue(let deadline), .pongDue(let deadline): deadline
        }
    }

    private var upgradeDeadline: Instant? {
        switch upgrade {
        case nil: nil
        case .opened(let deadline), .probed(let deadline): deadline
        }
    }

    /// A request that comes at the very end of a session must not find it: what is due comes first.
    private mutating func expire(at now: Instant) {
        if case .lingering(let end) = phase, end <= now { return finish() }
        guard case .open = phase else { return }
        if let upgradeDeadline, upgradeDeadline <= now { abandonUpgrade() }
        switch heartbeat {
        case .pongDue(let deadline) where deadline <= now: end(.pingTimeout, code: 1008)
        case .pingDue(let deadline) where deadline <= now:
            let pong = deadline + configuration.pingTimeout
            // Where the driver comes that late, the client still gets its time.
            heartbeat = .pongDue(pong > now ? pong : now + configuration.pingTimeout)
            send(.ping)
            flush()
        default: break
        }
    }

    // MARK: Inputs

    public mutating func handle(_ input: Input, at now: Instant) {
        expire(at: now)
        switch input {
        case .poll(let id): poll(id)
        case .post(let id, let body): post(id, body, at: now)
        case .requestLost(let id):
            guard poll == id else { return }
            poll = nil
            end(.transportLost(code: nil), code: 1001)
        case .socketOpened: openSocket(at: now)
        case .socketReceived(let data, let isBinary): received(data, isBinary: isBinary, at: now)
        case .socketClosed(let code): socketClosed(code: code)
        case .oversized: if case .open = phase { emit(.oversized) }
        case .send(let frame): if case .open = phase { send(frame) }
        case .flush: flush()
        case .overflowed: end(.overflowed, code: 1013)
        case .close(let code): close(code: code, at: now)
        case .timeout: break
        }
    }

    mutating func received(_ packet: EngineIOPacket, at now: Instant) throws(EngineIOError) {
        switch packet.kind {
        case .message: emit(.message(packet.isBinary ? .binary(packet.payload) : .text(packet.payload)))
        case .pong:
            guard case .pongDue = heartbeat else { return }
            heartbeat = .pingDue(now + configuration.pingInterval)
        case .close:
            // The client does not want its poll to end in an error.
            if let poll { respond(to: poll, [.noop]) }
            end(.closedByClient, code: 1000)
        case .noop, .upgrade: break
        case .open, .ping: throw EngineIOError.unknownPacket
        }
    }

    // MARK: Sending

    mutating func send(_ frame: EngineIOFrame) {
        guard transport == .polling else { return emit(.write(frame)) }
        guard waitingSize + frame.size <= configuration.queueLimit else { return end(.overflowed, code: 1013) }
        waiting.append(frame)
        waitingSize += frame.size
    }

    /// Answers the poll, if there is something to answer.
    mutating func flush() {
        guard let poll, !waiting.isEmpty else { return }
        respond(to: poll, takeWaiting())
    }

    mutating func takeWaiting() -> [EngineIOFrame] {
        defer {
            waiting = []
            waitingSize = 0
        }
        return waiting
    }

    mutating func respond(to request: RequestID, _ frames: [EngineIOFrame]) {
        if poll == request { poll = nil }
        emit(.respond(request, .packets(frames)))
    }

    mutating func becomeWebSocket() {
        transport = .webSocket
        upgrade = nil
        for frame in takeWaiting() { emit(.write(frame)) }
    }

    // MARK: The end

    private mutating func close(code: UInt16, at now: Instant) {
        guard case .open = phase else { return }
        guard transport == .polling else { return end(.closedByServer, code: code) }
        if upgrade != nil { abandonUpgrade() }
        emit(.closed(.closedByServer))
        if let poll {
            respond(to: poll, takeWaiting() + [.close])
            finish()
        } else {
            phase = .lingering(until: now + configuration.lingerTime)
        }
    }

    /// - Parameter code: closes a WebSocket that is still there.
    mutating func end(_ reason: EngineIOCloseReason, code: UInt16) {
        guard case .open = phase else { return }
        if let poll { respond(to: poll, [.close]) }
        switch reason {
        case .transportLost where transport == .webSocket: break
        default: if transport == .webSocket || upgrade != nil { emit(.closeSocket(code: code)) }
        }
        emit(.closed(reason))
        finish()
    }

    mutating func finish() {
        phase = .finished
        upgrade = nil
        _ = takeWaiting()
        emit(.finished)
    }
}

/// Why a session ended.
public enum EngineIOCloseReason: Hashable, Sendable {
    /// The WebSocket, or a poll, broke off; `code` is that of the client's close frame, where one came.
    case transportLost(code: UInt16?)
    /// The client sent a `close` packet.
    case closedByClient
    case closedByServer
    case pingTimeout
    /// The client broke the protocol.
    case violation(EngineIOError)
    /// The client polled while it polled.
    case duplicatePoll
    /// More waited for the client than may.
    case overflowed
}

/// What a request of polling is answered with.
public enum EngineIOResponse: Sendable {
    /// 200, with packets.
    case packets([EngineIOFrame])
    /// 200, `ok`.
    case ok
    case refused(EngineIORefusal)
}
