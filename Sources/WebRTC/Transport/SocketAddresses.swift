import NIOCore
import Wire

extension IPAddress {
    /// The IP address within a socket address; `nil` for one that has none (a UNIX domain socket's).
    package init?(_ address: SocketAddress) {
        let bytes: [UInt8]
        switch address {
        // In struct sockaddr_in the address lies behind family and port, in struct sockaddr_in6 behind the flow label, too.
        case .v4(let v4): bytes = withUnsafeBytes(of: v4.address) { Array($0[4..<8]) }
        case .v6(let v6): bytes = withUnsafeBytes(of: v6.address) { Array($0[8..<24]) }
        case .unixDomainSocket: return nil
        }
        guard let ip = IPAddress(bytes: bytes) else { return nil }
        self = ip.unmapped
    }
}

extension TransportAddress {
    package init?(_ address: SocketAddress) {
        guard let ip = IPAddress(address), let port = address.port, let port = UInt16(exactly: port) else { return nil }
        self.init(ip: ip, port: port)
    }

    package var socketAddress: SocketAddress? {
        try? SocketAddress(packedIPAddress: ByteBuffer(bytes: ip.bytes), port: Int(port))
    }
}
