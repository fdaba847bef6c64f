import STUN
import Testing
import Wire

/// An allocation in virtual time, and a server that is written by hand, answer by answer.
private struct Bench {
    var allocation: TURNAllocation
    var now = Instant(nanoseconds: 1_000_000_000)
    var sent: [[UInt8]] = []
    var said: [TURNAllocation.Output] = []
    var nonce = "n1"
    static let realm = "example.org"
    static let integrity = STUNIntegrity.longTerm(username: "user", realm: realm, password: "pass")
    static let relayed = TransportAddress("192.0.2.15", port: 50_000)!
    static let mapped = TransportAddress("203.0.113.9", port: 4_000)!

    init(isReliable: Bool = false, hasCredentials: Bool = true) {
        let credentials = hasCredentials ? TURNCredentials(username: "user", password: "pass") : nil
        allocation = TURNAllocation(
            configuration: .init(credentials: credentials, isReliable: isReliable), random: .seeded(7))
    }

    mutating func handle(_ input: TURNAllocation.Input) {
        allocation.handle(input, at: now)
        while let output = allocation.nextOutput() {
            if case .transmit(let bytes) = output { sent.append(bytes) } else { said.append(output) }
        }
        if let deadline = allocation.deadline { #expect(deadline > now, "drained, and wants to wake at once") }
    }

    /// Lets time pass up to `end`, deadline by deadline.
    mutating func wait(_ duration: Duration) {
        let end = now + duration
        while let deadline = allocation.deadline, deadline <= end {
            now = deadline
            handle(.timeout)
        }
        now = end
    }

    /// The last request that was sent.
    func request() throws -> STUNMessage { try STUNMessage(parsing: try #require(sent.last)) }

    mutating func answer(
        _ error: STUNErrorCode, _ attributes: [STUNAttribute] = [], integrity: STUNIntegrity? = nil
    ) throws {
        var response = try request().errorResponse(error)
        response.attributes += attributes
        handle(.received(response.encoded(integrity: integrity.map { [$0] } ?? [])))
    }

    mutating func challenge(_ error: STUNErrorCode = .unauthenticated) throws {
        try answer(error, [.realm(Self.realm), .nonce(nonce)])
    }

    mutating func succeed(_ attributes: [STUNAttribute] = [], integrity: STUNIntegrity = Self.integrity) throws {
        var response = try request().response(.successResponse)
        response.attributes = attributes
        handle(.received(response.encoded(integrity: [integrity])))
    }

    mutating func grantAllocation(lifetime: UInt32 = 600) throws {
        let id = try request().transactionID
        try succeed([
            .xorRelayedAddress(Self.relayed, transactionID: id), .xorMappedAddress(Self.mapped, transactionID: id), .lifetime(lifetime),
        ])
    }

    /// With an allocation that stands.
    static func allocated(isReliable: Bool = false, lifetime: UInt32 = 600) throws -> Bench {
        var bench = Bench(isReliable: isReliable)
        bench.handle(.start)
        try bench.challenge()
        try bench.grantAllocation(lifetime: lifetime)
        return bench
    }

    var failure: TURNFailure? {
        for case .failed(let why) in said { return why }
        return nil
    }
}

private let peer = TransportAddress("198.51.100.7", port: 7_000)!

@Suite struct TURNAllocationTests {
    @Test func `An allocation is asked for without credentials, then with those that the challenge wants`() throws {
        var bench = Bench()
        bench.handle(.start)
        let first = try bench.request()
        #expect(first.method == .allocate)
        #expect(first[.requestedTransport] == [17, 0, 0, 0])
        #expect(first[.additionalAddressFamily] == [2, 0, 0, 0])
        #expect(first.username == nil && !first.hasIntegrity)
        try bench.challenge()
        let second = try bench.request()
        #expect(second.transactionID != first.transactionID)
        #expect(second.username == "user" && second.realm == Bench.realm && second.nonce == "n1")
        #expect(second.verify(Bench.integrity))
        try bench.grantAllocation()
        #expect(bench.said == [.allocated([Bench.relayed], mapped: Bench.mapped)])
    }

    @Test func `A server that offers password algorithms gets SHA-256 and no MD5`() throws {
        var bench = Bench()
        bench.nonce = "obMatJos2AAABxyz"
        bench.handle(.start)
        let offer: [UInt8] = [0, 1, 0, 0, 0, 2, 0, 0]
        try bench.answer(
            .unauthenticated, [.realm(Bench.realm), .nonce(bench.nonce), STUNAttribute(.passwordAlgorithms, offer)])
        let request = try bench.request()
        #expect(request[.passwordAlgorithms] == offer)
        #expect(request[.passwordAlgorithm] == [0, 2, 0, 0])
        let integrity = STUNIntegrity.longTermSHA256(username: "user", realm: Bench.realm, password: "pass")
        #expect(request.verify(integrity))
        #expect(!request.verify(Bench.integrity))
        let id = request.transactionID
        let attributes: [STUNAttribute] = [
            .xorRelayedAddress(Bench.relayed, transactionID: id), .xorMappedAddress(Bench.mapped, transactionID: id),
        ]
        try bench.succeed(attributes, integrity: Bench.integrity)
        #expect(bench.said.isEmpty, "an answer with the weaker integrity is none")
        try bench.succeed(attributes, integrity: integrity)
        #expect(bench.said == [.allocated([Bench.relayed], mapped: Bench.mapped)])
    }

    @Test func `A challenge that lost its password algorithms on the way is not answered`() throws {
        var bench = Bench()
        bench.nonce = "obMatJos2AAABxyz"
        bench.handle(.start)
        try bench.challenge()
        #expect(bench.failure == .notUnderstood)
    }

    @Test func `The user's name is hidden where the server wants that`() throws {
        var bench = Bench()
        bench.nonce = "obMatJos2AAACxyz"
        bench.handle(.start)
        try bench.challenge()
        let request = try bench.request()
        #expect(request.username == nil)
        #expect(request.userHash == STUNIntegrity.userHash(username: "user", realm: Bench.realm))
    }

    @Test func `Wrong credentials are said so, and not tried twice`() throws {
        var bench = Bench()
        bench.handle(.start)
        try bench.challenge()
        bench.nonce = "n2"
        try bench.challenge()
        #expect(bench.failure == .wrongCredentials)
        #expect(bench.sent.count == 2)
        #expect(bench.allocation.deadline == nil)
    }

    @Test func `Without credentials a challenge is the end`() throws {
        var bench = Bench(hasCredentials: false)
        bench.handle(.start)
        try bench.challenge()
        #expect(bench.failure == .noCredentials)
    }

    @Test func `A stale nonce is replaced, but not for ever`() throws {
        var bench = try Bench.allocated()
        bench.handle(.check)
        bench.nonce = "n2"
        try bench.challenge(.staleNonce)
        #expect(try bench.request().nonce == "n2")
        #expect(try bench.request().method == .refresh)
        try bench.succeed([.lifetime(600)])
        #expect(bench.failure == nil)
        bench.handle(.check)
        for turn in 0..<4 {
            bench.nonce = "again\(turn)"
            try bench.challenge(.staleNonce)
        }
        #expect(bench.failure == .notUnderstood)
    }

    @Test func `What a server refuses with becomes a sentence`() throws {
        for code in [403, 437, 441, 442, 486, 508, 500] {
            var bench = Bench()
            bench.handle(.start)
            try bench.challenge()
            try bench.answer(STUNErrorCode(code, "No"), integrity: Bench.integrity)
            let sentence = try #require(bench.failure).sentence(about: "turn:relay.example:3478")
            #expect(sentence.contains("turn:relay.example:3478"))
            #expect(code == 441 ? sentence.contains("--turn-user") : sentence.contains("\(code)"), "\(sentence)")
        }
    }

    @Test func `A server without IPv4 is asked for IPv6`() throws {
        var bench = Bench()
        bench.handle(.start)
        try bench.challenge()
        try bench.answer(STUNErrorCode(440, "Address Family not Supported"), integrity: Bench.integrity)
        #expect(try bench.request()[.requestedAddressFamily] == [2, 0, 0, 0])
        #expect(try bench.request()[.additionalAddressFamily] == nil)
        try bench.answer(STUNErrorCode(440, "Address Family not Supported"), integrity: Bench.integrity)
        #expect(bench.failure == .refused(STUNErrorCode(440, "Address Family not Supported")))
    }

    @Test func `Addresses of both families are taken`() throws {
        var bench = Bench()
        bench.handle(.start)
        try bench.challenge()
        let id = try bench.request().transactionID
        let six = try #require(TransportAddress("2001:db8::1", port: 50_001))
        try bench.succeed([
            .xorRelayedAddress(Bench.relayed, transactionID: id), .xorRelayedAddress(six, transactionID: id),
            .xorMappedAddress(Bench.mapped, transactionID: id),
        ])
        #expect(bench.said == [.allocated([Bench.relayed, six], mapped: Bench.mapped)])
    }

    @Test func `A server may send to another one`() throws {
        var bench = Bench()
        bench.handle(.start)
        let other = try #require(TransportAddress("192.0.2.99", port: 3479))
        try bench.answer(.tryAlternate, [.alternateServer(other)])
        #expect(bench.said == [.redirected(other, name: nil)])
        #expect(bench.allocation.deadline == nil)
    }

    @Test func `Over UDP a request is repeated in doubled time, and given up after six seconds`() throws {
        var bench = Bench()
        bench.handle(.start)
        bench.wait(.seconds(5))
        #expect(bench.sent.count == 5)  // at 0, 0.25, 0.75, 1.75 and 3.75 s
        #expect(Set(bench.sent).count == 1)
        #expect(bench.failure == nil)
        bench.wait(.seconds(1))
        #expect(bench.failure == .noAnswer)
    }

    @Test func `Over a stream nothing is repeated`() throws {
        var bench = Bench(isReliable: true)
        bench.handle(.start)
        bench.wait(.seconds(7))
        #expect(bench.sent.count == 1)
        #expect(bench.failure == .noAnswer)
    }

    @Test func `The allocation is renewed at 80 percent of the lifetime that was granted`() throws {
        var bench = try Bench.allocated(lifetime: 100)
        bench.sent = []
        bench.wait(.seconds(79))
        #expect(bench.sent.isEmpty)
        bench.wait(.seconds(1))
        #expect(try bench.request().method == .refresh)
        try bench.succeed([.lifetime(200)])
        bench.sent = []
        bench.wait(.seconds(159))
        #expect(bench.sent.isEmpty)
        bench.wait(.seconds(1))
        #expect(try bench.request().method == .refresh)
    }

    @Test func `A server that died is noticed when it is asked`() throws {
        var bench = try Bench.allocated()
        bench.handle(.check)
        bench.wait(.seconds(6))
        #expect(bench.failure == .noAnswer)
    }

    @Test func `It is given back with a lifetime of zero`() throws {
        var bench = try Bench.allocated()
        bench.handle(.release)
        let request = try bench.request()
        #expect(request.method == .refresh && request.lifetime == 0)
        #expect(request.verify(Bench.integrity))
        #expect(bench.allocation.deadline == nil)
    }

    @Test func `An answer that somebody else made is dropped`() throws {
        var bench = Bench()
        bench.handle(.start)
        try bench.challenge()
        let request = try bench.request()
        var forged = request.response(.successResponse)
        forged.attributes = [
            .xorRelayedAddress(Bench.relayed, transactionID: request.transactionID),
            .xorMappedAddress(Bench.mapped, transactionID: request.transactionID),
        ]
        bench.handle(.received(forged.encoded()))
        bench.handle(.received(forged.encoded(integrity: [.sha1(key: [1])])))
        #expect(bench.said.isEmpty)
        try bench.grantAllocation()
        #expect(bench.said.count == 1)
    }

    // MARK: Peers

    @Test func `A datagram waits for its peer's permission, then goes as an indication`() throws {
        var bench = try Bench.allocated()
        let check: [UInt8] = [0, 1] + [UInt8](repeating: 0, count: 18)
        bench.handle(.send(check, to: peer))
        let permission = try bench.request()
        #expect(permission.method == .createPermission)
        #expect(permission.peerAddress?.ip == peer.ip)
        bench.sent = []
        try succeedPermission(&bench, permission)
        let indication = try bench.request()
        #expect(indication.messageClass == .indication && indication.method == .send)
        #expect(indication.peerAddress == peer && indication[.data] == check)
        #expect(!bench.sent.contains { (try? STUNMessage(parsing: $0))?.method == .channelBind }, "checks need no channel")
    }

    @Test(arguments: [false, true]) func `Data gets a channel, and is padded over streams alone`(isReliable: Bool) throws {
        var bench = try Bench.allocated(isReliable: isReliable)
        bench.handle(.permit(peer.ip))
        try succeedPermission(&bench, try bench.request())
        bench.sent = []
        let media: [UInt8] = [0x80, 1, 2, 3, 4]
        bench.handle(.send(media, to: peer))
        #expect(bench.sent.count == 2)
        let bind = try STUNMessage(parsing: bench.sent[0])
        #expect(bind.method == .channelBind && bind.channelNumber == 0x4000 && bind.peerAddress == peer)
        #expect(try STUNMessage(parsing: bench.sent[1]).method == .send)
        bench.handle(.received(bind.response(.successResponse).encoded(integrity: [Bench.integrity])))
        bench.handle(.send(media, to: peer))
        #expect(bench.sent.last == [0x40, 0, 0, 5] + media + (isReliable ? [0, 0, 0] : []))
        // And back, either way.
        bench.handle(.received([0x40, 0, 0, 2, 9, 9]))
        #expect(bench.said.last == .data([9, 9], from: peer))
        var random = RandomSource.seeded(3)
        let id = STUNTransactionID(random: &random)
        let data = STUNMessage(
            .indication, method: .data, transactionID: id, attributes: [.xorPeerAddress(peer, transactionID: id), .data([8])])
        bench.handle(.received(data.encoded()))
        #expect(bench.said.last == .data([8], from: peer))
    }

    @Test func `Permissions and channels in use are renewed, others are let go`() throws {
        var bench = try Bench.allocated(lifetime: 86_400)
        let unused = try #require(IPAddress("198.51.100.99"))
        for ip in [peer.ip, unused] {
            bench.handle(.permit(ip))
            try succeedPermission(&bench, try bench.request())
        }
        bench.handle(.send([0x80], to: peer))
        let bind = try STUNMessage(parsing: bench.sent[bench.sent.count - 2])
        bench.handle(.received(bind.response(.successResponse).encoded(integrity: [Bench.integrity])))
        var renewed: [STUNMessage] = []
        for _ in 0..<20 {
            bench.sent = []
            bench.wait(.seconds(60))
            bench.handle(.received([0x40, 0, 0, 0]))
            bench.handle(.send([0x80], to: peer))
            for bytes in bench.sent {
                guard let request = try? STUNMessage(parsing: bytes), request.messageClass == .request else { continue }
                renewed.append(request)
                bench.handle(.received(request.response(.successResponse).encoded(integrity: [Bench.integrity])))
            }
        }
        let permissions = renewed.filter { $0.method == .createPermission }.map { $0.peerAddress?.ip }
        #expect(permissions.count { $0 == peer.ip } >= 4)
        #expect(permissions.count { $0 == unused } <= 1)
        let channels = renewed.filter { $0.method == .channelBind }
        #expect(channels.count >= 2)
        #expect(channels.allSatisfy { $0.channelNumber == 0x4000 })
    }

    @Test func `A peer that the server forbids is sent nothing, and the allocation stands`() throws {
        var bench = try Bench.allocated()
        bench.handle(.send([0x80], to: peer))
        try bench.answer(STUNErrorCode(403, "Forbidden IP"), integrity: Bench.integrity)
        bench.sent = []
        bench.handle(.send([0x80], to: peer))
        #expect(bench.sent.isEmpty)
        #expect(bench.failure == nil)
    }

    @Test func `What waits, and who is permitted, is bounded`() throws {
        var bench = try Bench.allocated()
        for _ in 0..<1000 { bench.handle(.send([0x80], to: peer)) }
        let permission = try bench.request()
        bench.sent = []
        try succeedPermission(&bench, permission)
        #expect(bench.sent.count <= 9)
        for index in 0..<200 { bench.handle(.permit(.v4(0x0a00_0000 + UInt32(index)))) }
        #expect(bench.allocation.deadline != nil)
    }

    private func succeedPermission(_ bench: inout Bench, _ request: STUNMessage) throws {
        bench.handle(.received(request.response(.successResponse).encoded(integrity: [Bench.integrity])))
    }
}

@Suite struct TURNStreamTests {
    @Test func `Messages are found in a stream however it is cut`() {
        var random = RandomSource.seeded(5)
        let stun = STUNMessage(.request, method: .refresh, transactionID: STUNTransactionID(random: &random)).encoded()
        let messages = [stun, ChannelData(channel: 0x4001, data: [1, 2, 3, 4, 5]).encoded(isPadded: false), stun]
        let stream = stun + ChannelData(channel: 0x4001, data: [1, 2, 3, 4, 5]).encoded(isPadded: true) + stun
        for size in [1, 3, 7, 1000] {
            var decoder = TURNStreamDecoder()
            var found: [[UInt8]] = []
            for start in stride(from: 0, to: stream.count, by: size) {
                decoder.append(stream[start..<min(start + size, stream.count)])
                while let message = decoder.next() { found.append(message) }
            }
            #expect(found == messages)
            #expect(!decoder.isBroken)
        }
    }

    @Test func `A stream of something else is given up`() {
        for bytes in [Array("HTTP/1.1 400".utf8), [0x80, 1, 0, 0], [0, 1, 0, 3, 0, 0]] as [[UInt8]] {
            var decoder = TURNStreamDecoder()
            decoder.append(bytes + [UInt8](repeating: 0, count: 40))
            while decoder.next() != nil {}
            #expect(bytes[0] == 0x48 || decoder.isBroken)
        }
    }

    @Test func `Channel data that is cut short is none`() {
        #expect(ChannelData(parsing: [0x40, 0, 0, 2, 1]) == nil)
        #expect(ChannelData(parsing: [0x50, 0, 0, 0]) == nil)
        #expect(ChannelData(parsing: [0x40]) == nil)
        #expect(ChannelData(parsing: [0x4f, 0xff, 0, 1, 7, 0, 0, 0]) == ChannelData(channel: 0x4fff, data: [7]))
    }
}

@Suite struct ICEServerURLTests {
    @Test(arguments: [
        ("stun:example.org", "stun:example.org:3478"), ("STUN:example.org:19302", "stun:example.org:19302"),
        ("turn:example.org", "turn:example.org:3478"), ("turn:192.0.2.1:99?transport=udp", "turn:192.0.2.1:99"),
        ("turn:[2001:db8::1]:7?transport=TCP", "turn:[2001:db8::1]:7?transport=tcp"), ("turns:example.org", "turns:example.org:5349"),
        ("turns:example.org:443?transport=tcp", "turns:example.org:443"),
    ]) func `URLs are read`(text: String, meaning: String) throws {
        let url = try ICEServerURL(parsing: text)
        #expect(url.description == meaning)
        #expect(try ICEServerURL(parsing: url.description) == url)
    }

    @Test(arguments: [
        "", "stun", "stun:", "http://x", "turn:a:0", "turn:a:70000", "turn:a b", "turns:a?transport=udp", "turn:a?transport=sctp",
        "turn:a?x=1", "stun:a?transport=udp", "turn:[::1", "turn:[x]:1", "turn:[::1]x", "turn:user@host", "turn:a/b",
    ]) func `What is no URL of a server is refused in words`(text: String) {
        #expect(throws: ICEServerURLError.self) { try ICEServerURL(parsing: text) }
    }
}
