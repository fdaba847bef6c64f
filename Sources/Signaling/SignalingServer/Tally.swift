import SignalingProtocol

/// What passed since the start, for the metrics.
struct Tally {
    /// Messages of clients by type; what is no message counts as `invalid`.
    var received: [String: Int] = [:]
    var sent = 0
    /// Messages answered with an error, by its code.
    var refused: [String: Int] = [:]
    /// Connections that the server closed, by the close code.
    var closed: [String: Int] = [:]
    /// Attempts to come back, by how they went.
    var resumes = ["resumed": 0, "unknown": 0]
    var bytesReceived = 0
    var bytesSent = 0

    mutating func count(_ request: Result<ClientRequest, BadMessage>) {
        let type = if case .success(let request) = request { request.type } else { "invalid" }
        received[type, default: 0] += 1
    }
}
