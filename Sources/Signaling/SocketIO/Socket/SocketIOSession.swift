import DequeModule
import NIOCore
import Wire

/// One client of Socket.IO, protocol 5, without I/O: its namespaces, events and acknowledgements, over a session of Engine.IO.
public struct SocketIOSession: Machine {
    public enum Input: Sendable {
        case received(EngineIOMessage)
        /// Lets the client into a namespace; `sid` is its id there.
        case admit(namespace: String, sid: String)
        case refuse(namespace: String, message: String)
        /// An event or an acknowledgement.
        case send(SocketIOPacket)
        /// Takes the client out of a namespace.
        case disconnect(namespace: String)
        case timeout
    }

    public enum Output: Sendable {
        case send(EngineIOFrame)
        /// To be answered with `admit` or `refuse`; `authentication` is a JSON object.
        case connecting(namespace: String, authentication: ByteBuffer?)
        case event(SocketIOPacket)
        case acknowledged(namespace: String, id: UInt64, arguments: [ByteBuffer], attachments: [ByteBuffer])
        /// The client left a namespace.
        case disconnected(namespace: String)
        /// The client broke the protocol: the session is to be closed, or to go on without what it sent.
        case violated(SocketIOError)
    }

    /// Namespaces of one client.
    static let namespaceLimit = 16

    private var decoder: SocketIODecoder
    /// With the client's id in each, once it is admitted.
    private var namespaces: [(name: String, sid: String?)] = []
    private var outputs: Deque<Output> = []
    public private(set) var deadline: Instant?

    /// - Parameter connectTimeout: how long a client may take to its first namespace.
    public init(limits: SocketIODecoder.Limits = .init(), connectTimeout: Duration, at now: Instant) {
        decoder = SocketIODecoder(limits: limits)
        deadline = now + connectTimeout
    }

    public mutating func nextOutput() -> Output? {
        outputs.popFirst()
    }

    /// Whether the client is in a namespace.
    public func isConnected(to namespace: String) -> Bool {
        namespaces.contains { $0.name == namespace && $0.sid != nil }
    }

    public mutating func handle(_ input: Input, at now: Instant) {
        if let deadline, deadline <= now {
            self.deadline = nil
            return outputs.append(.violated(.connectTimeout))
        }
        switch input {
        case .received(let message): received(message)
        case .admit(let namespace, let sid):
            guard let index = namespaces.firstIndex(where: { $0.name == namespace && $0.sid == nil }) else { return }
            namespaces[index].sid = sid
            deadline = nil
            send(SocketIOPacket(.connect, namespace: namespace, arguments: [ByteBuffer(string: "{\"sid\":\"\(sid)\"}")]))
        case .refuse(let namespace, let message):
            guard let index = namespaces.firstIndex(where: { $0.name == namespace && $0.sid == nil }) else { return }
            namespaces.remove(at: index)
            var error = ByteBuffer(string: "{\"message\":")
            error.writeJSONString(message)
            error.writeString("}")
            send(SocketIOPacket(.connectError, namespace: namespace, arguments: [error]))
        case .send(let packet):
            if isConnected(to: packet.namespace) { send(packet) }
        case .disconnect(let namespace):
            guard isConnected(to: namespace) else { return }
            namespaces.removeAll { $0.name == namespace }
            send(SocketIOPacket(.disconnect, namespace: namespace))
        case .timeout: break
        }
    }

    private mutating func received(_ message: EngineIOMessage) {
        do {
            if let packet = try decoder.decode(message) { try received(packet) }
        } catch {
            outputs.append(.violated(error))
        }
    }

    private mutating func received(_ packet: SocketIOPacket) throws(SocketIOError) {
        if packet.kind == .connect { return try connect(packet) }
        guard isConnected(to: packet.namespace) else { throw SocketIOError.notConnected }
        switch packet.kind {
        case .event: outputs.append(.event(packet))
        case .acknowledgement:
            guard let id = packet.id else { throw SocketIOError.badAcknowledgementID }
            outputs.append(
                .acknowledged(namespace: packet.namespace, id: id, arguments: packet.arguments, attachments: packet.attachments))
        case .disconnect:
            namespaces.removeAll { $0.name == packet.namespace }
            outputs.append(.disconnected(namespace: packet.namespace))
        case .connect, .connectError: throw SocketIOError.unknownPacket
        }
    }

    private mutating func connect(_ packet: SocketIOPacket) throws(SocketIOError) {
        guard !namespaces.contains(where: { $0.name == packet.namespace }), namespaces.count < Self.namespaceLimit else {
            throw SocketIOError.alreadyConnected
        }
        namespaces.append((packet.namespace, nil))
        outputs.append(.connecting(namespace: packet.namespace, authentication: packet.arguments.first))
    }

    private mutating func send(_ packet: SocketIOPacket) {
        for frame in packet.frames { outputs.append(.send(frame)) }
    }

}
