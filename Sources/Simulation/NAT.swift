import Wire

/// A translator of IPv4 addresses, in the terms of RFC 4787 section 4 and 5.
public struct NATBehavior: Sendable, Hashable {
    public enum Dependence: Sendable, Hashable {
        case endpointIndependent, addressDependent, addressAndPortDependent
    }

    /// Which remote endpoints share the port that a local address was given.
    public var mapping: Dependence
    /// From where packets are let in: all, or only whom the inside has sent to.
    public var filtering: Dependence
    /// How long a mapping, and a permission, lasts after a packet from within.
    public var timeout: Duration
    /// Whether a packet from within to a mapped address comes back in.
    public var hairpins: Bool

    public init(mapping: Dependence, filtering: Dependence, timeout: Duration = .seconds(120), hairpins: Bool = true) {
        self.mapping = mapping
        self.filtering = filtering
        self.timeout = timeout
        self.hairpins = hairpins
    }

    public static let fullCone = NATBehavior(mapping: .endpointIndependent, filtering: .endpointIndependent)
    public static let addressRestricted = NATBehavior(mapping: .endpointIndependent, filtering: .addressDependent)
    public static let portRestricted = NATBehavior(mapping: .endpointIndependent, filtering: .addressAndPortDependent)
    public static let symmetric = NATBehavior(mapping: .addressAndPortDependent, filtering: .addressAndPortDependent)
}

/// A NAT with one public address.
struct NAT {
    private struct Key: Hashable {
        var local: TransportAddress
        /// The remote address, as far as the mapping depends on it.
        var ip: IPAddress?
        var port: UInt16?
    }

    private struct Mapping {
        var key: Key
        var lastUsed: Instant
        /// When the inside last sent to an endpoint.
        var permissions: [TransportAddress: Instant] = [:]
    }

    var behavior: NATBehavior
    let publicAddress: IPAddress
    private var mappings: [UInt16: Mapping] = [:]
    private var ports: [Key: UInt16] = [:]
    private var random: RandomSource

    /// Home routers keep a few thousand; a simulated call needs a few dozen.
    private static let maximumMappings = 4096

    init(_ behavior: NATBehavior, publicAddress: IPAddress, random: RandomSource) {
        self.behavior = behavior
        self.publicAddress = publicAddress
        self.random = random
    }

    /// The address that `remote` sees for a packet from `local`; `nil` if the NAT is out of ports.
    mutating func outbound(_ local: TransportAddress, to remote: TransportAddress, at now: Instant) -> TransportAddress? {
        let key = key(local, remote)
        if let port = ports[key], let mapping = mappings[port], isAlive(mapping.lastUsed, at: now) {
            mappings[port]?.lastUsed = now
            mappings[port]?.permissions[remote] = now
            return TransportAddress(ip: publicAddress, port: port)
        }
        ports[key].map { forget($0) }
        if mappings.count >= Self.maximumMappings { expire(at: now) }
        guard mappings.count < Self.maximumMappings, let port = freePort() else { return nil }
        ports[key] = port
        mappings[port] = Mapping(key: key, lastUsed: now, permissions: [remote: now])
        return TransportAddress(ip: publicAddress, port: port)
    }

    /// Who within gets a packet from `remote` to the public `port`; `nil` if it is filtered.
    func inbound(_ remote: TransportAddress, to port: UInt16, at now: Instant) -> TransportAddress? {
        guard let mapping = mappings[port], isAlive(mapping.lastUsed, at: now) else { return nil }
        let permitted = mapping.permissions.contains { endpoint, time in
            guard isAlive(time, at: now) else { return false }
            return switch behavior.filtering {
            case .endpointIndependent: true
            case .addressDependent: endpoint.ip == remote.ip
            case .addressAndPortDependent: endpoint == remote
            }
        }
        return permitted || behavior.filtering == .endpointIndependent ? mapping.key.local : nil
    }

    private func key(_ local: TransportAddress, _ remote: TransportAddress) -> Key {
        switch behavior.mapping {
        case .endpointIndependent: Key(local: local)
        case .addressDependent: Key(local: local, ip: remote.ip)
        case .addressAndPortDependent: Key(local: local, ip: remote.ip, port: remote.port)
        }
    }

    private func isAlive(_ time: Instant, at now: Instant) -> Bool { now - time < behavior.timeout }

    private mutating func freePort() -> UInt16? {
        // With at most 4096 of 64512 ports taken, 64 tries fail once in 10^76.
        for _ in 0..<64 {
            let port = UInt16.random(in: 1024...65535, using: &random)
            if mappings[port] == nil { return port }
        }
        return nil
    }

    private mutating func forget(_ port: UInt16) {
        if let mapping = mappings.removeValue(forKey: port) { ports[mapping.key] = nil }
    }

    private mutating func expire(at now: Instant) {
        for (port, mapping) in mappings where !isAlive(mapping.lastUsed, at: now) { forget(port) }
    }
}
