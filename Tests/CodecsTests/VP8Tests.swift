import Codecs
import Testing

@Suite struct VP8Tests {
    /// Frames that are never dropped.
    private func encoder(bitrate: Int = 1_000_000) -> VP8Encoder {
        VP8Encoder(.init(bitrate: bitrate, dropThreshold: 0))
    }

    @Test(arguments: [(320, 240), (641, 479), (16, 16), (1, 1), (33, 7)])
    func decodesWhatWasEncoded(width: Int, height: Int) throws {
        let encoder = encoder(bitrate: 2_000_000)
        let pool = I420Pool()
        let decoder = VP8Decoder(pool: pool)
        for index in 0..<8 {
            let frame = try picture(index, width: width, height: height)
            let encoded = try #require(try encoder.encode(frame))
            #expect(encoded.isKeyFrame == (index == 0))
            #expect((0...127).contains(encoded.qp))
            let decoded = try #require(try decoder.decode(encoded.bytes))
            #expect((decoded.width, decoded.height) == (frame.width, frame.height))
            #expect(psnr(decoded, frame.buffer) > 30)
        }
        #expect(pool.freeCount == 1)
    }

    @Test func chromaSurvives() throws {
        let frame = try picture(0)
        let encoded = try #require(try encoder(bitrate: 4_000_000).encode(frame))
        let decoded = try #require(try VP8Decoder().decode(encoded.bytes))
        frame.buffer.withPlanes { _, u, v in
            decoded.withPlanes { _, decodedU, decodedV in
                for (plane, other) in [(u, decodedU), (v, decodedV)] {
                    #expect(zip(plane.row(60), other.row(60)).allSatisfy { abs(Int($0) - Int($1)) < 12 })
                }
            }
        }
    }

    @Test func keyFramesOnlyWhenAskedFor() throws {
        let encoder = encoder()
        var keys: [Int] = []
        for index in 0..<200 {
            // Every 50 frames the scene is another one, which would tempt an encoder.
            let frame = try picture(index + index / 50 * 1000)
            if try #require(try encoder.encode(frame, forceKeyFrame: index == 77)).isKeyFrame { keys.append(index) }
        }
        #expect(keys == [0, 77])
    }

    @Test func aNewSizeBeginsWithAKeyFrame() throws {
        let encoder = encoder()
        let decoder = VP8Decoder()
        var keys: [Int] = []
        for (index, size) in [(320, 240), (320, 240), (640, 480), (640, 480), (160, 120), (160, 120)].enumerated() {
            let encoded = try #require(try encoder.encode(try picture(index, width: size.0, height: size.1)))
            if encoded.isKeyFrame { keys.append(index) }
            let decoded = try #require(try decoder.decode(encoded.bytes))
            #expect((decoded.width, decoded.height) == size)
        }
        #expect(keys == [0, 2, 4])
    }

    @Test(arguments: [150_000, 400_000, 1_200_000])
    func keepsToTheBitrate(bitrate: Int) throws {
        let encoder = VP8Encoder(.init(bitrate: bitrate))
        var bytes = 0
        let seconds = 8
        for index in 0..<(30 * (seconds + 2)) {
            let encoded = try encoder.encode(try picture(index, width: 320, height: 240, noise: 40))
            if index >= 60 { bytes += encoded?.bytes.count ?? 0 }
        }
        let rate = Double(bytes * 8) / (Double(30 * seconds) * 0.033)
        #expect(rate > 0.6 * Double(bitrate) && rate < 1.15 * Double(bitrate), "\(rate)")
    }

    /// Pictures come one by one, 300 ms apart: because the source gives no more, or because no more were wanted.
    @Test(arguments: [false, true]) func `what a pause saved is not spent on one picture`(isPause: Bool) throws {
        let encoder = VP8Encoder(.init(bitrate: 160_000))
        func bytes(_ index: Int, at time: Int) throws -> Int {
            var frame = try picture(index, width: 320, height: 240, noise: 40)
            frame.timestamp = .milliseconds(time)
            return try encoder.encode(frame)?.bytes.count ?? 0
        }
        var total = 0
        for index in 0..<90 { total += try bytes(index, at: index * 33) }
        var after = 0
        for index in 0..<10 {
            if isPause { encoder.resume() }
            after += try bytes(90 + index, at: 90 * 33 + (index + 1) * 300)
        }
        let growth = Double(after) / 10 / (Double(total) / 90)
        #expect(isPause ? growth < 2 : growth > 3, "\(growth)")
    }

