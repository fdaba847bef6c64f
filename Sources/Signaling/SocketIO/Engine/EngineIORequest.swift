import NIOHTTP1

/// What a request to Engine.IO's path asks for.
struct EngineIORequest {
    let transport: EngineIOSession.Transport
    /// The session; `nil` asks for a new one.
    let sid: Substring?

    /// - Parameter target: path and query.
    static func parse(_ target: String) throws(EngineIORefusal) -> EngineIORequest {
        let query = target.firstIndex(of: "?").map { target[$0...].dropFirst() } ?? ""
        var parameters: [Substring: Substring] = [:]
        for pair in query.split(separator: "&") {
            let equals = pair.firstIndex(of: "=") ?? pair.endIndex
            parameters[pair[..<equals]] = pair[equals...].dropFirst()
        }
        guard let transport = EngineIOSession.Transport(rawValue: String(parameters["transport"] ?? "")) else {
            throw EngineIORefusal.unknownTransport
        }
        guard parameters["EIO"] == "4" else { throw EngineIORefusal.unsupportedVersion }
        return EngineIORequest(transport: transport, sid: parameters["sid"])
    }
}

/// Why a request was refused, as the reference implementation numbers it.
public enum EngineIORefusal: Int, Error, Hashable, Sendable {
    case unknownTransport = 0
    case unknownSession
    case badHandshakeMethod
    case badRequest
    /// No more sessions now.
    case full
    case unsupportedVersion

    var status: HTTPResponseStatus {
        self == .full ? .serviceUnavailable : .badRequest
    }

    private var message: String {
        switch self {
        case .unknownTransport: "Transport unknown"
        case .unknownSession: "Session ID unknown"
        case .badHandshakeMethod: "Bad handshake method"
        case .badRequest: "Bad request"
        case .full: "Too many sessions"
        case .unsupportedVersion: "Unsupported protocol version"
        }
    }

    /// The answer's body.
    var json: String { "{\"code\":\(rawValue),\"message\":\"\(message)\"}" }
}
