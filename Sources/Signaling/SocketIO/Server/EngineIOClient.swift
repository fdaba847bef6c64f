import NIOCore
import Wire

/// Hears what one client of Engine.IO does. It is let go when the session is closed.
public protocol EngineIOListener: AnyObject {
    func received(_ message: EngineIOMessage)
    /// The client sent more at once than `maxPayload`. What is sent now is its last; it is to be closed.
    func oversized()
    /// All is read that was there; what was sent meanwhile can go out.
    func readCompleted()
    /// The session is over; nothing can be sent any more.
    func closed(_ reason: EngineIOCloseReason)
}

/// One client of Engine.IO: carries out what its session says, on whatever transport the client is.
public final class EngineIOClient {
    private var session: EngineIOSession
    private let server: EngineIOServer
    private var requests: [EngineIOSession.RequestID: EngineIOHTTPHandler] = [:]
    private var socket: EngineIOWebSocketHandler?
    var listener: (any EngineIOListener)?
    private var timer: (deadline: Instant, task: Scheduled<Void>)?
    private var isPerforming = false
    private var isFinished = false

    init(_ session: EngineIOSession, server: EngineIOServer) {
        self.session = session
        self.server = server
    }

    /// The session's id; whoever knows it can speak for the client.
    public var id: String { session.id }

    public var eventLoop: any EventLoop { server.eventLoop }

    public var transport: EngineIOSession.Transport { session.transport }

    /// What waits to be sent, in bytes.
    public var queuedBytes: Int { session.waitingSize + (socket?.queuedBytes ?? 0) }

    var configuration: EngineIOConfiguration { server.configuration }

    func count(received: Int = 0, sent: Int = 0) {
        server.bytesReceived += received
        server.bytesSent += sent
    }

    func makeID() -> String { server.makeID() }

    // MARK: What the application does

    /// Sends with the next `flush`, which comes by itself once all that the client sent has been read.
    public func send(_ frame: EngineIOFrame) {
        // On a WebSocket the session would only hand it back; unless it runs, nothing of its own is on the way before.
        if !isPerforming, session.transport == .webSocket, case .open = session.phase, let socket { return socket.write(frame) }
        handle(.send(frame))
    }

    public func flush() {
        // What the session keeps waits for a poll.
        if session.transport == .polling { handle(.flush) }
        socket?.flush()
    }

    /// Ends the session; what was sent before still goes out.
    ///
    /// - Parameter code: closes a WebSocket.
    public func close(code: UInt16 = 1000) {
        handle(.close(code: code))
    }

    // MARK: What the transports report

    func poll(_ handler: EngineIOHTTPHandler) {
        let id = wait(handler)
        read(.poll(id))
    }

    func post(_ body: ByteBuffer, _ handler: EngineIOHTTPHandler) {
        read(.post(wait(handler), body))
    }

    private func wait(_ handler: EngineIOHTTPHandler) -> EngineIOSession.RequestID {
        let id = server.nextRequestID()
        requests[id] = handler
        return id
    }

    func requestLost(_ handler: EngineIOHTTPHandler) {
        for (id, other) in requests where other === handler {
            requests[id] = nil
            read(.requestLost(id))
        }
    }

    /// A request's body was over the limit.
    func oversized() {
        read(.oversized)
    }

    func attach(_ socket: EngineIOWebSocketHandler) {
        if session.awaitsUpgrade {
            self.socket = socket
            read(.socketOpened)
        } else if session.transport == .webSocket, self.socket == nil, !isFinished {
            self.socket = socket
            perform()
            flush()
        } else {
            socket.close(code: 1002)
        }
    }

    /// - Parameter socket: who says so; one that was given up means nothing any more.
    func handle(_ input: EngineIOSession.Input, from socket: EngineIOWebSocketHandler) {
        guard self.socket === socket else { return }
        if case .socketClosed = input { self.socket = nil }
        handle(input)
    }

    func readCompleted() {
        listener?.readCompleted()
        flush()
    }

    private func read(_ input: EngineIOSession.Input) {
        handle(input)
        readCompleted()
    }

    private func handle(_ input: EngineIOSession.Input) {
        session.handle(input, at: server.now)
        perform()
    }

    // MARK: Outputs

    private func perform() {
        // What a listener does in answer to an output is carried out by the loop that runs.
        guard !isPerforming else { return }
        isPerforming = true
        while let output = session.nextOutput() { perform(output) }
        isPerforming = false
        schedule()
    }

    private func perform(_ output: EngineIOSession.Output) {
        switch output {
        case .respond(let id, let response): requests.removeValue(forKey: id)?.respond(response)
        case .write(let frame): socket?.write(frame)
        case .closeSocket(let code):
            socket?.close(code: code)
            socket = nil
        case .message(let message): listener?.received(message)
        case .oversized: listener?.oversized()
        case .closed(let reason):
            let listener = listener
            self.listener = nil
            listener?.closed(reason)
        case .finished:
            isFinished = true
            timer?.task.cancel()
            timer = nil
            server.finished(self)
        }
    }

    private func schedule() {
        guard !isFinished, let deadline = session.deadline else { return }
        // A deadline that moved later is left to the timer that is set: it fires too early, and sets itself anew.
        if let timer {
            guard deadline < timer.deadline else { return }
            timer.task.cancel()
        }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let task = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(clamping: deadline.nanoseconds))) {
            bound.value.timer = nil
            bound.value.read(.timeout)
        }
        timer = (deadline, task)
    }
}
