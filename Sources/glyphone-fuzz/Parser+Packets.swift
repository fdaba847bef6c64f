import ICE
import RTP
import STUN
import Wire

extension Parser {
    func testSTUN(_ bytes: [UInt8]) {
        _ = STUNMessage.isSTUN(bytes)
        guard let message = try? STUNMessage(parsing: bytes) else { return }
        _ = (message.username, message.realm, message.nonce, message.software, message.userHash, message.priority)
        _ = (message.iceControlled, message.iceControlling, message.useCandidate, message.errorCode, message.mappedAddress)
        _ = (message.unknownAttributes, message.unknownRequiredAttributes())
        for integrity in [STUNIntegrity.shortTerm(password: "secret"), .sha256(key: [1, 2, 3])] { _ = message.verify(integrity) }
        let again = try? STUNMessage(parsing: message.encoded(fingerprint: false))
        let isSame =
            again?.attributes == message.attributes && again?.messageClass == message.messageClass && again?.method == message.method
        require(isSame, "what is read survives being written")
    }

    /// What a server sends to a client with an allocation under way: a stream of messages.
    func testTURN(_ bytes: [UInt8]) {
        _ = try? ICEServerURL(parsing: String(decoding: bytes, as: UTF8.self))
        var decoder = TURNStreamDecoder()
        decoder.append(bytes)
        let credentials = TURNCredentials(username: "u", password: "p")
        var allocation = TURNAllocation(configuration: .init(credentials: credentials, isReliable: true), random: .seeded(1))
        var lastRequest: [UInt8] = []
        func drain() {
            while let output = allocation.nextOutput() { if case .transmit(let bytes) = output { lastRequest = bytes } }
        }
        allocation.handle(.start, at: .zero)
        drain()
        while var message = decoder.next() {
            if let data = ChannelData(parsing: message) {
                require(ChannelData(parsing: data.encoded(isPadded: true)) == data, "what is read survives being written")
            } else if let parsed = try? STUNMessage(parsing: message) {
                _ = (parsed.lifetime, parsed.channelNumber, parsed.peerAddress, parsed.relayedAddresses, parsed.otherAddress)
                _ = (parsed.alternateServer, parsed.alternateDomain)
            }
            // The answer belongs to what was asked last.
            if message.count >= 20, lastRequest.count >= 20 { message.replaceSubrange(8..<20, with: lastRequest[8..<20]) }
            allocation.handle(.received(message), at: .zero)
            drain()
        }
    }

    func testCandidate(_ text: String) {
        guard let candidate = try? ICECandidate(parsing: text) else { return }
        require((try? ICECandidate(parsing: candidate.description)) == candidate, "what is read survives being written")
    }

    func testMDNS(_ bytes: [UInt8]) {
        var resolver = MDNSResolver()
        resolver.handle(.resolve("a.local"), at: .zero)
        resolver.handle(.datagram(bytes), at: .zero)
        while let output = resolver.nextOutput() {
            if case .resolved(let name, let addresses) = output {
                require(name == "a.local" && !addresses.isEmpty, "an answer is an answer")
            }
        }
    }

    func testRTP(_ bytes: [UInt8]) {
        _ = PacketKind(classifying: bytes)
        var changed = bytes
        RTPPacket.overwriteTransportSequenceNumber(7, id: 3, in: &changed)
        guard let packet = try? RTPPacket(parsing: bytes) else { return }
        for id in packet.extensions.identifiers {
            _ = (packet.mid(id: id), packet.absoluteSendTime(id: id), packet.transportSequenceNumber(id: id), packet.audioLevel(id: id))
        }
        _ = OpusPayload.sampleCount(of: packet.payload)
        if let audio = try? RedundantAudio(parsing: packet.payload) {
            require((try? RedundantAudio(parsing: audio.encoded())) == audio, "what is read survives being written")
        }
        require((try? RTPPacket(parsing: packet.encoded())) == packet, "what is read survives being written")
    }

    func testRTCP(_ bytes: [UInt8]) {
        let compound = RTCPCompound(parsing: bytes)
        _ = compound.isValid(reducedSize: false)
        let again = RTCPCompound(parsing: RTCPPacket.encode(compound.packets))
        require(again.error == nil && again.packets.count == compound.packets.count, "what is read survives being written")
    }

    func testVP8(_ bytes: [UInt8]) {
        guard let (descriptor, data) = try? VP8PayloadDescriptor.parse(bytes) else { return }
        _ = VP8PayloadHeader(data)
        let again = try? VP8PayloadDescriptor.parse(descriptor.encoded(before: data))
        require(again?.descriptor == descriptor && again?.data.elementsEqual(data) == true, "what is read survives being written")
    }
}
