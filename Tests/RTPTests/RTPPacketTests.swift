import RTP
import Testing
import Wire

@Suite struct RTPPacketTests {
    /// Marker, two CSRCs, one-byte extensions with padding between them, packet padding.
    static let full: [UInt8] = [
        0xb2, 0xe0, 0x12, 0x34, 0x01, 0x02, 0x03, 0x04, 0xde, 0xad, 0xbe, 0xef,
        0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02,
        0xbe, 0xde, 0x00, 0x03, 0x10, 0x80, 0x00, 0x00, 0x32, 0xaa, 0xbb, 0xcc, 0x51, 0x30, 0x39, 0x00,
        0x70, 0x71, 0x72, 0x00, 0x00, 0x03,
    ]

    @Test func readsEveryField() throws {
        let packet = try RTPPacket(parsing: Self.full)
        #expect(packet.marker)
        #expect(packet.payloadType == 96)
        #expect(packet.sequenceNumber == 0x1234)
        #expect(packet.timestamp == 0x0102_0304)
        #expect(packet.ssrc == 0xdead_beef)
        #expect(packet.contributingSources == [1, 2])
        #expect(packet.extensions.identifiers == [1, 3, 5])
        #expect(packet.audioLevel(id: 1) == AudioLevel(level: 0, voiceActivity: true))
        #expect(packet.absoluteSendTime(id: 3) == AbsoluteSendTime(rawValue: 0xaabbcc))
        #expect(packet.transportSequenceNumber(id: 5) == 12345)
        #expect(packet.payload == [0x70, 0x71, 0x72])
        #expect(packet.paddingLength == 3)
    }

    @Test func readsTwoByteExtensions() throws {
        let bytes: [UInt8] =
            [0x90, 0x60, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0x10, 0x03, 0x00, 0x03] + [
                0x01, 0x00, 0x00, 0x02, 0x01, 0x61, 0x1e, 0x03, 1, 2, 3, 0,
            ]
            + [0x99]
        let packet = try RTPPacket(parsing: bytes)
        #expect(packet.extensions.identifiers == [1, 2, 30])
        #expect(packet.extensions[1] == [])
        #expect(packet.mid(id: 2) == "a")
        #expect(packet.mid(id: 1) == nil)
        #expect(packet.extensions[30] == [1, 2, 3])
        #expect(packet.payload == [0x99])
    }

    @Test func writesTheOneByteFormOnlyIfAllFit() throws {
        var packet = RTPPacket(payloadType: 111, sequenceNumber: 1, timestamp: 2, ssrc: 3, payload: [4])
        packet.setMID("0", id: 4)
        #expect(packet.encoded()[12...19] == [0xbe, 0xde, 0x00, 0x01, 0x40, 0x30, 0x00, 0x00])
        packet.extensions[15] = [1]
        #expect(Array(packet.encoded()[12...15]) == [0x10, 0x00, 0x00, 0x02])
        #expect(try RTPPacket(parsing: packet.encoded()) == packet)
        packet.extensions[15] = nil
        packet.extensions[5] = [UInt8](repeating: 7, count: 17)
        #expect(packet.encoded()[12] == 0x10)
        #expect(try RTPPacket(parsing: packet.encoded()) == packet)
        packet.extensions[0] = [1]
        packet.extensions[6] = [UInt8](repeating: 7, count: 256)
        #expect(packet.extensions.identifiers == [4, 5])
    }

    @Test(arguments: [
        ("an identifier of 15 ends processing", [0x10, 0x80, 0xf0, 0x01, 0x20, 0x90, 0x00, 0x00] as [UInt8], 1),
        ("identifier 0 with a length ends processing", [0x10, 0x80, 0x03, 0x01, 0x20, 0x90, 0x00, 0x00], 1),
        ("an element that overruns is left out", [0x10, 0x80, 0x2f, 0x01, 0x20, 0x90, 0x00, 0x00], 1),
        ("the first of two with one identifier counts", [0x10, 0x80, 0x10, 0x01, 0x20, 0x90, 0x00, 0x00], 2),
    ])
    func toleratesOddExtensions(what: String, block: [UInt8], count: Int) throws {
        let bytes: [UInt8] = [0x90, 0x60, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0xbe, 0xde, 0x00, 0x02] + block + [9]
        let packet = try RTPPacket(parsing: bytes)
        #expect(packet.extensions.identifiers.count == count, "\(what)")
        #expect(packet.extensions[1] == [0x80])
        #expect(packet.payload == [9])
    }

