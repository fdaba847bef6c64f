import DequeModule
import STUN
import Wire

/// The relays of one end: its allocations on TURN servers, and the way of datagrams through them, without I/O.
///
/// Of each server it keeps one allocation: the first that is granted, from whichever local address, over UDP sockets that
/// ICE has anyway or over a stream of its own. An allocation outlives restarts of ICE; one that is lost is asked for anew.
public struct ICERelays: Machine {
    /// Names a TCP or TLS connection to its driver.
    public typealias StreamID = Int

    public enum Input: Sendable {
        case timeout
        case server(TURNServer)
        /// A UDP socket is bound to the address.
        case localAddress(TransportAddress)
        case localAddressGone(TransportAddress)
        /// From a server, as ``ICERelays/isServer(_:at:)`` says.
        case datagram([UInt8], from: TransportAddress, to: TransportAddress)
        /// The connection stands, TLS included.
        case streamOpened(StreamID, local: TransportAddress)
        case streamData(StreamID, [UInt8])
        /// It was not made, or has ended.
        case streamClosed(StreamID, TURNFailure)
        /// Send from a relayed address.
        case send([UInt8], from: TransportAddress, to: TransportAddress)
        /// Datagrams from that peer are wanted.
        case permit(IPAddress)
        /// The network may have changed: ask whether what there is still stands, and try again what failed.
        case restart
        /// Gives everything back.
        case close
    }

    public enum Output: Sendable {
        /// Send from a UDP socket to a server.
        case transmit([UInt8], from: TransportAddress, to: TransportAddress)
        case openStream(StreamID, to: TransportAddress, isTLS: Bool, name: String)
        case writeStream(StreamID, [UInt8])
        case closeStream(StreamID)
        /// A relayed candidate: datagrams from and to it go through here.
        case relayed(TransportAddress, mapped: TransportAddress, preference: UInt16)
        case relayedGone(TransportAddress)
        /// A peer sent to a relayed address.
        case data([UInt8], from: TransportAddress, to: TransportAddress)
    }

    /// What is known of one server.
    public struct Status: Hashable, Sendable {
        public var url: ICEServerURL
        /// An allocation stands.
        public var isAllocated = false
        /// Why there is none; `nil` while there is, or while it is being asked for.
        public var failure: TURNFailure?

        public init(url: ICEServerURL, isAllocated: Bool = false, failure: TURNFailure? = nil) {
            self.url = url
            self.isAllocated = isAllocated
            self.failure = failure
        }
    }

    struct Server: Sendable {
        var server: TURNServer
        var failure: TURNFailure?
        /// For servers of one transport, the first given is preferred.
        var preference: UInt16
    }

    /// One attempt at an allocation, or the allocation.
    struct Link: Sendable {
        enum Way: Sendable {
            case socket(TransportAddress)
            case stream(StreamID, local: TransportAddress?, TURNStreamDecoder)
        }

        var server: Int
        var way: Way
        var remote: TransportAddress
        var isRedirected: Bool
        var allocation: TURNAllocation
        var relayed: [TransportAddress] = []

        var socket: TransportAddress? { if case .socket(let base) = way { base } else { nil } }
        var stream: StreamID? { if case .stream(let id, _, _) = way { id } else { nil } }
        var isAllocated: Bool { !relayed.isEmpty }
    }

    /// As many as ICE asks; what a signaling server names beyond is of no use.
    static let maximumServers = 8
    static let maximumAddresses = 4
    /// Attempts and allocations at a time: two servers from each of a dozen addresses.
    static let maximumLinks = 24

    var random: RandomSource
    var servers: [Server] = []
    var bases: [TransportAddress] = []
    var links: [Int: Link] = [:]
    var nextLink = 1
    var outputs = Deque<Output>()
    /// Peers that are wanted, for allocations that come later.
    var peers: [IPAddress] = []
    /// Everything has been given back.
    public internal(set) var isClosed = false

    public init(random: RandomSource) {
        self.random = random
    }

    public mutating func nextOutput() -> Output? { outputs.popFirst() }

    public var deadline: Instant? { links.values.compactMap(\.allocation.deadline).min() }

    /// Whether allocations are being asked for that may yet be granted.
    public var isGathering: Bool {
        links.values.contains { link in !link.isAllocated && !isAllocated(link.server) }
    }

    public var statuses: [Status] {
        servers.indices.map { index in
            let isAllocated = isAllocated(index)
            return Status(url: servers[index].server.url, isAllocated: isAllocated, failure: isAllocated ? nil : servers[index].failure)
        }
    }

    func isAllocated(_ server: Int) -> Bool {
        links.values.contains { $0.server == server && $0.isAllocated }
    }

    /// Whether a datagram between these two is between an allocation and its server.
    public func isServer(_ remote: TransportAddress, at local: TransportAddress) -> Bool {
        links.values.contains { $0.remote == remote && $0.socket == local }
    }

    /// Whether this address is one that a server relays for.
    public func isRelayed(_ address: TransportAddress) -> Bool {
        links.values.contains { $0.relayed.contains(address) }
    }

    public mutating func handle(_ input: Input, at now: Instant) {
        guard !isClosed else { return }
        switch input {
        case .timeout: break
        case .server(let server): add(server, at: now)
        case .localAddress(let base):
            guard !bases.contains(base) else { break }
            bases.append(base)
            for index in servers.indices where !isAllocated(index) { ask(index, from: base, at: now) }
        case .localAddressGone(let base): remove(base, at: now)
        case .datagram(let bytes, let from, let to):
            for (id, link) in links where link.remote == from && link.socket == to { handle(.received(bytes), link: id, at: now) }
        case .streamOpened(let id, let local): opened(id, local: local, at: now)
        case .streamData(let id, let bytes): received(bytes, on: id, at: now)
        case .streamClosed(let id, let why): closed(id, why, at: now)
        case .send(let bytes, let from, let to):
            for (id, link) in links where link.relayed.contains(from) { handle(.send(bytes, to: to), link: id, at: now) }
        case .permit(let ip): permit(ip, at: now)
        case .restart: restart(at: now)
        case .close:
            close(at: now)
            return
        }
        for (id, link) in links {
            if let deadline = link.allocation.deadline, deadline <= now { handle(.timeout, link: id, at: now) }
        }
    }
}
