import DequeModule
import SignalingProtocol
import Wire

/// The signaling rules without I/O: who is where, who calls whom, and what each is to be told.
///
/// It knows connections by number alone and messages as values, so every binding can feed it.
public final class Hub: Machine {
    public enum Input: Sendable {
        case opened(ConnectionID)
        /// A message of `size` bytes, or why it is none.
        case received(ConnectionID, size: Int, Result<ClientRequest, BadMessage>)
        /// A message over the limit came.
        case oversized(ConnectionID)
        /// What waits to be written passed its limit.
        case overflowed(ConnectionID)
        case pong(ConnectionID)
        /// The connection is gone; `code` is that of the client's close frame, where one came.
        case closed(ConnectionID, code: UInt16?)
        case timeout
    }

    public enum Output {
        case send(ConnectionID, OutgoingMessage)
        case broadcast([ConnectionID], OutgoingMessage)
        case ping(ConnectionID)
        /// Close the connection; the hub has forgotten it.
        case close(ConnectionID, code: UInt16)
        case store(StoreChange)
        case event(HubEvent)
    }

    let configuration: HubConfiguration
    let clock: WallClock
    var random: RandomSource
    var connections = ConnectionTable<Connection>()
    let registry: any Registry
    /// Messages for lost peers that their queues did not take.
    var droppedCount = 0

    var joinTimers = TimerQueue<ConnectionID>(Limits.join)
    /// How long a person may take to choose another name.
    var nameTimers = TimerQueue<ConnectionID>(.seconds(120))
    var pingTimers = TimerQueue<ConnectionID>(Limits.pingInterval)
    var pongTimers = TimerQueue<ConnectionID>(Limits.pongTimeout)
    var resumeTimers = TimerQueue<(id: PeerID, loss: Int)>(Limits.resume)
    private var outputs: Deque<Output> = []

    /// - Parameter clock: tells the Unix time of an instant.
    public convenience init(configuration: HubConfiguration, clock: WallClock, random: RandomSource) {
        self.init(configuration: configuration, clock: clock, random: random, registry: MemoryRegistry())
    }

    init(configuration: HubConfiguration, clock: WallClock, random: RandomSource, registry: any Registry) {
        self.registry = registry
        self.configuration = configuration
        self.clock = clock
        self.random = random
    }

    public func nextOutput() -> Output? {
        outputs.popFirst()
    }

    public var deadline: Instant? {
        earliest(joinTimers.deadline, nameTimers.deadline, pingTimers.deadline, pongTimers.deadline, resumeTimers.deadline)
    }

    public func handle(_ input: Input, at now: Instant) {
        switch input {
        case .opened(let id):
            connections[id] = Connection(id: id)
            joinTimers.start(id, at: now)
            pingTimers.start(id, at: now)
        case .received(let id, let size, let message):
            if let connection = connections[id] { received(message, size: size, on: connection, at: now) }
        case .oversized(let id):
            guard let connection = connections[id] else { return }
            refuse(connection, .tooLarge, "A message has at most \(Limits.message) bytes.", closing: CloseCode.messageTooBig, at: now)
        case .overflowed(let id):
            if let connection = connections[id] { close(connection, CloseCode.tryAgainLater, at: now) }
        case .pong(let id): connections[id]?.awaitsPong = false
        case .closed(let id, let code):
            guard let connection = connections[id] else { return }
            forget(connection, leaving: code == CloseCode.normal || code == CloseCode.goingAway, at: now)
        case .timeout: timeout(at: now)
        }
    }

    private func timeout(at now: Instant) {
        while let id = joinTimers.next(at: now) { checkJoined(id, choosingName: false, at: now) }
        while let id = nameTimers.next(at: now) { checkJoined(id, choosingName: true, at: now) }
        // Pongs first: who is found dead needs no further ping.
        while let id = pongTimers.next(at: now) {
            if let connection = connections[id], connection.awaitsPong { close(connection, CloseCode.policyViolation, at: now) }
        }
        while let id = pingTimers.next(at: now) {
            guard let connection = connections[id] else { continue }
            connection.awaitsPong = true
            emit(.ping(id))
            pongTimers.start(id, at: now)
            pingTimers.start(id, at: now)
        }
        while let (id, loss) = resumeTimers.next(at: now) {
            guard let session = registry.session(id), session.connection == nil, session.losses == loss else { continue }
            end(session, .gone, at: now)
        }
    }

    private func checkJoined(_ id: ConnectionID, choosingName: Bool, at now: Instant) {
        guard let connection = connections[id], case .guest = connection.role, connection.isChoosingName == choosingName else { return }
        refuse(connection, .notJoined, "A `join` must come within 10 s.", closing: CloseCode.policyViolation, at: now)
    }

    // MARK: Telling

    func emit(_ output: Output) {
        outputs.append(output)
    }

    /// To a peer: now, or when it comes back.
    func tell(_ session: Session, _ message: OutgoingMessage) {
        if let connection = session.connection {
            emit(.send(connection, message))
        } else {
            droppedCount += session.queue.append(message)
        }
    }

    /// To everybody in a room.
    func tell(_ room: Room, _ message: ServerMessage, except: Session? = nil) {
        let message = OutgoingMessage(message)
        var present = room.observers
        present.reserveCapacity(present.count + room.sessions.count)
        for session in room.sessions where session !== except {
            if let connection = session.connection { present.append(connection) } else { tell(session, message) }
        }
        if !present.isEmpty { emit(.broadcast(present, message)) }
    }

    func refuse(
        _ connection: Connection, _ code: ErrorCode, _ text: String, ref: String? = nil, call: CallID? = nil, closing: UInt16? = nil,
        at now: Instant
    ) {
        let error = ServerError(code: code, message: text, ref: ref, call: call)
        emit(.event(.refused(error)))
        emit(.send(connection.id, OutgoingMessage(.error(error))))
        if let closing { close(connection, closing, at: now) }
    }

    /// The server closes a connection: for a peer that is a lost one.
    func close(_ connection: Connection, _ code: UInt16, at now: Instant) {
        emit(.close(connection.id, code: code))
        forget(connection, leaving: false, at: now)
    }

    func unixMilliseconds(at now: Instant) -> Int64 {
        (clock.unixNanoseconds &+ (now - clock.reference).nanoseconds) / 1_000_000
    }
}
