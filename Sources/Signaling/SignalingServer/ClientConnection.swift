import SignalingProtocol

/// A client's connection as the core sees it, whatever carries the messages.
protocol ClientConnection: AnyObject {
    var id: ConnectionID { get }
    /// What waits to be sent, in bytes.
    var queuedBytes: Int { get }

    /// Takes a message, to be sent at the next `flush`. Past the queue's limit it reports `overflowed` to the core.
    func send(_ message: OutgoingMessage)

    /// Asks the client whether it is still there; for bindings without a heartbeat of their own.
    func ping()

    /// Sends what waits. Called once for all that happened in a turn of the loop.
    func flush()

    /// Says good-bye with a WebSocket close code, and ends the connection. The core has forgotten it.
    func close(code: UInt16)
}
