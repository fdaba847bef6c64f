import RTP
import Testing
import Wire

@Suite struct RedundantAudioTests {
    @Test func theLayoutIsThatOfTheRFC() throws {
        // RFC 2198 section 3: F, payload type, offset (14 bits), length (10 bits); the last header is one byte.
        let bytes: [UInt8] = [0x80 | 111, 0x0f, 0x00, 0x02, 111, 0xaa, 0xbb, 0xcc]
        let audio = RedundantAudio(
            copies: [.init(payloadType: 111, timestampOffset: 960, payload: [0xaa, 0xbb])], payloadType: 111, payload: [0xcc])
        #expect(audio.encoded() == bytes)
        #expect(audio.size == bytes.count)
        #expect(try RedundantAudio(parsing: bytes) == audio)
    }

    @Test func whatDoesNotFitItsHeaderIsLeftOut() throws {
        let audio = RedundantAudio(
            copies: [
                .init(payloadType: 111, timestampOffset: RedundantAudio.maximumOffset + 1, payload: [1]),
                .init(payloadType: 111, timestampOffset: 960, payload: [UInt8](repeating: 2, count: RedundantAudio.maximumCopySize + 1)),
                .init(
                    payloadType: 111, timestampOffset: RedundantAudio.maximumOffset,
                    payload: [UInt8](repeating: 3, count: RedundantAudio.maximumCopySize)),
            ], payloadType: 111, payload: [4])
        #expect(try RedundantAudio(parsing: audio.encoded()).copies == [audio.copies[2]])
    }

    @Test func anEmptyCopyOnlyFillsAPlace() throws {
        let audio = try RedundantAudio(parsing: [0x80 | 111, 0, 0, 0, 111, 9])
        #expect(audio.copies.isEmpty && audio.payload == [9])
    }

    @Test(arguments: [[], [0x80 | 111], [0x80 | 111, 0, 0], [0x80 | 111, 0, 0, 1], [0x80 | 111, 0, 0, 2, 111, 1]] as [[UInt8]])
    func whatEndsTooSoonIsRefused(bytes: [UInt8]) {
        #expect(throws: RTPError.truncated) { try RedundantAudio(parsing: bytes) }
    }

    @Test func tooManyCopiesAreRefused() {
        let header: [UInt8] = [0x80 | 111, 0, 0, 1]
        let bytes = [[UInt8]](repeating: header, count: 33).flatMap { $0 } + [111] + [UInt8](repeating: 7, count: 40)
        #expect(throws: RTPError.self) { try RedundantAudio(parsing: bytes) }
    }

    // MARK: - Sending

    private func stream(redundancy: UInt8? = 63) -> RTPSendStream {
        var random = RandomSource.seeded(3)
        return RTPSendStream(
            RTPSendStream.Configuration(format: .opus, ssrc: 1, payloadType: 111, redundancyPayloadType: redundancy),
            wallClock: WallClock(reference: .zero, unixNanoseconds: 0), random: &random)
    }

    /// A packet of 20 ms.
    private func frame(_ number: Int) -> [UInt8] { [0x78, UInt8(number), 1, 2, 3] }

    private func send(_ stream: inout RTPSendStream, _ number: Int, _ redundancy: [Int]) throws -> RTPPacket {
        try #require(
            stream.packetize(frame(number), capturedAt: Instant(nanoseconds: Int64(number) * 20_000_000), redundancy: redundancy).first)
    }

    @Test func earlierPacketsAreRepeated() throws {
        var stream = stream()
        var packets: [RTPPacket] = []
        for number in 0..<6 { packets.append(try send(&stream, number, [1, 3])) }
        #expect(packets[0].payloadType == 111 && packets[0].payload == frame(0))
        let last = try RedundantAudio(parsing: packets[5].payload)
        #expect(packets[5].payloadType == 63)
        #expect(last.payload == frame(5))
        #expect(last.copies.map(\.payload) == [frame(2), frame(4)])
        #expect(last.copies.map(\.timestampOffset) == [2880, 960])
        #expect(zip(packets, packets.dropFirst()).allSatisfy { $1.timestamp &- $0.timestamp == 960 })
    }

    @Test func withoutAPayloadTypeForItNothingIsRepeated() throws {
        var stream = stream(redundancy: nil)
        for number in 0..<4 {
            let packet = try send(&stream, number, [1, 2])
            #expect(packet.payloadType == 111 && packet.payload == frame(number))
        }
    }

    @Test func nothingIsRepeatedAcrossASilence() throws {
        var stream = stream()
        _ = try send(&stream, 0, [1])
        stream.skip(sampleCount: 960)
        #expect(try send(&stream, 2, [1]).payload == frame(2))
        #expect(try RedundantAudio(parsing: send(&stream, 3, [1]).payload).copies.map(\.payload) == [frame(2)])
    }

    @Test func aPacketNeverGrowsBeyondADatagram() throws {
        var stream = stream()
        let large = [UInt8](repeating: 0x78, count: 700)
        _ = stream.packetize(large, capturedAt: .zero, redundancy: [])
        let packet = try #require(stream.packetize(large, capturedAt: Instant(nanoseconds: 20_000_000), redundancy: [1]).first)
        #expect(packet.payloadType == 111 && packet.payload == large)
    }
}
