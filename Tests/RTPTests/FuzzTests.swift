import RTP
import Testing
import Wire

/// Valid packets with damage, and mere noise: nothing may trap, and what is read must survive being written.
@Suite struct FuzzTests {
    static func damage(_ bytes: inout [UInt8], using random: inout RandomSource) {
        for _ in 0..<(1 + random.below(4)) {
            guard !bytes.isEmpty else { return }
            let index = random.below(bytes.count)
            switch random.below(6) {
            case 0: bytes[index] = random.byte()
            case 1: bytes[index] ^= 1 << UInt8(random.below(8))
            case 2: bytes.removeLast(random.below(bytes.count) / 2)
            case 3: bytes[index] = [0, 0xff, 0x7f, 0x80].randomElement(using: &random) ?? 0
            case 4: bytes.insert(contentsOf: random.bytes(random.below(9)), at: index)
            default: bytes.removeSubrange(index..<min(bytes.count, index + random.below(9)))
            }
        }
    }

    @Test(arguments: [UInt64](1...4)) func rtp(seed: UInt64) throws {
        var random = RandomSource.seeded(seed)
        var read = 0
        for _ in 0..<1000 {
            var bytes = random.below(20) == 0 ? random.bytes(random.below(100)) : RTPPacket.random(using: &random).encoded()
            Self.damage(&bytes, using: &random)
            _ = PacketKind(classifying: bytes)
            RTPPacket.overwriteTransportSequenceNumber(7, id: 3, in: &bytes)
            guard let packet = try? RTPPacket(parsing: bytes) else { continue }
            read += 1
            #expect(try RTPPacket(parsing: packet.encoded()) == packet)
        }
        #expect(read > 300)
    }

    @Test(arguments: [UInt64](1...4)) func rtcp(seed: UInt64) {
        var random = RandomSource.seeded(seed)
        var read = 0
        for _ in 0..<1000 {
            let packets = random.list(upTo: 3) { RTCPPacket.random(kind: $0.below(RTCPPacket.kindCount), using: &$0) }
            var bytes = random.below(20) == 0 ? random.bytes(random.below(100)) : RTCPPacket.encode(packets)
            Self.damage(&bytes, using: &random)
            let compound = RTCPCompound(parsing: bytes)
            read += compound.packets.count
            let again = RTCPCompound(parsing: RTCPPacket.encode(compound.packets))
            #expect(again.error == nil)
            #expect(again.packets.count == compound.packets.count)
        }
        #expect(read > 300)
    }

    @Test(arguments: [UInt64](1...4)) func payloads(seed: UInt64) {
        var random = RandomSource.seeded(seed)
        for _ in 0..<5000 {
            let bytes = random.bytes(random.below(20))
            _ = OpusPayload.sampleCount(of: bytes)
            guard let (descriptor, data) = try? VP8PayloadDescriptor.parse(bytes) else { continue }
            _ = VP8PayloadHeader(data)
            #expect((try? VP8PayloadDescriptor.parse(descriptor.encoded(before: data)))?.descriptor == descriptor)
        }
    }

    /// Streams fed with whatever can be read, at whatever times, keep their promises about deadlines.
    @Test(arguments: [UInt64](1...4)) func streams(seed: UInt64) {
        var random = RandomSource.seeded(seed)
        var sender = RTPSendStreamTests.video(seed: seed)
        var receiver = RTPReceiveStreamTests.video()
        var now = Instant.zero
        for step in 0..<800 {
            now += .microseconds(random.below(20_000))
            if random.below(500) == 0 { now += .seconds(random.below(100_000)) }
            for packet in sender.packetize([UInt8](repeating: 1, count: random.below(3000)), capturedAt: now) {
                var bytes = sender.encode(packet, transportSequenceNumber: UInt16(truncatingIfNeeded: step), sentAt: now)
                if random.below(3) == 0 { Self.damage(&bytes, using: &random) }
                if let read = try? RTPPacket(parsing: bytes) { receiver.handle(.packet(read), at: now) }
            }
            var feedback = RTCPPacket.random(kind: random.below(RTCPPacket.kindCount), using: &random).encoded()
            // The streams' own SSRCs, so that the packets concern them.
            for offset in [4, 8] where feedback.count >= offset + 4 && random.below(2) == 0 {
                feedback.replaceSubrange(offset..<(offset + 4), with: [0, 0, 0, 100])
            }
            for packet in RTCPCompound(parsing: feedback).packets {
                sender.handle(.rtcp(packet), at: now)
                receiver.handle(.rtcp(packet), at: now)
            }
            receiver.abandonMissing(before: random.number())
            _ = receiver.takeReportBlock(at: now)?.jitter
            _ = receiver.captureTime(ofTimestamp: random.word())
            _ = sender.senderReport(at: now)
            while let output = receiver.nextOutput() {
                if case .feedback(let packet) = output { sender.handle(.rtcp(packet), at: now) }
            }
            while let output = sender.nextOutput() {
                if case .retransmit(let packet) = output { receiver.handle(.packet(packet), at: now) }
            }
            sender.handle(.timeout, at: now)
            receiver.handle(.timeout, at: now)
            while sender.nextOutput() != nil {}
            while receiver.nextOutput() != nil {}
            for deadline in [sender.deadline, receiver.deadline] {
                if let deadline { #expect(deadline > now) }
            }
        }
    }
}
