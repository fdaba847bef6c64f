import NIOCore
import Wire

/// One client of Socket.IO.
public final class SocketIOClient {
    /// The answer to an event that asked for an acknowledgement.
    public typealias Acknowledgement = (_ arguments: [ByteBuffer], _ attachments: [ByteBuffer]) -> Void

    private let engine: EngineIOClient
    private let configuration: SocketIOConfiguration
    private var session: SocketIOSession
    var listener: (any SocketIOListener)?
    private var acknowledgements: [UInt64: Acknowledgement] = [:]
    private var lastAcknowledgementID: UInt64 = 0
    private var connectTimer: Scheduled<Void>?
    private var receivedSize = 0

    init(_ engine: EngineIOClient, _ configuration: SocketIOConfiguration) {
        self.engine = engine
        self.configuration = configuration
        session = SocketIOSession(limits: configuration.limits, connectTimeout: configuration.connectTimeout, at: Self.now(engine))
        let bound = NIOLoopBound(self, eventLoop: engine.eventLoop)
        connectTimer = engine.eventLoop.scheduleTask(in: .nanoseconds(configuration.connectTimeout.nanoseconds)) {
            bound.value.handle(.timeout)
        }
    }

    private static func now(_ engine: EngineIOClient) -> Instant {
        Instant(nanoseconds: Int64(clamping: engine.eventLoop.now.uptimeNanoseconds))
    }

    public var eventLoop: any EventLoop { engine.eventLoop }

    public var transport: EngineIOSession.Transport { engine.transport }

    /// What waits to be sent, in bytes.
    public var queuedBytes: Int { engine.queuedBytes }

    public func isConnected(to namespace: String) -> Bool {
        session.isConnected(to: namespace)
    }

    // MARK: What the application does

    /// Sends an event or an acknowledgement to a namespace in which the client is.
    public func send(_ packet: SocketIOPacket) {
        handle(.send(packet))
    }

    /// Sends what was encoded before, for many clients at once, for example; the client must be in the packet's namespace.
    public func send(_ frame: EngineIOFrame) {
        engine.send(frame)
    }

    /// Sends an event and asks for an acknowledgement. It never comes if the client does not give one.
    ///
    /// - Returns: false when the client owes too many acknowledgements; nothing was sent then.
    public func send(_ event: SocketIOPacket, acknowledged: @escaping Acknowledgement) -> Bool {
        guard acknowledgements.count < configuration.acknowledgementLimit else { return false }
        var event = event
        lastAcknowledgementID += 1
        event.id = lastAcknowledgementID
        acknowledgements[lastAcknowledgementID] = acknowledged
        handle(.send(event))
        return true
    }

    /// Takes the client out of a namespace. Clients do not come back by themselves then.
    public func disconnect(from namespace: String = "/") {
        handle(.disconnect(namespace: namespace))
    }

    public func flush() {
        engine.flush()
    }

    /// Ends the session; what was sent before still goes out.
    ///
    /// - Parameter code: closes a WebSocket.
    public func close(code: UInt16 = 1000) {
        engine.close(code: code)
    }

    // MARK: Outputs

    private func handle(_ input: SocketIOSession.Input) {
        session.handle(input, at: Self.now(engine))
        // One input gives one thing to hear of at most, so what a listener does in answer can be carried out at once, and in order.
        while let output = session.nextOutput() { perform(output) }
    }

    private func perform(_ output: SocketIOSession.Output) {
        switch output {
        case .send(let frame): engine.send(frame)
        case .connecting(let namespace, let authentication): connect(namespace, authentication)
        case .event(let event): listener?.received(event, size: receivedSize)
        case .acknowledged(_, let id, let arguments, let attachments):
            acknowledgements.removeValue(forKey: id)?(arguments, attachments)
        case .disconnected(let namespace): listener?.disconnected(from: namespace)
        case .violated(let error):
            if listener?.violated(error, size: receivedSize) == true { return }
            finish(.violation(error))
            engine.close(code: 1002)
            engine.flush()
        }
    }

    private func connect(_ namespace: String, _ authentication: ByteBuffer?) {
        guard let listener else { return }
        switch listener.admission(to: namespace, authentication: authentication) {
        case .refused(let message): handle(.refuse(namespace: namespace, message: message))
        case .admitted:
            handle(.admit(namespace: namespace, sid: engine.makeID()))
            connectTimer?.cancel()
            connectTimer = nil
            listener.connected(to: namespace, authentication: authentication)
        }
    }

    private func finish(_ reason: SocketIOCloseReason) {
        connectTimer?.cancel()
        connectTimer = nil
        acknowledgements = [:]
        let listener = listener
        self.listener = nil
        listener?.closed(reason)
    }
}

extension SocketIOClient: EngineIOListener {
    public func received(_ message: EngineIOMessage) {
        switch message {
        case .text(let text): receivedSize = text.readableBytes + 1
        case .binary(let bytes): receivedSize += bytes.readableBytes
        }
        handle(.received(message))
    }

    public func oversized() {
        listener?.oversized()
    }

    public func readCompleted() {
        listener?.readCompleted()
    }

    public func closed(_ reason: EngineIOCloseReason) {
        finish(.engine(reason))
    }
}