    @Test func anUnknownExtensionProfileIsPassedOver() throws {
        let packet = try RTPPacket(parsing: [0x90, 0x60, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0xab, 0xcd, 0, 1, 1, 2, 3, 4, 9])
        #expect(packet.extensions.isEmpty)
        #expect(packet.payload == [9])
    }

    @Test func refusesWhatIsNoPacket() {
        #expect(throws: RTPError.truncated) { try RTPPacket(parsing: []) }
        #expect(throws: RTPError.truncated) { try RTPPacket(parsing: [UInt8](Self.full.prefix(11))) }
        #expect(throws: RTPError.truncated) { try RTPPacket(parsing: [UInt8](Self.full.prefix(17))) }
        #expect(throws: RTPError.truncated) { try RTPPacket(parsing: [UInt8](Self.full.prefix(30))) }
        #expect(throws: RTPError.version(1)) { try RTPPacket(parsing: [0x40] + Self.full.dropFirst()) }
        #expect(throws: RTPError.padding) { try RTPPacket(parsing: Self.full.dropLast() + [7]) }
        #expect(throws: RTPError.padding) { try RTPPacket(parsing: Self.full.dropLast() + [0]) }
    }

    @Test(arguments: [UInt64](1...200)) func whatIsWrittenIsRead(seed: UInt64) throws {
        var random = RandomSource.seeded(seed)
        let packet = RTPPacket.random(using: &random)
        let bytes = packet.encoded()
        #expect(bytes.count == packet.encodedSize)
        #expect(try RTPPacket(parsing: bytes) == packet)
    }

    @Test func timeAndTransportSequenceNumberAreWrittenIntoEncodedBytes() throws {
        var packet = RTPPacket(payloadType: 96, sequenceNumber: 1, timestamp: 2, ssrc: 3, payload: [1, 2, 3])
        packet.setTransportSequenceNumber(0, id: 3)
        packet.setAbsoluteSendTime(AbsoluteSendTime(rawValue: 0), id: 2)
        var bytes = packet.encoded()
        #expect(RTPPacket.overwriteTransportSequenceNumber(0xfffe, id: 3, in: &bytes))
        #expect(RTPPacket.overwriteAbsoluteSendTime(AbsoluteSendTime(rawValue: 0x123456), id: 2, in: &bytes))
        #expect(!RTPPacket.overwriteTransportSequenceNumber(1, id: 2, in: &bytes))
        #expect(!RTPPacket.overwriteTransportSequenceNumber(1, id: 9, in: &bytes))
        packet.setTransportSequenceNumber(0xfffe, id: 3)
        packet.setAbsoluteSendTime(AbsoluteSendTime(rawValue: 0x123456), id: 2)
        #expect(try RTPPacket(parsing: bytes) == packet)
    }

    @Test func absoluteSendTimeWrapsEvery64Seconds() {
        #expect(AbsoluteSendTime(Instant(nanoseconds: 1_500_000_000)).rawValue == 0x60000)
        let early = AbsoluteSendTime(Instant(nanoseconds: 63_900_000_000))
        let late = AbsoluteSendTime(Instant(nanoseconds: 64_100_000_000))
        #expect(late.rawValue < early.rawValue)
        #expect(abs(late.elapsed(since: early).milliseconds - 200) < 0.01)
        #expect(abs(early.elapsed(since: late).milliseconds + 200) < 0.01)
    }
}

@Suite struct PacketKindTests {
    @Test func datagramsAreToldApartByTheirFirstBytes() {
        let expected: (UInt8, UInt8) -> PacketKind = { first, second in
            switch first {
            case 0...3: .stun
            case 20...63: .dtls
            case 64...79: .turnChannel
            case 128...191: second >= 192 && second <= 223 ? .rtcp : .rtp
            default: .unknown
            }
        }
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                #expect(PacketKind(classifying: [first, second, 0, 0]) == expected(first, second))
            }
        }
        #expect(PacketKind(classifying: []) == .unknown)
        #expect(PacketKind(classifying: [0x80]) == .unknown)
    }
}
