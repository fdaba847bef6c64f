import CMalloc
import Logging
import NIOCore
import SignalingProtocol
import SocketIO
import Wire

/// Drives the hub on its loop: connections and timers in, outputs carried out.
final class ServerCore {
    let eventLoop: any EventLoop
    let configuration: ServerConfiguration
    let hub: Hub
    private let logger: Logger
    private var store: (any SessionStore)?
    private var connections = ConnectionTable<any ClientConnection>()
    private var numbers = ConnectionNumbers()
    private var unflushed: [any ClientConnection] = []
    private var isTurnEnding = false
    private var timer: (deadline: Instant, task: Scheduled<Void>)?
    /// Connections that ask for a page, or have not joined yet, beside those that have.
    static let guestLimit = 1_024
    private var channelCount = 0
    private var allClosed: EventLoopPromise<Void>?
    private var isPerforming = false
    /// Between two attempts to give memory back: each looks at all that is free.
    private static let memoryPause = TimeAmount.seconds(10)
    private var isReturningMemory = false
    private(set) var isDraining = false
    var tally = Tally()

    private(set) lazy var socketIO = SocketIOServer(SocketIOBinding.configuration(configuration.hub), eventLoop: eventLoop) {
        [unowned self] client in SocketIOConnection(core: self, client: client)
    }

