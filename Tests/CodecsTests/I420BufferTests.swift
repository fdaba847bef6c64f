import Codecs
import Testing

@Suite struct I420BufferTests {
    @Test(arguments: [(1, 1), (2, 2), (3, 5), (640, 480), (641, 479), (16383, 1)])
    func planesAreAlignedAndApart(width: Int, height: Int) throws {
        let buffer = try I420Buffer(width: width, height: height)
        buffer.withMutablePlanes { y, u, v in
            #expect((y.width, y.height) == (width, height))
            #expect((u.width, u.height) == ((width + 1) / 2, (height + 1) / 2))
            for (plane, value) in zip([y, u, v], [UInt8(1), 2, 3]) {
                #expect(plane.stride % I420Buffer.alignment == 0)
                #expect(Int(bitPattern: plane.samples.baseAddress) % I420Buffer.alignment == 0)
                plane.samples.update(repeating: value)
            }
        }
        buffer.withPlanes { y, u, v in
            for (plane, value) in zip([y, u, v], [UInt8(1), 2, 3]) {
                #expect((0..<plane.height).allSatisfy { row in plane.row(row).allSatisfy { $0 == value } })
            }
        }
    }

    @Test(arguments: [(0, 1), (1, 0), (-1, 4), (16384, 2), (Int.max, Int.max)])
    func impossibleSizesThrow(width: Int, height: Int) {
        #expect(throws: I420Buffer.SizeError(width: width, height: height)) { try I420Buffer(width: width, height: height) }
        #expect(throws: I420Buffer.SizeError.self) { try I420Pool().buffer(width: width, height: height) }
    }

    @Test func poolReusesMemory() throws {
        let pool = I420Pool(limit: 2)
        var address: UnsafePointer<UInt8>?
        do {
            let buffer = try pool.buffer(width: 64, height: 64)
            address = buffer.withPlanes { y, _, _ in y.samples.baseAddress }
            #expect(pool.freeCount == 0)
        }
        #expect(pool.freeCount == 1)
        let again = try pool.buffer(width: 64, height: 64)
        #expect(again.withPlanes { y, _, _ in y.samples.baseAddress } == address)
    }

    @Test func poolKeepsNoMoreThanItsLimitAndDropsOtherSizes() throws {
        let pool = I420Pool(limit: 2)
        do {
            let buffers = try (0..<5).map { _ in try pool.buffer(width: 64, height: 64) }
            #expect(buffers.count == 5)
        }
        #expect(pool.freeCount == 2)
        let other = try pool.buffer(width: 32, height: 32)
        #expect(pool.freeCount == 0)
        #expect(other.width == 32)
    }

    @Test func buffersOutliveTheirPool() throws {
        var pool: I420Pool? = I420Pool()
        let buffer = try #require(try pool?.buffer(width: 16, height: 16))
        pool = nil
        buffer.fill(y: 99)
        #expect(buffer.withPlanes { y, _, _ in y.samples[0] } == 99)
    }

    @Test func fillIsBlackByDefault() throws {
        let buffer = try I420Buffer(width: 5, height: 3)
        buffer.fill()
        buffer.withPlanes { y, u, v in
            #expect(y.row(2)[4] == 16)
            #expect(u.row(1)[2] == 128)
            #expect(v.row(1)[2] == 128)
        }
    }
}
