import Codecs
import MediaSources
import Testing

@Suite struct TestStampTests {
    private static let stamp = TestStamp(milliseconds: 0xDEAD_BEEF, counter: 0x1234)

    private static func stampedPicture(_ width: Int = 640, _ height: Int = 480, _ stamp: TestStamp = stamp) throws -> I420Buffer {
        let picture = try I420Buffer(width: width, height: height)
        picture.fill(y: 90, u: 30, v: 200)
        stamp.write(to: picture)
        return picture
    }

    /// The bits as the contract lays them out, with the CRC by long division instead of our code's way.
    private static func bits(of bytes: [UInt8]) -> [Bool] {
        var message: [Bool] = bytes.flatMap { byte -> [Bool] in (0..<8).map { bit in byte >> (7 - bit) & 1 == 1 } }
        let content = message
        message += Array(repeating: false, count: 8)
        let divisor = [true, false, false, false, false, false, true, true, true]
        for start in content.indices where message[start] {
            for (offset, bit) in divisor.enumerated() { message[start + offset] = message[start + offset] != bit }
        }
        return content + message.suffix(8)
    }

    @Test func layoutIsTheContracts() throws {
        let expected = Self.bits(of: [0xDE, 0xAD, 0xBE, 0xEF, 0x12, 0x34, 0])
        try Self.stampedPicture().withPlanes { y, u, v in
            for row in 0..<40 {
                let blocks = expected[row / 20 * 32..<row / 20 * 32 + 32]
                let samples = blocks.flatMap { [UInt8](repeating: $0 ? 235 : 16, count: 20) }
                #expect(y.row(row).elementsEqual(samples))
            }
            #expect(y.row(40).allSatisfy { $0 == 90 })
            for plane in [u, v] {
                for row in 0..<20 { #expect(plane.row(row).allSatisfy { $0 == 128 }) }
            }
            #expect(u.row(20).allSatisfy { $0 == 30 })
            #expect(v.row(20).allSatisfy { $0 == 200 })
        }
    }

    @Test(arguments: [(640, 480), (1280, 720), (320, 180), (161, 121), (96, 72), (1920, 1080), (176, 144), (719, 577)])
    func roundTrip(width: Int, height: Int) throws {
        for counter in [UInt16.min, 1, 0x5555, .max] {
            let stamp = TestStamp(milliseconds: 0x0102_0304 &* UInt32(counter) &+ 1, counter: counter)
            #expect(TestStamp(reading: try Self.stampedPicture(width, height, stamp)) == stamp)
        }
    }

    @Test(arguments: [(640, 480, 60_000), (640, 480, 150_000), (320, 240, 60_000)])
    func survivesVP8AtLowBitrate(width: Int, height: Int, bitrate: Int) throws {
        let format = try TestVideoFormat(width: width, height: height)
        let drawing = TestPicture.picture(for: format)
        let encoder = VP8Encoder(VP8Encoder.Configuration(bitrate: bitrate, framesPerSecond: 30))
        let decoder = VP8Decoder()
        var read = 0
        for index in 0..<60 {
            let picture = try I420Buffer(width: width, height: height)
            drawing.draw(on: picture, at: Double(index) / 30)
            let stamp = TestStamp(milliseconds: UInt32(index) &* 33 &+ 0xFFFF_FF00, counter: UInt16(index))
            stamp.write(to: picture)
            let frame = VideoFrame(buffer: picture, timestamp: .milliseconds(index * 1_000 / 30))
            guard let encoded = try encoder.encode(frame), let decoded = try decoder.decode(encoded.bytes) else { continue }
            #expect(TestStamp(reading: decoded) == stamp)
            read += 1
        }
        #expect(read >= 3)
    }

    @Test(arguments: 0..<64) func oneWrongBlockIsNoticed(block: Int) throws {
        let picture = try Self.stampedPicture()
        picture.withMutablePlanes { y, _, _ in
            for row in block / 32 * 20..<block / 32 * 20 + 20 {
                for x in block % 32 * 20..<block % 32 * 20 + 20 { y.row(row)[x] = 251 - y.row(row)[x] }
            }
        }
        #expect(TestStamp(reading: picture) == nil)
    }

    @Test(arguments: [(640, 480), (16, 16), (1, 1), (32, 24)]) func plainPicturesBearNone(width: Int, height: Int) throws {
        for luma: UInt8 in [0, 16, 128, 235, 255] {
            let picture = try I420Buffer(width: width, height: height)
            picture.fill(y: luma)
            #expect(TestStamp(reading: picture) == nil)
        }
    }
}

@Suite struct StampMeterTests {
    private static let now: Int64 = 1_750_000_000_000

