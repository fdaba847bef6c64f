import ICE
import STUN
import Testing
import Wire

/// What an agent sends, answers and drops, message by message.
@Suite struct CheckTests {
    let network = Network()
    let socket = address("10.0.0.1", 1000)
    let remote = address("10.0.0.2", 2000)

    private func start(_ role: ICERole) -> (Peer, Crafted) {
        let peer = network.addPeer(role, [socket])
        peer.gather()
        return (peer, Crafted(network, remote))
    }

    @Test("A check has USERNAME, PRIORITY, the role's attribute, integrity and FINGERPRINT", arguments: [ICERole.controlling, .controlled])
    func ownCheck(role: ICERole) throws {
        let (peer, crafted) = start(role)
        peer.handle(.remoteCredentials(crafted.credentials))
        #expect(network.sent.isEmpty)
        peer.handle(.remoteCandidate(crafted.candidate))
        let check = try STUNMessage(parsing: try #require(network.sent.first).bytes)
        #expect(check.messageClass == .request)
        #expect(check.username == "crft:\(peer.agent.localCredentials.usernameFragment)")
        #expect(check.priority == ICECandidate.priority(.peerReflexive, localPreference: 0xfffe))
        #expect((check.iceControlling != nil) == (role == .controlling))
        #expect((check.iceControlled != nil) == (role == .controlled))
        #expect(!check.useCandidate)
        #expect(check.hasFingerprint)
        #expect(check.verify(.shortTerm(password: crafted.credentials.password)))
    }

    @Test("An unanswered check is repeated after 0.25, 0.75, 1.75, 3.75, 5.75 and 7.75 s, then the pair has failed")
    func repetition() {
        let (peer, crafted) = start(.controlling)
        peer.handle(.remoteCredentials(crafted.credentials))
        peer.handle(.remoteCandidate(crafted.candidate))
        #expect(peer.agent.statistics.pairs.map(\.state) == [.inProgress])
        network.run(for: .seconds(12))
        #expect(network.sent.map(\.at) == [0, 250, 750, 1750, 3750, 5750, 7750].map { .zero + .milliseconds($0) })
        #expect(Set(network.sent.map(\.bytes)).count == 1)
        #expect(peer.agent.statistics.pairs.map(\.state) == [.failed])
        #expect(peer.agent.statistics.pairs.map(\.requestsSent) == [1])
        #expect(peer.state == .checking, "the peer's checks may still come")
    }

    @Test("Checks are paced by 20 ms, best pair first, the first at once")
    func pacing() {
        let (peer, crafted) = start(.controlling)
        peer.handle(.remoteCredentials(crafted.credentials))
        for number in 1...4 as ClosedRange<UInt16> {
            peer.handle(.remoteCandidate(crafted.candidate(at: address("10.0.0.\(number + 1)", 2000), localPreference: number)))
        }
        network.run(for: .milliseconds(100))
        #expect(network.sent.map(\.at) == [0, 20, 40, 60].map { .zero + .milliseconds($0) })
        #expect(network.sent.map(\.to.ip.description) == ["10.0.0.2", "10.0.0.5", "10.0.0.4", "10.0.0.3"])
    }

    @Test("A check from an unknown source is answered and checked back at once, in that order, whatever the pacing")
    func triggeredCheck() throws {
        let (peer, crafted) = start(.controlled)
        peer.handle(.remoteCredentials(crafted.credentials))
        peer.handle(.remoteCandidate(crafted.candidate(at: address("10.0.0.77", 7))))
        let sent = try crafted.send(crafted.check(peer, controlling: 5), to: peer, at: socket)
        #expect(sent.map(\.messageClass) == [.successResponse, .request])
        #expect(sent.first?.mappedAddress == remote)
        #expect(sent.first?.hasFingerprint == true)
        #expect(sent.first?.verify(.shortTerm(password: peer.agent.localCredentials.password)) == true)
        let pair = try #require(peer.agent.statistics.pairs.last)
        #expect(pair.remote.type == .peerReflexive)
        #expect(pair.remote.priority == 1_862_270_975)
        #expect(pair.requestsReceived == 1 && pair.responsesSent == 1)
        #expect(peer.agent.accepts(from: remote, to: socket))
        #expect(!peer.agent.accepts(from: address("10.0.0.77", 7), to: socket))
    }

    @Test("A check from where no packet was expected to come from makes a pair all the same: it has come")
    func unexpectedSource() throws {
        let (peer, crafted) = start(.controlled)
        let loopback = address("127.0.0.1", 3000)
        peer.handle(.remoteCredentials(crafted.credentials))
        peer.handle(.remoteCandidate(crafted.candidate(at: loopback)))
        #expect(network.sent.isEmpty, "from 10.0.0.1 nothing is tried")
        let sent = try crafted.send(crafted.check(peer, controlling: 5), to: peer, at: socket, from: loopback)
        #expect(sent.map(\.messageClass) == [.successResponse, .request])
        #expect(peer.agent.accepts(from: loopback, to: socket))
    }

    @Test("A check while ours is under way makes another one, after the pacing interval, unless the answer comes first")
    func crossingChecks() throws {
        let (peer, crafted) = start(.controlled)
        peer.handle(.remoteCredentials(crafted.credentials))
        peer.handle(.remoteCandidate(crafted.candidate))
        #expect(network.sent.count == 1)
        try crafted.send(crafted.check(peer, controlling: 5), to: peer, at: socket)
        #expect(network.sent.count == 2, "the answer alone")
        network.run(for: .milliseconds(25))
        #expect(network.sent.count == 3)
        #expect(network.sent.last?.at == .zero + .milliseconds(20))
        #expect(network.sent.last?.bytes != network.sent.first?.bytes, "another transaction")
        try crafted.answer(peer)
        #expect(peer.state == .connected)
        let count = network.sent.count
        network.run(for: .seconds(2))
        #expect(network.sent.count == count, "nothing is repeated")
    }

    @Test("A failed pair is revived by the peer's check")
    func revivedPair() throws {
        let (peer, crafted) = start(.controlled)
        peer.handle(.remoteCredentials(crafted.credentials))
        peer.handle(.remoteCandidate(crafted.candidate))
        network.run(for: .seconds(12))
        #expect(peer.agent.statistics.pairs.first?.state == .failed)
        let sent = try crafted.send(crafted.check(peer, controlling: 5), to: peer, at: socket)
        #expect(sent.map(\.messageClass) == [.successResponse, .request])
        try crafted.answer(peer)
        #expect(peer.state == .connected)
    }

    @Test("Early checks are answered with our own password, kept, and make pairs and checks when the credentials come")
    func earlyChecks() throws {
        let (peer, crafted) = start(.controlled)
        let sent = try crafted.send(crafted.check(peer, controlling: 5, nominating: true), to: peer, at: socket)
        #expect(sent.map(\.messageClass) == [.successResponse])
        #expect(peer.agent.accepts(from: remote, to: socket))
        network.run(for: .seconds(3))
        #expect(network.sent.count == 1)
        peer.handle(.remoteCredentials(crafted.credentials))
        #expect(network.sent.count == 2)
        try crafted.answer(peer)
        #expect(peer.selected.map(\.remote) == [remote], "its USE-CANDIDATE was kept, too")
        #expect(peer.agent.sendPath?.remoteType == .peerReflexive)
    }

    @Test("Early checks that name other credentials than those that come make nothing")
    func earlyChecksOfOthers() throws {
        let (peer, crafted) = start(.controlled)
        try crafted.send(crafted.check(peer, controlling: 5), to: peer, at: socket)
        crafted.credentials.usernameFragment = "othr"
        peer.handle(.remoteCredentials(crafted.credentials))
        #expect(peer.agent.statistics.pairs.isEmpty)
        var check = crafted.check(peer, controlling: 5)
        check.attributes[0] = .username("\(peer.agent.localCredentials.usernameFragment):crft")
        #expect(
            try crafted.send(check, to: peer, at: socket).map(\.messageClass) == [.successResponse], "who knows the password is answered")
        #expect(peer.agent.statistics.pairs.isEmpty)
        try crafted.send(crafted.check(peer, controlling: 5), to: peer, at: socket)
        #expect(peer.agent.statistics.pairs.count == 1)
    }

