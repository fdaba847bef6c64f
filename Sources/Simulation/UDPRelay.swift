import NIOCore
import NIOPosix
import Wire

/// Passes UDP datagrams between real processes through a ``LinkModel``, in real time.
///
/// Every address gets a port of the relay that stands for it. What arrives at the port of `real` from an address A is
/// forwarded to `real` from the port that stands for A, which is made on first use: so each end sees the other at a port of
/// the relay, and its replies pass the model as well. Each ordered pair of addresses has a link of its own.
///
/// Runs on one event loop; the actor's methods and its channels' handlers share it.
public actor UDPRelay {
    public struct Configuration: Sendable {
        /// How every direction treats its packets.
        public var model: LinkModel
        /// Where the relay's ports are: at most one address of each family is used. A family without one is not relayed.
        public var addresses: [IPAddress]
        public var seed: UInt64

        public init(model: LinkModel, addresses: [IPAddress] = [.v4(0x7f00_0001), .v6(0, 1)], seed: UInt64 = 0) {
            (self.model, self.addresses, self.seed) = (model, addresses, seed)
        }
    }

    public struct Statistics: Sendable, Hashable {
        public var received = 0
        public var forwarded = 0
        /// Lost on a link, or dropped from its queue.
        public var lost = 0

        public init(received: Int = 0, forwarded: Int = 0, lost: Int = 0) {
            (self.received, self.forwarded, self.lost) = (received, forwarded, lost)
        }
    }

    /// Why an address has no port.
    public enum ExposeError: Error, Sendable, Hashable, CustomStringConvertible {
        case tooManyAddresses
        case noAddressOfFamily

        public var description: String {
            switch self {
            case .tooManyAddresses: "The relay stands for \(maximumPorts) addresses already; start it anew."
            case .noAddressOfFamily: "The relay has no address of this family (IPv4 or IPv6); give it one."
            }
        }
    }

    struct Port: Sendable {
        let channel: any Channel
        let address: TransportAddress
    }

    private struct Pair: Hashable {
        let from: TransportAddress
        let to: TransportAddress
    }

    /// Two processes have about ten addresses each; the rest are the ports of NATs and TURN servers.
    static let maximumPorts = 256
    /// Ordered pairs that really exchange packets.
    private static let maximumLinks = 4096
    /// 10 s of 60 Mbit/s in packets of 1200 bytes.
    private static let maximumUnderway = 65_536

    private let eventLoop: any EventLoop
    private let executor: any SerialExecutor
    private var configuration: Configuration
    private var ports: [TransportAddress: EventLoopFuture<Port>] = [:]
    private var realAddresses: [TransportAddress: TransportAddress] = [:]
    private var links: [Pair: Link] = [:]
    private var random: RandomSource
    private var underway = 0
    private var isClosed = false
    public private(set) var statistics = Statistics()

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    public init(_ configuration: Configuration, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton) {
        self.configuration = configuration
        eventLoop = group.next()
        executor = eventLoop.executor
        random = .seeded(configuration.seed)
    }

    /// The port that stands for `real`; the same each time. An address of the relay's own stands for itself.
    public func expose(_ real: TransportAddress) async throws -> TransportAddress {
        if realAddresses[real] != nil { return real }
        return try await port(for: real).get().address
    }

    /// Changes the model of all links from now on.
    public func setModel(_ model: LinkModel) {
        configuration.model = model
        for pair in links.keys { links[pair]?.model = model }
    }

    /// Closes all ports; packets under way are lost.
    public func close() async {
        isClosed = true
        let open = ports.values
        ports = [:]
        realAddresses = [:]
        for port in open { try? await port.get().channel.close() }
    }

    private func port(for real: TransportAddress) -> EventLoopFuture<Port> {
        if let port = ports[real] { return port }
        guard !isClosed, ports.count < Self.maximumPorts else { return eventLoop.makeFailedFuture(ExposeError.tooManyAddresses) }
        guard let address = configuration.addresses.first(where: { $0.isIPv6 == real.ip.isIPv6 }) else {
            return eventLoop.makeFailedFuture(ExposeError.noAddressOfFamily)
        }
        let port = UDPPort.bind(address, on: eventLoop) { [weak self] bytes, source in
            self?.assumeIsolated { $0.receive(bytes, from: source, for: real) }
        }
        ports[real] = port
        port.assumeIsolated().whenComplete { result in
            self.assumeIsolated { relay in
                switch result {
                case .success(let port): relay.realAddresses[port.address] = real
                case .failure: relay.ports[real] = nil
                }
            }
        }
        return port
    }

    private func receive(_ bytes: [UInt8], from source: TransportAddress, for real: TransportAddress) {
        statistics.received += 1
        let pair = Pair(from: source, to: real)
        guard links[pair] != nil || links.count < Self.maximumLinks, underway < Self.maximumUnderway else { return }
        let now = NIODeadline.now()
        var link = links[pair] ?? Link(configuration.model, random: .seeded(random.next()))
        let arrivals = link.send(bytes.count, at: Instant(nanoseconds: Int64(now.uptimeNanoseconds)))
        links[pair] = link
        if arrivals.isEmpty { statistics.lost += 1 }
        for arrival in arrivals {
            let deadline = NIODeadline.uptimeNanoseconds(UInt64(arrival.nanoseconds))
            guard deadline > now else {
                forward(bytes, from: source, to: real)
                continue
            }
            underway += 1
            eventLoop.scheduleTask(deadline: deadline) {
                self.assumeIsolated {
                    $0.underway -= 1
                    $0.forward(bytes, from: source, to: real)
                }
            }
        }
    }

    private func forward(_ bytes: [UInt8], from source: TransportAddress, to real: TransportAddress) {
        port(for: source).assumeIsolated().whenSuccess { port in
            self.assumeIsolated { $0.statistics.forwarded += 1 }
            UDPPort.send(bytes, to: real, over: port.channel)
        }
    }
}
