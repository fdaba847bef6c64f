import Logging
import NIOCore
import SignalingProtocol
import Wire

/// Drives the hub on its loop: connections and timers in, outputs carried out.
final class ServerCore {
    /// What passed since the start.
    struct Tally {
        var received = 0
        var sent = 0
        var refused = 0
    }

    let eventLoop: any EventLoop
    let configuration: ServerConfiguration
    let hub: Hub
    private let logger: Logger
    private var store: (any SessionStore)?
    private var sockets: [ConnectionID: WebSocketHandler] = [:]
    private var lastConnectionID: UInt64 = 0
    private var unflushed: [WebSocketHandler] = []
    private var timer: (deadline: Instant, task: Scheduled<Void>)?
    /// Connections that ask for a page, or have not joined yet, beside those that have.
    private static let guestLimit = 1_024
    private var channelCount = 0
    private var allClosed: EventLoopPromise<Void>?
    private var isPerforming = false
    private(set) var isDraining = false
    private(set) var tally = Tally()

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
        lastConnectionID += 1
        return ConnectionID(rawValue: lastConnectionID)
    }

    func opened(_ socket: WebSocketHandler) {
        guard !isDraining else { return socket.close(code: CloseCode.goingAway) }
        sockets[socket.id] = socket
        handle(.opened(socket.id))
    }

    func closed(_ socket: WebSocketHandler, code: UInt16?) {
        guard sockets.removeValue(forKey: socket.id) != nil else { return }
        handle(.closed(socket.id, code: code))
    }

    func needsFlush(_ socket: WebSocketHandler) {
        unflushed.append(socket)
    }

    /// Sends what was written, once for all that came in one piece.
    func flush() {
        while !unflushed.isEmpty {
            let sockets = unflushed
            unflushed.removeAll()
            for socket in sockets { socket.flush() }
        }
    }

    // MARK: The hub

    /// For what a socket reads: it flushes when it has read all that was there.
    func read(_ input: Hub.Input) {
        if case .received = input { tally.received += 1 }
        hub.handle(input, at: now)
        perform()
    }

    func handle(_ input: Hub.Input) {
        hub.handle(input, at: now)
        perform()
        flush()
    }

    private func perform() {
        // Writing may make a socket report at once; the loop that runs carries out what follows from that too.
        guard !isPerforming else { return }
        isPerforming = true
        while let output = hub.nextOutput() { perform(output) }
        isPerforming = false
        commit()
        schedule()
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
            sockets[id]?.write(WebSocketFrames.text(message.json()))
        case .broadcast(let ids, let message):
            tally.sent += ids.count
            let frame = WebSocketFrames.text(message.json())
            for id in ids { sockets[id]?.write(frame) }
        case .ping(let id): sockets[id]?.write(WebSocketFrames.ping)
        case .close(let id, let code): sockets.removeValue(forKey: id)?.close(code: code)
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

    // MARK: The end

    /// From now on nobody new is let in.
    func drain() {
        isDraining = true
    }

    /// Sends everybody away, for another server or a later time; the sessions stay in the store.
    ///
    /// The future is fulfilled when all are gone, or `grace` is over.
    func closeAll(within grace: TimeAmount) -> EventLoopFuture<Void> {
        isDraining = true
        timer?.task.cancel()
        store?.close()
        store = nil
        let sockets = self.sockets.values
        self.sockets = [:]
        for socket in sockets { socket.close(code: CloseCode.goingAway) }
        guard channelCount > 0 else { return eventLoop.makeSucceededVoidFuture() }
        let promise = eventLoop.makePromise(of: Void.self)
        allClosed = promise
        eventLoop.scheduleTask(in: grace) { promise.succeed() }
        return promise.futureResult
    }

    private func log(_ event: HubEvent) {
        switch event {
        case .joined(let peer, let room):
            logger.info("peer joined", metadata: ["peer": "\(peer.id)", "name": "\(peer.name)", "room": "\(room)"])
        case .observing(let room): logger.info("observer joined", metadata: ["room": "\(room)"])
        case .resumed(let id): logger.info("peer resumed", metadata: ["peer": "\(id)"])
        case .lost(let id): logger.info("connection lost", metadata: ["peer": "\(id)"])
        case .left(let id, let reason): logger.info("peer left", metadata: ["peer": "\(id)", "reason": "\(reason.rawValue)"])
        case .call(let report):
            var metadata: Logger.Metadata = [
                "call": "\(report.call)", "from": "\(report.from)", "to": "\(report.to)", "state": "\(report.state.rawValue)",
            ]
            if let reason = report.reason { metadata["reason"] = "\(reason.rawValue)" }
            logger.info("call", metadata: metadata)
        case .refused(let error):
            tally.refused += 1
            logger.debug("refused", metadata: ["code": "\(error.code.rawValue)", "ref": "\(error.ref ?? "")"])
        }
    }
}