    @Test("Pair priorities follow RFC 8445 section 6.1.2.3, and are the same at both ends")
    func pairPriorities() throws {
        let mine = UInt64(ICECandidate.priority(.host, localPreference: 0xfffe))
        let theirs = UInt64(ICECandidate.priority(.host, localPreference: 100))
        for (role, tie) in [(ICERole.controlling, UInt64(1)), (.controlled, 0)] {
            let (peer, crafted) = start(role)
            peer.handle(.remoteCredentials(crafted.credentials))
            peer.handle(.remoteCandidate(crafted.candidate))
            #expect(peer.agent.statistics.pairs.first?.priority == (1 << 32) * theirs + 2 * mine + tie)
            peer.handle(.role(role == .controlling ? .controlled : .controlling))
            #expect(peer.agent.statistics.pairs.first?.priority == (1 << 32) * theirs + 2 * mine + 1 - tie)
        }
    }

    @Test("A signalled candidate takes the place of the peer-reflexive one and keeps the pair's state and nomination")
    func replacedPeerReflexive() throws {
        let (peer, crafted) = start(.controlled)
        peer.handle(.remoteCredentials(crafted.credentials))
        try crafted.send(crafted.check(peer, controlling: 5, nominating: true), to: peer, at: socket)
        let before = try #require(peer.agent.statistics.pairs.first)
        peer.handle(.remoteCandidate(crafted.candidate))
        let after = try #require(peer.agent.statistics.pairs.first)
        #expect(peer.agent.statistics.pairs.count == 1)
        #expect(after.id == before.id && after.state == .inProgress && after.requestsReceived == 1)
        #expect(after.remote.type == .host && after.remote.priority == crafted.candidate.priority)
        try crafted.answer(peer)
        #expect(peer.selected.map(\.remoteType) == [.host])
        peer.handle(.remoteCandidate(crafted.candidate(at: remote, type: .serverReflexive)))
        #expect(peer.agent.statistics.pairs.map(\.remote.type) == [.host], "signalled twice: the first stays")
    }

