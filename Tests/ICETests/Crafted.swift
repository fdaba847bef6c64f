import ICE
import STUN
import Testing
import Wire

/// A peer made by hand: it sends what a test tells it, and answers nothing by itself.
final class Crafted {
    let network: Network
    let address: TransportAddress
    var credentials = ICECredentials(usernameFragment: "crft", password: "craftedcraftedcrafted22")
    private var random = RandomSource.seeded(99)

    init(_ network: Network, _ address: TransportAddress) {
        self.network = network
        self.address = address
    }

    var candidate: ICECandidate { candidate(at: address) }

    func candidate(
        at address: TransportAddress, type: ICECandidateType = .host, localPreference: UInt16 = 100, fragment: String? = "crft"
    ) -> ICECandidate {
        ICECandidate(
            foundation: "9", priority: ICECandidate.priority(type, localPreference: localPreference), address: .ip(address), type: type,
            usernameFragment: fragment)
    }

    /// A check as a sound peer would send it.
    func check(_ peer: Peer, controlling: UInt64? = nil, controlled: UInt64? = nil, nominating: Bool = false) -> STUNMessage {
        var message = STUNMessage(.request, transactionID: STUNTransactionID(random: &random))
        message.attributes = [
            .username("\(peer.agent.localCredentials.usernameFragment):\(credentials.usernameFragment)"), .priority(1_862_270_975),
        ]
        if let controlling { message.attributes.append(.iceControlling(tieBreaker: controlling)) }
        if let controlled { message.attributes.append(.iceControlled(tieBreaker: controlled)) }
        if nominating { message.attributes.append(.useCandidate) }
        return message
    }

    /// Hands a message to the peer, authenticated with its password unless told otherwise.
    ///
    /// - Returns: the messages that the peer sent at once.
    @discardableResult
    func send(
        _ message: STUNMessage, to peer: Peer, at socket: TransportAddress, from source: TransportAddress? = nil, password: String? = nil
    ) throws -> [STUNMessage] {
        let key = password ?? peer.agent.localCredentials.password
        return try send(bytes: message.encoded(integrity: [.shortTerm(password: key)]), to: peer, at: socket, from: source)
    }

    @discardableResult
    func send(bytes: [UInt8], to peer: Peer, at socket: TransportAddress, from source: TransportAddress? = nil) throws -> [STUNMessage] {
        let before = network.sent.count
        peer.handle(.datagram(bytes, from: source ?? address, to: socket))
        return try network.sent[before...].map { try STUNMessage(parsing: $0.bytes) }
    }

    /// Answers the last check that the peer sent to an address of this one, which must be there and sound if it is checked.
    func answer(_ peer: Peer, to address: TransportAddress? = nil, mapped: TransportAddress? = nil, isChecked: Bool = true) throws {
        let own = address ?? self.address
        let last = network.sent.last { $0.to == own && peer.addresses.contains($0.from) && $0.bytes.prefix(2) == [0, 1] }
        guard let packet = last else {
            #expect(!isChecked, "no check to answer")
            return
        }
        let request = try STUNMessage(parsing: packet.bytes)
        if isChecked {
            #expect(request.verify(.shortTerm(password: credentials.password)))
            #expect(request.username == "\(credentials.usernameFragment):\(peer.agent.localCredentials.usernameFragment)")
        }
        var response = request.response(.successResponse)
        response.attributes = [.xorMappedAddress(mapped ?? packet.from, transactionID: request.transactionID)]
        let bytes = response.encoded(integrity: [.shortTerm(password: credentials.password)])
        peer.handle(.datagram(bytes, from: own, to: packet.from))
    }
}
