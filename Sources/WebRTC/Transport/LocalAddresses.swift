import NIOCore
import NIOPosix
import Wire

/// The addresses of this machine that host candidates are made of.
public enum LocalAddresses {
    /// A machine with more is a router; sixteen addresses make more pairs than a call ever tries.
    static let limit = 16

    /// All addresses of interfaces that are up, without link-local ones; loopback ones only where asked for, or where there is nothing else.
    public static func all(includingLoopback: Bool) throws -> [IPAddress] {
        var found: [IPAddress] = []
        for device in try System.enumerateDevices() {
            guard let address = device.address, let ip = IPAddress(address) else { continue }
            guard !ip.isLinkLocal, !ip.isUnspecified, !found.contains(ip), !isMulticast(ip) else { continue }
            found.append(ip)
        }
        let routable = found.filter { !$0.isLoopback }
        return Array((includingLoopback || routable.isEmpty ? found : routable).prefix(limit))
    }

    private static func isMulticast(_ ip: IPAddress) -> Bool {
        switch ip {
        case .v4(let value): value >> 28 == 0xe
        case .v6(let high, _): high >> 56 == 0xff
        }
    }
}