    @Test("Wrong password, wrong user fragment, no user name, no integrity: dropped and counted, never answered")
    func unauthenticated() throws {
        let (peer, crafted) = start(.controlled)
        peer.handle(.remoteCredentials(crafted.credentials))
        let check = crafted.check(peer, controlling: 5)
        #expect(try crafted.send(check, to: peer, at: socket, password: "wrongwrongwrongwrongwrong").isEmpty)
        var other = check
        other.attributes[0] = .username("nobody:crft")
        #expect(try crafted.send(other, to: peer, at: socket).isEmpty)
        other.attributes[0] = .username(peer.agent.localCredentials.usernameFragment)
        #expect(try crafted.send(other, to: peer, at: socket).isEmpty)
        other.attributes.removeFirst()
        #expect(try crafted.send(other, to: peer, at: socket).isEmpty)
        #expect(try crafted.send(bytes: check.encoded(), to: peer, at: socket).isEmpty)
        #expect(peer.agent.statistics.droppedPackets.unauthenticated == 5)
        #expect(peer.agent.statistics.pairs.isEmpty)
        #expect(!peer.agent.accepts(from: remote, to: socket))
    }

    @Test("Malformed packets, other methods, unknown sockets and unexpected responses are dropped and counted")
    func unexpected() throws {
        let (peer, crafted) = start(.controlled)
        peer.handle(.remoteCredentials(crafted.credentials))
        let check = crafted.check(peer, controlling: 5)
        var bytes = check.encoded(integrity: [.shortTerm(password: peer.agent.localCredentials.password)])
        bytes[bytes.count - 1] ^= 1
        #expect(try crafted.send(bytes: bytes, to: peer, at: socket).isEmpty)
        #expect(try crafted.send(bytes: [0, 1, 2], to: peer, at: socket).isEmpty)
        #expect(peer.agent.statistics.droppedPackets.malformed == 2)
        var other = check
        other.method = .init(rawValue: 3)
        #expect(try crafted.send(other, to: peer, at: socket).isEmpty)
        #expect(try crafted.send(check, to: peer, at: address("10.0.0.99", 9)).isEmpty)
        #expect(try crafted.send(check.response(.successResponse), to: peer, at: socket).isEmpty)
        #expect(peer.agent.statistics.droppedPackets.unexpected == 3)
        var indication = check
        indication.messageClass = .indication
        #expect(try crafted.send(indication, to: peer, at: socket).isEmpty)
        #expect(peer.agent.statistics.droppedPackets.unexpected == 3, "Binding indications are keepalives")
    }