    init(configuration: ServerConfiguration, eventLoop: any EventLoop, clock: WallClock, store: (any SessionStore)?, logger: Logger) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.store = store
        self.logger = logger
        hub = Hub(configuration: configuration.hub, clock: clock, random: .system)
    }

    var now: Instant {
        Instant(nanoseconds: Int64(clamping: eventLoop.now.uptimeNanoseconds))
    }

    /// Takes up what the store holds.
    func restore() throws {
        guard let state = try store?.load() else { return }
        hub.restore(state, at: now)
        logger.info("sessions restored", metadata: ["peers": "\(hub.counts.peers)", "calls": "\(hub.counts.calls)"])
        perform()
    }

    // MARK: Connections

    /// Counts a channel; says no when there are more than the hub would ever let in.
    func accept(_ channel: any Channel) -> Bool {
        guard channelCount < configuration.hub.capacity + Self.guestLimit else { return false }
        channelCount += 1
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        channel.closeFuture.whenComplete { _ in
            bound.value.channelCount -= 1
            if bound.value.channelCount == 0 { bound.value.allClosed?.succeed() }
        }
        return true
    }

    func nextConnectionID() -> ConnectionID {
        numbers.take()
    }

    func opened(_ connection: any ClientConnection) {
        guard !isDraining else { return connection.close(code: CloseCode.goingAway) }
        connections[connection.id] = connection
        handle(.opened(connection.id))
    }

    func closed(_ connection: any ClientConnection, code: UInt16?) {
        guard connections.removeValue(for: connection.id) != nil else { return }
        handle(.closed(connection.id, code: code))
        numbers.giveBack(connection.id)
    }

    /// The connection's `flush` is to be called at the end of this turn.
    func needsFlush(_ connection: any ClientConnection) {
        unflushed.append(connection)
        endTurn()
    }

    // MARK: The hub

    /// Hands something in. What follows from it is told to the connections at once, which send it at the end of this turn.
    func handle(_ input: Hub.Input) {
        if case .received(_, _, let request) = input { tally.count(request) }
        hub.handle(input, at: now)
        perform()
    }

    private func perform() {
        // Sending may make a connection report at once; the loop that runs carries out what follows from that too.
        guard !isPerforming else { return }
        isPerforming = true
        while let output = hub.nextOutput() { perform(output) }
        isPerforming = false
        endTurn()
    }

    /// Once everything that the loop found ready is handled: keep what changed, then send.
    private func endTurn() {
        guard !isTurnEnding else { return }
        isTurnEnding = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute {
            let core = bound.value
            core.isTurnEnding = false
            core.commit()
            let connections = core.unflushed
            core.unflushed.removeAll(keepingCapacity: connections.count < 1_024)
            for connection in connections { connection.flush() }
            core.schedule()
        }
    }

    private func commit() {
        do {
            try store?.commit { hub.storedState }
        } catch {
            logger.error("sessions will not survive a restart", metadata: ["reason": "\(error)"])
            store?.close()
            store = nil
        }
    }

    private func perform(_ output: Hub.Output) {
        switch output {
        case .send(let id, let message):
            tally.sent += 1
            connections[id]?.send(message)
        case .broadcast(let ids, let message):
            tally.sent += ids.count
            for id in ids { connections[id]?.send(message) }
        case .ping(let id): connections[id]?.ping()
        case .close(let id, let code):
            tally.closed["\(code)", default: 0] += 1
            guard let connection = connections.removeValue(for: id) else { return }
            connection.close(code: code)
            numbers.giveBack(id)
        case .store(let change): store?.append(change)
        case .event(let event): log(event)
        }
    }

    private func schedule() {
        guard let deadline = hub.deadline else { return }
        // A deadline that moved later is left to the timer that is set: it fires too early, and sets itself anew.
        if let timer {
            guard deadline < timer.deadline else { return }
            timer.task.cancel()
        }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let task = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(clamping: deadline.nanoseconds))) {
            bound.value.timer = nil
            bound.value.handle(.timeout)
        }
        timer = (deadline, task)
    }

    /// What waits to be sent, to connections and to peers whose connection is lost, in bytes.
    var queuedBytes: Int {
        connections.values.reduce(hub.queuedBytes) { $0 + $1.queuedBytes }
    }

    // MARK: The end

    /// From now on nobody new is let in.
    func drain() {
        isDraining = true
        socketIO.engine.isOpen = false
    }

    /// Sends everybody away, for another server or a later time; the sessions stay in the store.
    ///
    /// The future is fulfilled when all are gone, or `grace` is over.
    func closeAll(within grace: TimeAmount) -> EventLoopFuture<Void> {
        drain()
        timer?.task.cancel()
        store?.close()
        store = nil
        let connections = Array(self.connections.values)
        self.connections = ConnectionTable()
        for connection in connections { connection.close(code: CloseCode.goingAway) }
        guard channelCount > 0 else { return eventLoop.makeSucceededVoidFuture() }
        let promise = eventLoop.makePromise(of: Void.self)
        allClosed = promise
        eventLoop.scheduleTask(in: grace) { promise.succeed() }
        return promise.futureResult
    }

    /// What peers held goes back to the system some time after they left; of itself malloc keeps what lies below what is in use.
    private func returnMemoryLater() {
        guard !isReturningMemory else { return }
        isReturningMemory = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: Self.memoryPause) {
            bound.value.isReturningMemory = false
            _ = malloc_trim(0)
        }
    }

    private func log(_ event: HubEvent) {
        switch event {
        case .joined(let peer, let room):
            logger.info("peer joined", metadata: ["peer": "\(peer.id)", "name": "\(peer.name)", "room": "\(room)"])
        case .observing(let room): logger.info("observer joined", metadata: ["room": "\(room)"])
        case .resumed(let id):
            tally.resumes["resumed", default: 0] += 1
            logger.info("peer resumed", metadata: ["peer": "\(id)"])
        case .resumeUnknown:
            tally.resumes["unknown", default: 0] += 1
            logger.info("a session to be resumed is not known")
        case .lost(let id): logger.info("connection lost", metadata: ["peer": "\(id)"])
        case .left(let id, let reason):
            logger.info("peer left", metadata: ["peer": "\(id)", "reason": "\(reason.rawValue)"])
            returnMemoryLater()
        case .call(let report):
            var metadata: Logger.Metadata = [
                "call": "\(report.call)", "from": "\(report.from)", "to": "\(report.to)", "state": "\(report.state.rawValue)",
            ]
            if let reason = report.reason { metadata["reason"] = "\(reason.rawValue)" }
            logger.info("call", metadata: metadata)
        case .refused(let error):
            tally.refused[error.code.rawValue, default: 0] += 1
            logger.debug("refused", metadata: ["code": "\(error.code.rawValue)", "ref": "\(error.ref ?? "")"])
        }
    }
}
