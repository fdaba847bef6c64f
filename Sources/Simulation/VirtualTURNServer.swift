import STUN
import Wire

/// A TURN server (RFC 8656) on a ``VirtualNetwork``: long-term credentials, permissions, indications and channels, for UDP
/// over IPv4. What fails on purpose is set from outside.
public struct VirtualTURNServer: Sendable {
    private struct Allocation: Sendable {
        var relayed: TransportAddress
        var expires: Instant
        var permissions: [IPAddress: Instant] = [:]
        var channels: [UInt16: TransportAddress] = [:]
    }

    public static let port: UInt16 = 3478
    private static let realm = "example.org"
    /// RFC 8656 section 9.
    private static let permissionLifetime = Duration.seconds(300)
    /// A test has a handful of clients.
    private static let maximumAllocations = 64

    public let address: TransportAddress
    public var username: String
    public var password: String
    /// It answers nothing any more, and relays nothing.
    public var isDead = false
    /// What new allocations are refused with.
    public var refusal: STUNErrorCode?
    /// Another one makes the clients' stale.
    public var nonce = "first"
    public var lifetime = Duration.seconds(600)
    /// Packets that were relayed, both ways.
    public private(set) var relayed = 0
    private var allocations: [TransportAddress: Allocation] = [:]
    private var nextPort: UInt16 = 50_000

    init(ip: IPAddress, username: String, password: String) {
        address = TransportAddress(ip: ip, port: Self.port)
        self.username = username
        self.password = password
    }

    /// Allocations that were neither given back nor left to expire.
    public func allocationCount(at now: Instant) -> Int { allocations.values.count { $0.expires > now } }

    /// The same server, which has forgotten all that it granted and is alive.
    public func restarted() -> VirtualTURNServer {
        var server = self
        server.allocations = [:]
        server.isDead = false
        server.nonce += "+"
        return server
    }

    /// What the server sends for a packet that came to it.
    mutating func answer(_ packet: VirtualNetwork.Arrival, at now: Instant) -> [VirtualNetwork.Arrival] {
        guard !isDead else { return [] }
        allocations = allocations.filter { $0.value.expires > now }
        guard packet.to.port == Self.port else { return relay(packet, at: now) }
        if let channelData = ChannelData(parsing: packet.bytes) {
            guard let allocation = allocations[packet.from], let peer = allocation.channels[channelData.channel] else { return [] }
            return forward(channelData.data, of: allocation, to: peer, at: now)
        }
        guard let message = try? STUNMessage(parsing: packet.bytes) else { return [] }
        if message.messageClass == .indication, message.method == .send {
            guard let allocation = allocations[packet.from], let peer = message.peerAddress, let data = message[.data] else { return [] }
            return forward(data, of: allocation, to: peer, at: now)
        }
        guard message.messageClass == .request else { return [] }
        let answer = respond(to: message, from: packet.from, at: now)
        return [VirtualNetwork.Arrival(bytes: answer, from: packet.to, to: packet.from)]
    }

    private mutating func forward(
        _ data: [UInt8], of allocation: Allocation, to peer: TransportAddress, at now: Instant
    ) -> [VirtualNetwork.Arrival] {
        guard let expires = allocation.permissions[peer.ip], expires > now else { return [] }
        relayed += 1
        return [VirtualNetwork.Arrival(bytes: data, from: allocation.relayed, to: peer)]
    }

    /// From a peer to a client.
    private mutating func relay(_ packet: VirtualNetwork.Arrival, at now: Instant) -> [VirtualNetwork.Arrival] {
        guard let (client, allocation) = allocations.first(where: { $0.value.relayed == packet.to }),
            let expires = allocation.permissions[packet.from.ip], expires > now
        else { return [] }
        relayed += 1
        let bytes: [UInt8]
        if let (number, _) = allocation.channels.first(where: { $0.value == packet.from }) {
            bytes = ChannelData(channel: number, data: packet.bytes).encoded(isPadded: false)
        } else {
            var random = RandomSource.seeded(UInt64(relayed))
            let id = STUNTransactionID(random: &random)
            bytes = STUNMessage(
                .indication, method: .data, transactionID: id,
                attributes: [.xorPeerAddress(packet.from, transactionID: id), .data(packet.bytes)]
            ).encoded(fingerprint: false)
        }
        return [VirtualNetwork.Arrival(bytes: bytes, from: address, to: client)]
    }

    private mutating func respond(to request: STUNMessage, from client: TransportAddress, at now: Instant) -> [UInt8] {
        if request.method == .binding {
            var response = request.response(.successResponse)
            response.attributes = [.xorMappedAddress(client, transactionID: request.transactionID)]
            return response.encoded()
        }
        let integrity = STUNIntegrity.longTerm(username: username, realm: Self.realm, password: password)
        guard request.username == username, request.verify(integrity) else { return challenge(request, .unauthenticated) }
        guard request.nonce == nonce else { return challenge(request, .staleNonce) }
        var response: STUNMessage
        do throws(STUNErrorCode) {
            response = request.response(.successResponse)
            response.attributes = try grant(request, to: client, at: now)
        } catch {
            response = request.errorResponse(error)
        }
        return response.encoded(integrity: [integrity])
    }

    private func challenge(_ request: STUNMessage, _ error: STUNErrorCode) -> [UInt8] {
        var response = request.errorResponse(error)
        response.attributes += [.realm(Self.realm), .nonce(nonce)]
        return response.encoded()
    }

    private mutating func grant(
        _ request: STUNMessage, to client: TransportAddress, at now: Instant
    ) throws(STUNErrorCode) -> [STUNAttribute] {
        if request.method == .allocate { return try allocate(request, for: client, at: now) }
        guard var allocation = allocations[client] else { throw STUNErrorCode(437, "Allocation Mismatch") }
        defer { if allocations[client] != nil { allocations[client] = allocation } }
        switch request.method {
        case .refresh:
            if request.lifetime == 0 {
                allocations[client] = nil
                return [.lifetime(0)]
            }
            allocation.expires = now + lifetime
            return [.lifetime(UInt32(lifetime.seconds))]
        case .createPermission:
            guard let peer = request.peerAddress else { throw .badRequest }
            allocation.permissions[peer.ip] = now + Self.permissionLifetime
            return []
        case .channelBind:
            guard let peer = request.peerAddress, let number = request.channelNumber, ChannelData.channels.contains(number),
                allocation.channels[number] ?? peer == peer,
                !allocation.channels.contains(where: { $0.value == peer && $0.key != number })
            else { throw .badRequest }
            allocation.channels[number] = peer
            allocation.permissions[peer.ip] = now + Self.permissionLifetime
            return []
        default: throw .badRequest
        }
    }

    private mutating func allocate(
        _ request: STUNMessage, for client: TransportAddress, at now: Instant
    ) throws(STUNErrorCode) -> [STUNAttribute] {
        if let refusal { throw refusal }
        guard allocations[client] == nil else { throw STUNErrorCode(437, "Allocation Mismatch") }
        guard allocations.count < Self.maximumAllocations else { throw STUNErrorCode(486, "Allocation Quota Reached") }
        guard request[.requestedTransport]?.first == 17 else { throw STUNErrorCode(442, "Unsupported Transport Protocol") }
        let relayed = TransportAddress(ip: address.ip, port: nextPort)
        nextPort += 1
        allocations[client] = Allocation(relayed: relayed, expires: now + lifetime)
        return [
            .xorRelayedAddress(relayed, transactionID: request.transactionID),
            .xorMappedAddress(client, transactionID: request.transactionID), .lifetime(UInt32(lifetime.seconds)),
        ]
    }
}
