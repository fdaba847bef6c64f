import Glibc
import NIOCore

/// How a signaling server runs.
public struct ServerConfiguration: Sendable {
    /// An address, or a name with one.
    public var host: String
    /// 0 takes a free one.
    public var port: Int
    public var hub: HubConfiguration
    /// How long an HTTP request may take to come, and a connection may wait for its next one.
    public var requestTimeout: Duration
    /// The browser clients; `nil` serves none.
    public var web: WebPages?

    public init(
        host: String = "127.0.0.1", port: Int = 0, hub: HubConfiguration = HubConfiguration(), requestTimeout: Duration = .seconds(10),
        web: WebPages? = nil
    ) {
        self.host = host
        self.port = port
        self.hub = hub
        self.requestTimeout = requestTimeout
        self.web = web
    }
}

/// Why a server could not be started.
public struct ServerFailure: Error, CustomStringConvertible {
    /// One line for people: what happened, to what, and what to do next.
    public var description: String

    public init(_ description: String) {
        self.description = description
    }

    init(_ error: any Error, _ configuration: ServerConfiguration) {
        let place = "\(configuration.host) port \(configuration.port)"
        switch error {
        case let failure as ServerFailure: self = failure
        case let error as IOError where error.errnoCode == EADDRINUSE:
            description = "Cannot listen on \(place): something else does already. Stop that, or choose another --port."
        case let error as IOError where error.errnoCode == EACCES:
            description = "Cannot listen on \(place): ports below 1024 are for root. Choose another --port."
        case let error as IOError where error.errnoCode == EADDRNOTAVAIL:
            description = "Cannot listen on \(place): this machine does not have that address. Choose another --host."
        default: description = "Cannot listen on \(place): \(error). Choose another --host or --port."
        }
    }
}
