import SDP
import Testing
import Wire

/// Two sessions do what comes to their minds, offers cross, and whenever nothing is under way both see the same call.
@Suite struct RandomNegotiationTests {
    /// One side, the texts that travel to it, and its ICE generation.
    struct Side {
        var session: JSEPSession
        var number: UInt8
        var generation = 0
        var wantsRestart = false
        var inbox: [(SDPType, String)] = []
        var nextSSRC: UInt32

        init(_ number: UInt8, polite: Bool) {
            session = Fixtures.session(UInt64(number), polite: polite)
            self.number = number
            nextSSRC = UInt32(number) * 100_000
        }

        var transport: LocalTransportDescription { Fixtures.transport(number, generation: generation) }

        mutating func act(_ random: inout RandomSource) {
            let id = session.transceivers.randomElement(using: &random)?.id ?? 0
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1:
                nextSSRC += 1
                let kind: MediaKind = Bool.random(using: &random) ? .audio : .video
                let direction = MediaDirection.allCases.randomElement(using: &random) ?? .sendrecv
                if session.transceivers.count < 6 {
                    session.addTransceiver(kind: kind, direction: direction, sender: Fixtures.identity(nextSSRC))
                }
            case 2, 3: session.setDirection(MediaDirection.allCases.randomElement(using: &random) ?? .sendrecv, of: id)
            case 4: session.stop(id)
            case 5:
                session.requestICERestart()
                wantsRestart = true
            default: break
            }
        }

        /// An offer, if one is needed.
        mutating func offer() throws -> (SDPType, String)? {
            guard session.negotiationNeeded else { return nil }
            if wantsRestart { generation += 1 }
            wantsRestart = false
            let offer = try session.createOffer(transport)
            try session.setLocal(.offer, offer)
            return (.offer, offer.description)
        }

        /// Takes the oldest text; returns the answer to it, if any.
        mutating func receive() throws -> (SDPType, String)? {
            guard !inbox.isEmpty else { return nil }
            let (type, text) = inbox.removeFirst()
            let change = try session.setRemote(type, SessionDescription(parsing: text))
            guard type == .offer, !change.isIgnored else { return nil }
            var transport = transport
            if let current = session.currentLocalCredentials {
                if change.isRemoteICERestart {
                    generation += 1
                    transport = self.transport
                } else {
                    transport.iceUfrag = current.ufrag
                    transport.icePassword = current.password
                }
            }
            let answer = try session.createAnswer(transport)
            try session.setLocal(.answer, answer)
            return (.answer, answer.description)
        }
    }

    @Test(arguments: 0..<40) func bothSidesAlwaysAgreeInTheEnd(_ seed: UInt64) throws {
        var random = RandomSource.seeded(seed)
        var sides = [Side(1, polite: false), Side(2, polite: true)]
        for _ in 0..<30 {
            for index in 0...1 {
                sides[index].act(&random)
                if Bool.random(using: &random), let message = try sides[index].offer() { sides[1 - index].inbox.append(message) }
                if Bool.random(using: &random), let message = try sides[index].receive() { sides[1 - index].inbox.append(message) }
            }
        }
        // Let it settle: at most one side offers at a time once the inboxes are empty.
        for _ in 0..<40 {
            for index in 0...1 {
                while let message = try receiveAny(&sides[index]) { sides[1 - index].inbox.append(message) }
                if sides[0].inbox.isEmpty, sides[1].inbox.isEmpty, let message = try sides[index].offer() {
                    sides[1 - index].inbox.append(message)
                }
            }
        }
        try compare(sides[0].session, sides[1].session)
    }

    private func receiveAny(_ side: inout Side) throws -> (SDPType, String)? {
        while !side.inbox.isEmpty {
            if let message = try side.receive() { return message }
        }
        return nil
    }

    private func compare(_ near: JSEPSession, _ far: JSEPSession) throws {
        #expect(near.signalingState == .stable && far.signalingState == .stable)
        #expect(near.currentLocalDescription?.media.count == far.currentLocalDescription?.media.count)
        let (here, there) = (near.transceivers.filter { $0.mid != nil }, far.transceivers.filter { $0.mid != nil })
        #expect(Set(here.map(\.mid)) == Set(there.map(\.mid)))
        if !here.isEmpty { #expect(Set([near.dtlsRole, far.dtlsRole]) == [.active, .passive]) }
        #expect(near.remoteTransport?.iceUfrag == far.currentLocalCredentials?.ufrag)
        #expect(far.remoteTransport?.iceUfrag == near.currentLocalCredentials?.ufrag)
        for transceiver in here {
            let other = try #require(there.first { $0.mid == transceiver.mid })
            #expect(transceiver.kind == other.kind && transceiver.mLineIndex == other.mLineIndex)
            #expect(transceiver.currentDirection == other.currentDirection?.reversed)
            let (sent, received) = (try #require(transceiver.negotiated), try #require(other.negotiated))
            for codec in sent.sendCodecs { #expect(received.receivePayloads[codec.payloadType] != nil) }
            for (known, id) in sent.sendExtensions { #expect(received.receiveExtensions[id] == known) }
            #expect(sent.feedback == received.feedback)
            if sent.canSend { #expect(received.remoteSources.map(\.ssrc) == [transceiver.sender?.ssrc]) }
        }
        // Numbers mean the same in every section of the bundle.
        for description in [near.currentLocalDescription, far.currentLocalDescription] {
            var types: [UInt8: String] = [:]
            var uris: [UInt16: String] = [:]
            for section in description?.media ?? [] {
                for map in section.rtpMaps {
                    #expect(types.updateValue(map.description, forKey: map.payloadType) ?? map.description == map.description)
                }
                for map in section.extensionMaps { #expect(uris.updateValue(map.uri, forKey: map.id) ?? map.uri == map.uri) }
            }
            let mids = description?.media.compactMap(\.mid) ?? []
            #expect(Set(mids).count == mids.count)
        }
    }
}
