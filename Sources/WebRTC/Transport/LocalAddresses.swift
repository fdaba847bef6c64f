import Glibc
import Wire

/// The addresses of this machine that host candidates are made of.
public enum LocalAddresses {
    /// A machine with more is a router; sixteen addresses make more pairs than a call ever tries.
    static let limit = 16

    /// All addresses of interfaces that are up, without link-local ones; loopback ones only where asked for, or where there is nothing else.
    public static func all(includingLoopback: Bool) throws -> [IPAddress] {
        var found: [IPAddress] = []
        for ip in try assigned() {
            guard !ip.isLinkLocal, !ip.isUnspecified, !found.contains(ip), !isMulticast(ip) else { continue }
            found.append(ip)
        }
        let routable = found.filter { !$0.isLoopback }
        return Array((includingLoopback || routable.isEmpty ? found : routable).prefix(limit))
    }

    /// The addresses of interfaces that are up and have a carrier: a cable that was pulled out leaves its addresses behind.
    private static func assigned() throws -> [IPAddress] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { throw LocalAddressesError(code: errno) }
        defer { freeifaddrs(first) }
        var result: [IPAddress] = []
        for entry in sequence(first: first, next: { $0?.pointee.ifa_next }) {
            guard let entry = entry?.pointee, let address = entry.ifa_addr else { continue }
            let needed = UInt32(IFF_UP | IFF_RUNNING)
            guard entry.ifa_flags & needed == needed, let ip = IPAddress(sockaddr: address) else { continue }
            result.append(ip)
        }
        return result
    }

    private static func isMulticast(_ ip: IPAddress) -> Bool {
        switch ip {
        case .v4(let value): value >> 28 == 0xe
        case .v6(let high, _): high >> 56 == 0xff
        }
    }
}

/// The machine's addresses cannot be read.
public struct LocalAddressesError: Error, CustomStringConvertible {
    var code: CInt

    public var description: String { "this machine's network addresses cannot be read: \(String(cString: strerror(code)))" }
}

extension IPAddress {
    /// The address in one of C's structures; `nil` for families other than IPv4 and IPv6.
    init?(sockaddr address: UnsafePointer<sockaddr>) {
        let raw = UnsafeRawPointer(address)
        switch CInt(address.pointee.sa_family) {
        // In struct sockaddr_in the address lies behind family and port, in struct sockaddr_in6 behind the flow label, too.
        case AF_INET: self.init(bytes: Array(UnsafeRawBufferPointer(start: raw + 4, count: 4)))
        case AF_INET6: self.init(bytes: Array(UnsafeRawBufferPointer(start: raw + 8, count: 16)))
        default: return nil
        }
    }
}