    private static func picture(age: Int64, counter: UInt16, at time: Int64 = now) throws -> I420Buffer {
        let picture = try I420Buffer(width: 96, height: 72)
        picture.fill()
        TestStamp(milliseconds: UInt32(truncatingIfNeeded: time - age), counter: counter).write(to: picture)
        return picture
    }

    @Test func medianOfTheLastSecond() throws {
        var meter = StampMeter()
        #expect(meter.endToEndMilliseconds(at: Self.now) == nil)
        meter.receive(try Self.picture(age: 900, counter: 0, at: Self.now - 1_500), at: Self.now - 1_500)
        for (index, age) in [50, 500, 40].enumerated() {
            meter.receive(try Self.picture(age: Int64(age), counter: UInt16(index + 1)), at: Self.now)
        }
        #expect(meter.endToEndMilliseconds(at: Self.now) == 50)
        meter.receive(try Self.picture(age: 60, counter: 4), at: Self.now)
        #expect(meter.endToEndMilliseconds(at: Self.now) == 55)
        #expect(meter.endToEndMilliseconds(at: Self.now + 1_001) == nil)
        #expect(meter.framesLost == 0)
    }

    @Test func gapsCountAcrossTheWrapAndRestartsDoNot() throws {
        var meter = StampMeter()
        for counter: UInt16 in [65_533, 65_534, 1, 2, 6] { meter.receive(try Self.picture(age: 10, counter: counter), at: Self.now) }
        #expect(meter.framesLost == 5)
        for counter: UInt16 in [0, 1] { meter.receive(try Self.picture(age: 10, counter: counter), at: Self.now) }
        #expect(meter.framesLost == 5)
    }

    @Test func timeWrapsModulo32Bits() throws {
        let wrap = (Self.now >> 32 + 1) << 32
        var meter = StampMeter()
        meter.receive(try Self.picture(age: 30, counter: 1, at: wrap + 10), at: wrap + 10)
        #expect(meter.endToEndMilliseconds(at: wrap + 10) == 30)
    }

    @Test func picturesWithoutStampsEndTheReading() throws {
        var meter = StampMeter()
        let plain = try I420Buffer(width: 96, height: 72)
        plain.fill(y: 100)
        for _ in 0..<30 { meter.receive(plain, at: Self.now) }
        meter.receive(try Self.picture(age: 10, counter: 1), at: Self.now)
        #expect(!meter.hasStamps)

        var patient = StampMeter()
        for _ in 0..<29 { patient.receive(plain, at: Self.now) }
        patient.receive(try Self.picture(age: 10, counter: 1), at: Self.now)
        for _ in 0..<100 { patient.receive(plain, at: Self.now) }
        patient.receive(try Self.picture(age: 12, counter: 102), at: Self.now)
        #expect(patient.framesLost == 100)
    }

    @Test func agesThatCannotBeAreNoStamps() throws {
        var meter = StampMeter()
        meter.receive(try Self.picture(age: 3_600_000, counter: 1), at: Self.now)
        meter.receive(try Self.picture(age: -5_000, counter: 1), at: Self.now)
        #expect(!meter.hasStamps)
    }
}
