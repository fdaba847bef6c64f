import STUN
import Wire

/// A TURN server whose name has been resolved.
public struct TURNServer: Hashable, Sendable {
    public var url: ICEServerURL
    /// Where it is: one address for each family, or several.
    public var addresses: [TransportAddress]
    public var credentials: TURNCredentials?

    public init(url: ICEServerURL, addresses: [TransportAddress], credentials: TURNCredentials?) {
        self.url = url
        self.addresses = addresses
        self.credentials = credentials
    }

    public var transport: TURNTransport {
        if case .turn(let transport) = url.kind { transport } else { .udp }
    }
}