    @Test("Unknown comprehension-required attributes are answered with 420, optional ones ignored, no PRIORITY with 400")
    func badRequests() throws {
        let (peer, crafted) = start(.controlled)
        peer.handle(.remoteCredentials(crafted.credentials))
        var check = crafted.check(peer, controlling: 5)
        check.attributes.append(STUNAttribute(.init(rawValue: 0x7777), [1]))
        let refused = try crafted.send(check, to: peer, at: socket)
        #expect(refused.map(\.errorCode?.code) == [420])
        #expect(refused.first?.unknownAttributes?.map(\.rawValue) == [0x7777])
        #expect(refused.first?.verify(.shortTerm(password: peer.agent.localCredentials.password)) == true)
        #expect(peer.agent.statistics.pairs.isEmpty)

        check = crafted.check(peer, controlling: 5)
        check.attributes.removeAll { $0.type == .priority }
        #expect(try crafted.send(check, to: peer, at: socket).map(\.errorCode?.code) == [400])

        check = crafted.check(peer, controlling: 5)
        check.attributes.append(STUNAttribute(.init(rawValue: 0xc057), [0, 0, 3, 231]))
        #expect(try crafted.send(check, to: peer, at: socket).first?.messageClass == .successResponse)
    }

    @Test("Of two that claim one role the larger tie-breaker controls")
    func roleConflicts() throws {
        for (role, theirs, answer, settled) in [
            (ICERole.controlling, UInt64.max, STUNMessage.Class.successResponse, ICERole.controlled),
            (.controlling, 0, .errorResponse, .controlling),
            (.controlled, .max, .errorResponse, .controlled),
            (.controlled, 0, .successResponse, .controlling),
        ] {
            let (peer, crafted) = start(role)
            let check = crafted.check(
                peer, controlling: role == .controlling ? theirs : nil, controlled: role == .controlled ? theirs : nil)
            let sent = try crafted.send(check, to: peer, at: socket)
            #expect(sent.first?.messageClass == answer)
            if answer == .errorResponse { #expect(sent.first?.errorCode == .roleConflict) }
            #expect(peer.agent.role == settled)
        }
    }

    @Test("After 487 the role changes, with a new tie-breaker, and the check goes out again")
    func roleConflictAnswered() throws {
        let (peer, crafted) = start(.controlling)
        peer.handle(.remoteCredentials(crafted.credentials))
        peer.handle(.remoteCandidate(crafted.candidate))
        let check = try STUNMessage(parsing: try #require(network.sent.first).bytes)
        network.run(for: .milliseconds(30))
        let conflict = check.errorResponse(.roleConflict)
        try crafted.send(conflict, to: peer, at: socket, password: "wrongwrongwrongwrongwrong")
        #expect(peer.agent.role == .controlling)
        let sent = try crafted.send(conflict, to: peer, at: socket, password: crafted.credentials.password)
        #expect(peer.agent.role == .controlled)
        #expect(sent.count == 1)
        #expect(sent.first?.iceControlled != nil)
        #expect(sent.first?.iceControlled != check.iceControlling)
        #expect(peer.agent.statistics.pairs.map(\.state) == [.inProgress])
    }

    @Test("A response with wrong integrity counts for nothing; one that came another way fails the pair")
    func badResponses() throws {
        let (peer, crafted) = start(.controlling)
        peer.handle(.remoteCredentials(crafted.credentials))
        peer.handle(.remoteCandidate(crafted.candidate))
        let check = try STUNMessage(parsing: try #require(network.sent.first).bytes)
        var response = check.response(.successResponse)
        response.attributes = [.xorMappedAddress(socket, transactionID: check.transactionID)]
        try crafted.send(response, to: peer, at: socket, password: "wrongwrongwrongwrongwrong")
        try crafted.send(bytes: response.encoded(), to: peer, at: socket)
        #expect(peer.agent.statistics.droppedPackets.unauthenticated == 2)
        #expect(peer.agent.statistics.pairs.map(\.state) == [.inProgress])
        try crafted.send(response, to: peer, at: socket, from: address("10.0.0.3", 1), password: crafted.credentials.password)
        #expect(peer.agent.statistics.pairs.map(\.state) == [.failed])
    }

    @Test("Round trips are measured on checks that were sent once")
    func roundTripTimes() throws {
        let (peer, crafted) = start(.controlled)
        peer.handle(.remoteCredentials(crafted.credentials))
        peer.handle(.remoteCandidate(crafted.candidate))
        network.run(for: .milliseconds(40))
        try crafted.answer(peer)
        let pair = try #require(peer.agent.statistics.pairs.first)
        #expect(pair.currentRoundTripTime == .milliseconds(40))
        #expect(pair.totalRoundTripTime == .milliseconds(40))
        #expect(pair.responsesReceived == 1 && pair.requestsSent == 1)
        #expect(pair.isSelected)
    }
}
