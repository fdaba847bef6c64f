/// How an Engine.IO server treats its clients.
public struct EngineIOConfiguration: Sendable {
    /// Where it is served, with the slash at its end.
    public var path: String
    /// The pause between a pong and the next ping.
    public var pingInterval: Duration
    /// How long a pong may take.
    public var pingTimeout: Duration
    /// The longest packet on a WebSocket, and the longest body of a `POST`, in bytes.
    public var maxPayload: Int
    /// What may wait for one client, in bytes.
    public var queueLimit: Int
    /// How many sessions there may be. Those that poll have no connection of their own that would bound them.
    public var sessionLimit: Int
    /// How long an upgrade from polling to WebSocket may take.
    public var upgradeTimeout: Duration
    /// How long a polling client may take to fetch the rest of a session that the server closed.
    public var lingerTime: Duration

    public init(
        path: String = "/engine.io/", pingInterval: Duration = .seconds(25), pingTimeout: Duration = .seconds(20),
        maxPayload: Int = 1_000_000, queueLimit: Int = 1_048_576, sessionLimit: Int = 10_000, upgradeTimeout: Duration = .seconds(10),
        lingerTime: Duration = .seconds(5)
    ) {
        self.path = path
        self.pingInterval = pingInterval
        self.pingTimeout = pingTimeout
        self.maxPayload = maxPayload
        self.queueLimit = queueLimit
        self.sessionLimit = sessionLimit
        self.upgradeTimeout = upgradeTimeout
        self.lingerTime = lingerTime
    }
}
