import ICE
import STUN
import Wire

/// One thing that was found out about the network, and what to do where it could be better.
public struct NetworkFinding: Equatable, Sendable {
    public var label: String
    public var value: String
    public var remedy: String?

    public init(label: String, value: String, remedy: String? = nil) {
        self.label = label
        self.value = value
        self.remedy = remedy
    }
}

extension NetworkExamination {
    /// What a NAT does with a socket that talks to several servers (RFC 4787 section 4.1).
    public enum Mapping: Equatable, Sendable {
        /// The socket's own address is seen.
        case none
        /// The same address is seen by all.
        case endpointIndependent
        /// Each sees another one: a symmetric NAT.
        case endpointDependent
        /// Only one server has said what it sees.
        case oneAnswer
        case unknown
    }

    /// Of IPv4, which NATs are for.
    public var mapping: Mapping {
        let seen = mappings.filter { !$0.base.ip.isIPv6 && !$0.base.ip.isLoopback }
        guard !seen.isEmpty else { return .unknown }
        if seen.contains(where: { $0.mapped == $0.base }) { return .none }
        let groups = Dictionary(grouping: seen, by: \.base).values
        if groups.contains(where: { Set($0.map(\.mapped)).count > 1 }) { return .endpointDependent }
        return groups.contains { Set($0.map(\.server)).count > 1 } ? .endpointIndependent : .oneAnswer
    }

    private var hasRelay: Bool { relays.contains(where: \.isAllocated) }

    public var findings: [NetworkFinding] {
        [addressFinding] + stunServers.map(finding) + relays.map(finding) + [natFinding, callFinding]
    }

    private var addressFinding: NetworkFinding {
        guard !addresses.isEmpty, !addresses.allSatisfy(\.isLoopback) else {
            return NetworkFinding(label: "Addresses", value: "none", remedy: "this machine is in no network: connect it")
        }
        return NetworkFinding(label: "Addresses", value: addresses.map(\.description).joined(separator: ", "))
    }

    private func finding(_ server: Server) -> NetworkFinding {
        let seen = Set(mappings.filter { server.addresses.contains($0.server) }.map(\.mapped.description)).sorted()
        if !seen.isEmpty { return NetworkFinding(label: "\(server.url)", value: "answers, sees \(seen.joined(separator: ", "))") }
        if server.addresses.isEmpty {
            return NetworkFinding(
                label: "\(server.url)", value: "has no address",
                remedy: "no address is known for its name: check it, and this machine's DNS")
        }
        return NetworkFinding(
            label: "\(server.url)", value: "does not answer",
            remedy: "check its address; where a firewall blocks UDP, a relay over TLS helps (--turn turns:HOST)")
    }

    private func finding(_ relay: ICERelays.Status) -> NetworkFinding {
        let label = "\(relay.url)"
        guard let failure = relay.failure else {
            return relay.isAllocated
                ? NetworkFinding(label: label, value: "relays")
                : NetworkFinding(label: label, value: "has not answered yet", remedy: TURNFailure.noAnswer.sentence(about: label))
        }
        return NetworkFinding(label: label, value: "cannot be used", remedy: failure.sentence(about: label))
    }

    private var natFinding: NetworkFinding {
        let label = "NAT"
        switch mapping {
        case .none: return NetworkFinding(label: label, value: "none: this machine's own address is seen")
        case .endpointIndependent: return NetworkFinding(label: label, value: "one that maps alike for all (endpoint-independent)")
        case .endpointDependent:
            return NetworkFinding(
                label: label, value: "one that maps anew for each (symmetric)",
                remedy: hasRelay ? nil : "calls to networks like it need a relay: give --turn URL, or have the server hand one out")
        case .oneAnswer:
            return NetworkFinding(
                label: label, value: "there is one; which kind can't be told from one server",
                remedy: "name a second STUN server with --stun to know")
        case .unknown:
            return NetworkFinding(
                label: label, value: "unknown",
                remedy: stunServers.isEmpty && relays.isEmpty
                    ? "no STUN server is set: name one with --stun stun:HOST, better two" : "no STUN server has answered")
        }
    }

    /// What to expect of a call.
    private var callFinding: NetworkFinding {
        let direct =
            switch mapping {
            case .none, .endpointIndependent: "yes"
            case .endpointDependent: "with some networks"
            case .oneAnswer, .unknown: "in the local network; beyond it unknown"
            }
        let isUDPBlocked = mappings.isEmpty && !(stunServers.isEmpty && relays.isEmpty)
        let remedy =
            hasRelay
            ? nil
            : relays.isEmpty
                ? "a relay makes calls work where no direct path is: --turn URL, or glyphone server --turn"
                : "see what the relays said above"
        let value =
            "direct: \(isUDPBlocked ? "in the local network alone, UDP seems to be blocked" : direct), relay: \(hasRelay ? "yes" : "no")"
        return NetworkFinding(label: "Calls", value: value, remedy: remedy)
    }
}