    @Test func followsANewBitrateWithoutAKeyFrame() throws {
        let encoder = VP8Encoder(.init(bitrate: 1_000_000))
        var bytes = [0, 0]
        var keys = 0
        for index in 0..<300 {
            if index == 150 { try encoder.setBitrate(200_000) }
            let encoded = try encoder.encode(try picture(index, noise: 40))
            if index % 150 >= 60 { bytes[index / 150] += encoded?.bytes.count ?? 0 }
            keys += encoded?.isKeyFrame == true ? 1 : 0
        }
        #expect(keys == 1)
        #expect(Double(bytes[1]) < 0.35 * Double(bytes[0]), "\(bytes)")
    }

    @Test func dropsFramesRatherThanExceedTheBitrate() throws {
        let encoder = VP8Encoder(.init(bitrate: 60_000))
        var dropped = 0
        for index in 0..<200 where try encoder.encode(try picture(index, width: 640, height: 480, noise: 60)) == nil {
            dropped += 1
        }
        #expect(dropped > 10)
        #expect(dropped < 200)
    }

    @Test func oddTimestampsAreBorne() throws {
        let encoder = encoder()
        for timestamp in [0, 0, -5_000, 33, 1_000_000_000, 5, 6].map({ Duration.milliseconds($0) }) {
            var frame = try picture(1)
            frame.timestamp = timestamp
            #expect(try encoder.encode(frame) != nil)
        }
    }

    @Test func oddSettingsAreTakenAsTheNearestPossible() throws {
        for bitrate in [Int.min, 0, Int.max] {
            let encoder = VP8Encoder(
                .init(bitrate: bitrate, framesPerSecond: bitrate, speed: bitrate, quantizers: 0...63, dropThreshold: bitrate))
            #expect(try #require(try encoder.encode(try picture(0))).isKeyFrame)
            try encoder.setBitrate(bitrate / 2)
            _ = try encoder.encode(try picture(1))
        }
    }
}

@Suite struct VP8DecoderTests {
    private func frames(_ count: Int) throws -> [EncodedFrame] {
        let encoder = VP8Encoder(.init(dropThreshold: 0))
        return try (0..<count).map { try #require(try encoder.encode(try picture($0))) }
    }

    @Test func aFirstFrameThatIsNoKeyFrameIsRefused() throws {
        let frames = try frames(2)
        #expect(throws: VP8Error.keyFrameNeeded) { try VP8Decoder().decode(frames[1].bytes) }
    }

    @Test func afterDamageOnlyAKeyFrameIsTaken() throws {
        let frames = try frames(4)
        let decoder = VP8Decoder()
        #expect(try decoder.decode(frames[0].bytes) != nil)
        #expect(throws: VP8Error.self) { try decoder.decode([]) }
        #expect(throws: VP8Error.keyFrameNeeded) { try decoder.decode(frames[1].bytes) }
        #expect(try decoder.decode(frames[0].bytes) != nil)
        #expect(try decoder.decode(frames[1].bytes) != nil)
    }

    @Test func everyTruncationIsAnErrorOrAPicture() throws {
        let frames = try frames(2)
        for length in stride(from: 0, to: frames[0].bytes.count, by: 7) {
            do {
                _ = try VP8Decoder().decode(Array(frames[0].bytes.prefix(length)))
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
        // The first partition cut short is always found out.
        #expect(throws: VP8Error.self) { try VP8Decoder().decode(Array(frames[0].bytes.prefix(40))) }
    }

    @Test(arguments: 0..<8)
    func garbageNeverTraps(seed: Int) throws {
        let frames = try frames(3)
        var generator = Generator(state: UInt64(seed) + 1)
        let decoder = VP8Decoder(maximumPixels: 1 << 20)
        for round in 0..<150 {
            var bytes = frames[round % 3].bytes
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            if round % 5 == 0 { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator)) }
            _ = try? decoder.decode(bytes)
            _ = try? decoder.decode((0..<Int.random(in: 0...60, using: &generator)).map { _ in .random(in: 0...255, using: &generator) })
        }
        #expect(try decoder.decode(frames[0].bytes) != nil)
    }

    @Test func hugePicturesAreRefusedBeforeMemoryIsTaken() throws {
        var bytes = try frames(1)[0].bytes
        (bytes[6], bytes[7], bytes[8], bytes[9]) = (0xff, 0x3f, 0xff, 0x3f)
        #expect(throws: VP8Error.size(width: 16383, height: 16383)) { try VP8Decoder().decode(bytes) }
    }
}

/// xorshift64*, for tests that repeat.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 2_685_821_657_736_338_717
    }
}
