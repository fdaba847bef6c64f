import Logging
import NIOCore
import SignalingProtocol
import Wire

/// Drives a `SignalingSession` on its loop: sockets and timers in, outputs carried out.
final class ClientCore {
    private var session: SignalingSession
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let onEvent: @Sendable (SignalingEvent) -> Void
    private let connector: ClientConnector
    private var connection: ClientConnection?
    private var timer: (deadline: Instant, task: Scheduled<Void>)?
    private var isDraining = false

    init(
        configuration: SignalingConfiguration, eventLoop: any EventLoop, random: RandomSource, logger: Logger,
        onEvent: @escaping @Sendable (SignalingEvent) -> Void
    ) {
        session = SignalingSession(configuration: configuration, random: random)
        self.eventLoop = eventLoop
        self.logger = logger
        self.onEvent = onEvent
        connector = ClientConnector(url: configuration.url, eventLoop: eventLoop, tls: configuration.tls)
    }

    private var now: Instant {
        Instant(nanoseconds: Int64(clamping: eventLoop.now.uptimeNanoseconds))
    }

    func handle(_ input: SignalingSession.Input) {
        session.handle(input, at: now)
        // An event's receiver may call in again; the loop below carries that out too.
        guard !isDraining else { return }
        isDraining = true
        while let output = session.nextOutput() { perform(output) }
        isDraining = false
        schedule()
    }

    func networkChanged(addresses: [String]) {
        let own = connection?.localAddress
        handle(.networkChanged(isConnectionLost: own.map { !addresses.contains($0) } ?? false))
    }

    private func perform(_ output: SignalingSession.Output) {
        switch output {
        case .connect:
            let connection = ClientConnection(core: self)
            self.connection = connection
            connector.open(connection)
        case .transmit(let message):
            transmit(message)
        case .disconnect(let code):
            connection?.close(code: code)
            connection = nil
        case .event(let event):
            if case .closed = event { connection = nil }
            onEvent(event)
        }
    }

    private func transmit(_ message: ClientMessage) {
        let json = message.json()
        // The server would close the connection over it.
        guard json.count <= Limits.message else {
            let text = "The message has \(json.count) bytes; the server takes at most \(Limits.message)."
            return onEvent(.message(.error(ServerError(code: .tooLarge, message: text, ref: message.type, call: message.call))))
        }
        logger.trace("sending", metadata: ["type": "\(message.type)"])
        connection?.send(json)
    }

    /// What a connection reports; one that was given up is not listened to any more.
    func report(_ input: SignalingSession.Input, from reporter: ClientConnection) {
        guard reporter === connection else { return }
        handle(input)
    }

    func dropped(_ reason: String) {
        logger.debug("dropped what the server sent", metadata: ["reason": "\(reason)"])
    }

    private func schedule() {
        guard let deadline = session.deadline else {
            timer?.task.cancel()
            timer = nil
            return
        }
        guard timer?.deadline != deadline else { return }
        // The silence deadline moves with every message; a timer that fires too early sets itself anew.
        if let timer, timer.deadline < deadline { return }
        timer?.task.cancel()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let time = NIODeadline.uptimeNanoseconds(UInt64(clamping: deadline.nanoseconds))
        let task = eventLoop.scheduleTask(deadline: time) {
            bound.value.timer = nil
            bound.value.handle(.timeout)
        }
        timer = (deadline, task)
    }
}
