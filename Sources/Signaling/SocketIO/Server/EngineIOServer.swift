import NIOCore
import NIOHTTP1
import Wire

/// An Engine.IO server on one event loop: its sessions, and what an HTTP server needs to let clients in.
///
/// In the pipeline of an HTTP server, `EngineIOHTTPHandler` answers polling, and an upgrade that `admitsSocket` lets in is handed to
/// `addSocket`. Everything here is for that event loop alone.
public final class EngineIOServer {
    public let configuration: EngineIOConfiguration
    public let eventLoop: any EventLoop
    private let makeListener: (EngineIOClient) -> any EngineIOListener
    private var clients: [Substring: EngineIOClient] = [:]
    private var random = RandomSource.system
    private var lastRequestID: EngineIOSession.RequestID = 0
    /// What WebSockets took, in bytes. Those of polling the HTTP server sees, which is told of them by `EngineIORequestEvent`.
    public internal(set) var bytesReceived = 0
    public internal(set) var bytesSent = 0
    /// Whether new sessions are let in; those that are there go on.
    public var isOpen = true

    /// - Parameter makeListener: what hears of a new client. It may send at once.
    public init(
        _ configuration: EngineIOConfiguration, eventLoop: any EventLoop, makeListener: @escaping (EngineIOClient) -> any EngineIOListener
    ) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.makeListener = makeListener
    }

    /// How many sessions there are.
    public var count: Int { clients.count }

    var now: Instant {
        Instant(nanoseconds: Int64(clamping: eventLoop.now.uptimeNanoseconds))
    }

    /// Whether a request's path is the one that this server answers.
    public func owns(_ head: HTTPRequestHead) -> Bool {
        let path = head.uri.prefix { $0 != "?" }
        return path == configuration.path || path == configuration.path.dropLast()
    }

    // MARK: Sessions

    /// - Returns: `nil` when there are as many as there may be.
    func open(_ transport: EngineIOSession.Transport) -> EngineIOClient? {
        guard isOpen, clients.count < configuration.sessionLimit else { return nil }
        let session = EngineIOSession(id: makeID(), transport: transport, configuration: configuration, at: now)
        let client = EngineIOClient(session, server: self)
        clients[client.id[...]] = client
        client.listener = makeListener(client)
        return client
    }

    func client(_ id: Substring) -> EngineIOClient? {
        clients[id]
    }

    func finished(_ client: EngineIOClient) {
        clients[client.id[...]] = nil
    }

    /// 132 bits of randomness, in characters that need no escape anywhere.
    func makeID() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-".utf8)
        return String(decoding: (0..<22).map { _ in alphabet[Int(random.next() >> 58)] }, as: UTF8.self)
    }

    func nextRequestID() -> EngineIOSession.RequestID {
        lastRequestID += 1
        return lastRequestID
    }

    /// Closes every session.
    public func closeAll(code: UInt16) {
        isOpen = false
        for client in Array(clients.values) {
            client.close(code: code)
            client.flush()
        }
    }

    // MARK: WebSockets

    /// Whether a request to become a WebSocket is in order: without a session's id, or with one that is known. Where the session has
    /// a WebSocket already, the new one is closed: clients take a refused handshake for an error.
    public func admitsSocket(_ head: HTTPRequestHead) -> Bool {
        guard owns(head), let request = try? EngineIORequest.parse(head.uri), request.transport == .webSocket else { return false }
        guard let sid = request.sid else { return isOpen && clients.count < configuration.sessionLimit }
        return clients[sid] != nil
    }

    /// Takes over a channel on which the upgrade was answered.
    public func addSocket(_ channel: any Channel, _ head: HTTPRequestHead) throws {
        guard let request = try? EngineIORequest.parse(head.uri) else { throw ChannelError.eof }
        guard let client = request.sid.map({ clients[$0] }) ?? open(.webSocket) else { throw ChannelError.eof }
        try channel.pipeline.syncOperations.addHandler(EngineIOWebSocketHandler(client: client, channel: channel))
    }
}
