import NIOCore

/// How a Socket.IO server treats its clients.
public struct SocketIOConfiguration: Sendable {
    public var engine: EngineIOConfiguration
    public var limits: SocketIODecoder.Limits
    /// How long a client may take to its first namespace.
    public var connectTimeout: Duration
    /// Acknowledgements that one client may owe.
    public var acknowledgementLimit: Int

    public init(
        engine: EngineIOConfiguration = EngineIOConfiguration(path: "/socket.io/"), limits: SocketIODecoder.Limits = .init(),
        connectTimeout: Duration = .seconds(45), acknowledgementLimit: Int = 256
    ) {
        self.engine = engine
        self.limits = limits
        self.connectTimeout = connectTimeout
        self.acknowledgementLimit = acknowledgementLimit
    }
}

/// A Socket.IO server on one event loop.
public final class SocketIOServer {
    /// What an HTTP server's pipeline needs.
    public let engine: EngineIOServer

    /// - Parameter makeListener: what hears of a new client.
    public init(
        _ configuration: SocketIOConfiguration, eventLoop: any EventLoop,
        makeListener: @escaping (SocketIOClient) -> any SocketIOListener
    ) {
        engine = EngineIOServer(configuration.engine, eventLoop: eventLoop) { client in
            let client = SocketIOClient(client, configuration)
            client.listener = makeListener(client)
            return client
        }
    }
}

/// Hears what one client of Socket.IO does. It is let go when the session is closed.
public protocol SocketIOListener: AnyObject {
    /// The client wants into a namespace.
    ///
    /// - Parameter authentication: the JSON object that it sent along.
    func admission(to namespace: String, authentication: ByteBuffer?) -> SocketIOAdmission
    /// The client is in a namespace, and has been told.
    func connected(to namespace: String, authentication: ByteBuffer?)
    /// - Parameters:
    ///   - event: with an `id` where an acknowledgement is wanted.
    ///   - size: bytes of the packet's text and attachments.
    func received(_ event: SocketIOPacket, size: Int)
    /// The client sent what is no packet, or none that it may send.
    ///
    /// - Returns: whether the session is to go on, without that packet.
    func violated(_ error: SocketIOError, size: Int) -> Bool
    /// The client left a namespace.
    func disconnected(from namespace: String)
    /// The client sent more at once than may be. What is sent now is its last; it is to be closed.
    func oversized()
    /// All is read that was there; what was sent meanwhile can go out.
    func readCompleted()
    /// The session is over; nothing can be sent any more.
    func closed(_ reason: SocketIOCloseReason)
}

/// Whether a client is let into a namespace.
public enum SocketIOAdmission: Hashable, Sendable {
    case admitted
    /// With a text for the client.
    case refused(String)

    /// As the reference implementation answers for a namespace that is not there.
    public static let unknownNamespace = SocketIOAdmission.refused("Invalid namespace")
}

/// Why a session of Socket.IO ended.
public enum SocketIOCloseReason: Hashable, Sendable {
    case engine(EngineIOCloseReason)
    /// The client broke the protocol.
    case violation(SocketIOError)
}
