import RTP
import Testing
import Wire

@Suite struct VP8PayloadDescriptorTests {
    @Test(
        arguments: [
            ([0x10, 0xaa], VP8PayloadDescriptor(isStartOfPartition: true, hasLongPictureID: true), 1),
            ([0x90, 0x80, 0x11, 0xaa], VP8PayloadDescriptor(isStartOfPartition: true, pictureID: 0x11, hasLongPictureID: false), 3),
            ([0x90, 0x80, 0x81, 0x02, 0xaa], VP8PayloadDescriptor(isStartOfPartition: true, pictureID: 0x102), 4),
            (
                [0xb3, 0xf0, 0xff, 0xfe, 0x07, 0xb4, 0xaa],
                VP8PayloadDescriptor(
                    isStartOfPartition: true, partitionIndex: 3, isNonReference: true, pictureID: 0x7ffe, tl0PictureIndex: 7,
                    temporalLayerID: 2, isLayerSync: true, keyIndex: 20), 6
            ),
            ([0x80, 0x20, 0x40, 0xaa], VP8PayloadDescriptor(isStartOfPartition: false, temporalLayerID: 1), 3),
            ([0x80, 0x10, 0x1f, 0xaa], VP8PayloadDescriptor(isStartOfPartition: false, keyIndex: 31), 3),
            ([0x80, 0x40, 0xff, 0xaa], VP8PayloadDescriptor(isStartOfPartition: false, tl0PictureIndex: 255), 3),
        ] as [([UInt8], VP8PayloadDescriptor, Int)])
    func readsAndWritesAllForms(bytes: [UInt8], expected: VP8PayloadDescriptor, size: Int) throws {
        let (descriptor, data) = try VP8PayloadDescriptor.parse(bytes)
        #expect(descriptor == expected)
        #expect(Array(data) == [0xaa])
        #expect(descriptor.encodedSize == size)
        #expect(descriptor.encoded(before: [0xaa]) == bytes)
    }

    @Test func toleratesReservedBitsAndAnEmptyExtension() throws {
        #expect(try VP8PayloadDescriptor.parse([0xd8, 0x0f, 0xaa]).descriptor.isStartOfFrame)
        #expect(try VP8PayloadDescriptor.parse([0xd8, 0x0f, 0xaa]).data.count == 1)
    }

    @Test(
        arguments: [[], [0x10], [0x90], [0x90, 0x80], [0x90, 0x80, 0x80], [0x90, 0x80, 0x80, 0x01], [0x90, 0x70, 1], [0x90, 0x20]]
            as [[UInt8]])
    func refusesWhatEndsTooSoon(bytes: [UInt8]) {
        #expect(throws: RTPError.truncated) { try VP8PayloadDescriptor.parse(bytes) }
    }

    @Test func frameHeadersTellKeyFramesAndTheirSize() throws {
        let key = try #require(VP8PayloadHeader([0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0xe0, 0x01, 0, 0]))
        #expect(key.isKeyFrame)
        #expect(key.isShown)
        #expect(key.firstPartitionSize == 16)
        #expect(key.size?.width == 640)
        #expect(key.size?.height == 480)
        let delta = try #require(VP8PayloadHeader([0xf1, 0xff, 0xff]))
        #expect(!delta.isKeyFrame)
        #expect(delta.firstPartitionSize == 0x7ffff)
        #expect(delta.size == nil)
        #expect(VP8PayloadHeader([0x10, 0x02]) == nil)
        #expect(VP8PayloadHeader([0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0xe0]) == nil)
        #expect(VP8PayloadHeader([0x10, 0x02, 0x00, 0x9d, 0x01, 0x2b, 0x80, 0x42, 0xe0, 0x01]) == nil)
    }
}

@Suite struct VP8PacketizerTests {
    @Test func fragmentsAreBalancedAndComplete() throws {
        var random = RandomSource.seeded(1)
        var packetizer = VP8Packetizer(random: &random)
        for size in [1, 2, 1095, 1096, 1097, 2192, 2193, 5000, 100_000] {
            let frame = random.bytes(size)
            let id = packetizer.nextPictureID
            let payloads = packetizer.packetize(frame, maximumSize: 1100)
            #expect(payloads.count == (size + 1095) / 1096)
            #expect(payloads.allSatisfy { $0.count <= 1100 })
            let sizes = payloads.map(\.count)
            #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
            var data: [UInt8] = []
            for (index, payload) in payloads.enumerated() {
                let parsed = try VP8PayloadDescriptor.parse(payload)
                #expect(parsed.descriptor.isStartOfFrame == (index == 0))
                #expect(parsed.descriptor.pictureID == id)
                #expect(parsed.descriptor.hasLongPictureID)
                data += parsed.data
            }
            #expect(data == frame)
        }
        #expect(packetizer.packetize([], maximumSize: 1100).isEmpty)
    }

    @Test func pictureIDsWrapAtFifteenBits() throws {
        var random = RandomSource.seeded(2)
        var packetizer = VP8Packetizer(random: &random)
        var last = packetizer.nextPictureID
        for _ in 0..<0x8001 {
            let payload = try #require(packetizer.packetize([1], maximumSize: 1100).first)
            let id = try #require(try VP8PayloadDescriptor.parse(payload).descriptor.pictureID)
            #expect(id == last)
            last = (id + 1) & 0x7fff
        }
    }

    @Test func anAbsurdlySmallLimitStillMakesProgress() {
        var random = RandomSource.seeded(3)
        var packetizer = VP8Packetizer(random: &random)
        #expect(packetizer.packetize([UInt8](repeating: 0, count: 24), maximumSize: -5).count == 2)
    }
}

@Suite struct OpusPayloadTests {
    @Test(
        arguments: [
            ([0x00, 1], 480), ([0x18, 1], 2880), ([0x60, 1], 480), ([0x68, 1], 960), ([0x80, 1], 120), ([0xf8, 1], 960), ([0xfc, 1], 960),
            ([0xf9, 1], 1920), ([0xfb, 0x03], 2880), ([0xfb, 0x06], 5760), ([0xfb, 0x07], nil), ([0xfb, 0x00], nil), ([0xfb], nil),
            ([], nil),
            ([0x19, 1], 5760), ([0x1b, 0x03], nil),
        ] as [([UInt8], Int?)])
    func theFirstByteTellsTheDuration(packet: [UInt8], samples: Int?) {
        #expect(OpusPayload.sampleCount(of: packet) == samples)
    }
}
