import Codecs
import Glibc
import Testing

@Suite struct OpusTests {
    /// A 440 Hz tone.
    private func tone(_ frame: Int, samples: Int = 960, amplitude: Double = 8000) -> [Int16] {
        (0..<samples).map { Int16(amplitude * sin(2 * Double.pi * 440 * Double(frame * samples + $0) / 48_000)) }
    }

    private func level(_ samples: ArraySlice<Int16>) -> Double {
        (samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(max(1, samples.count))).squareRoot()
    }

    /// Periods per second, by zero crossings upwards.
    private func frequency(_ samples: ArraySlice<Int16>) -> Double {
        Double(zip(samples, samples.dropFirst()).count { $0 < 0 && $1 >= 0 }) / (Double(samples.count) / 48_000)
    }

    @Test(arguments: [120, 240, 480, 960, 1920, 2880])
    func everyFrameSizeGoesThere(samples: Int) throws {
        let encoder = try OpusEncoder()
        let decoder = try OpusDecoder()
        var output: [Int16] = []
        for frame in 0..<(96_000 / samples) {
            let packet = try #require(try encoder.encode(tone(frame, samples: samples)))
            #expect(decoder.duration(of: packet) == samples)
            let decoded = try decoder.decode(packet)
            #expect(decoded.count == samples)
            output += decoded
        }
        let second = output[48_000...]
        #expect(abs(level(second) / (8000 / 2.0.squareRoot()) - 1) < 0.15)
        #expect(abs(frequency(second) - 440) < 3)
    }

    @Test func otherFrameSizesThrow() throws {
        let encoder = try OpusEncoder()
        for samples in [0, 1, 119, 961, 5760] {
            #expect(throws: OpusError.frameSize(samples: samples)) { try encoder.encode([Int16](repeating: 0, count: samples)) }
        }
        let decoder = try OpusDecoder()
        for samples in [0, -120, 100, 5880, Int.max] {
            #expect(throws: OpusError.frameSize(samples: samples)) { try decoder.conceal(samples: samples) }
            #expect(throws: OpusError.frameSize(samples: samples)) { try decoder.decodeFEC([1, 2, 3], samples: samples) }
        }
    }

    @Test func impossibleSettingsThrow() {
        #expect(throws: OpusError.self) { try OpusEncoder(.init(channels: 0)) }
        #expect(throws: OpusError.self) { try OpusEncoder(.init(channels: 3)) }
        #expect(throws: OpusError.self) { try OpusEncoder(.init(complexity: 11)) }
        #expect(throws: OpusError.self) { try OpusDecoder(channels: 7) }
    }

    @Test func stereoIsMixedDown() throws {
        let encoder = try OpusEncoder(.init(channels: 2, bitrate: 64_000))
        let decoder = try OpusDecoder()
        var output: [Int16] = []
        for frame in 0..<50 {
            output += try decoder.decode(try #require(try encoder.encode(tone(frame).flatMap { [$0, $0] })))
        }
        #expect(output.count == 48_000)
        #expect(abs(frequency(output[24_000...]) - 440) < 5)
    }

    @Test func bitrateIsKept() throws {
        let encoder = try OpusEncoder(.init(bitrate: 24_000))
        var generator = Generator(state: 5)
        var bytes = [0, 0]
        for frame in 0..<200 {
            if frame == 100 { try encoder.setBitrate(64_000) }
            let noise = (0..<960).map { _ in Int16.random(in: -6000...6000, using: &generator) }
            bytes[frame / 100] += try encoder.encode(noise)?.count ?? 0
        }
        #expect((18_000...30_000).contains(bytes[0] * 4))
        #expect((50_000...78_000).contains(bytes[1] * 4))
    }

    @Test func fecBringsBackALostFrame() throws {
        let encoder = try OpusEncoder(.init(bitrate: 32_000))
        try encoder.setPacketLoss(0.2)
        let decoder = try OpusDecoder()
        // Speech-like: a tone whose pitch and loudness change from frame to frame.
        var packets: [[UInt8]] = []
        for frame in 0..<60 {
            let pitch = 180 + Double(frame % 7) * 20
            packets.append(
                try #require(
                    try encoder.encode(
                        (0..<960).map { index in
                            let t = Double(frame * 960 + index) / 48_000
                            return Int16((1...6).reduce(0.0) { $0 + 2500 / Double($1) * sin(2 * Double.pi * pitch * Double($1) * t) })
                        })))
        }
        #expect(packets.dropFirst(5).contains { decoder.hasFEC($0) })
        for packet in packets[..<30] { _ = try decoder.decode(packet) }
        let recovered = try decoder.decodeFEC(packets[31], samples: 960)
        #expect(recovered.count == 960)
        #expect(level(recovered[...]) > 1000)
        #expect(try decoder.decode(packets[31]).count == 960)
    }

    @Test func withoutReportedLossThereIsNoFEC() throws {
        let encoder = try OpusEncoder()
        let decoder = try OpusDecoder()
        for frame in 0..<20 {
            #expect(try decoder.hasFEC(#require(try encoder.encode(tone(frame)))) == false)
        }
    }

    @Test func concealmentFades() throws {
        let encoder = try OpusEncoder()
        let decoder = try OpusDecoder()
        for frame in 0..<50 { _ = try decoder.decode(try #require(try encoder.encode(tone(frame)))) }
        var levels: [Double] = []
        for _ in 0..<50 { levels.append(level(try decoder.conceal(samples: 960)[...])) }
        #expect(levels[0] > 1000)
        #expect((levels.last ?? .infinity) < levels[0] / 20)
    }

    @Test func silenceIsNotSentWithDTX() throws {
        let encoder = try OpusEncoder(.init(usesDTX: true))
        var sent = 0
        for _ in 0..<150 where try encoder.encode([Int16](repeating: 0, count: 960)) != nil { sent += 1 }
        #expect(sent < 50)
        #expect(try encoder.encode(tone(0)) != nil)
        let steady = try OpusEncoder()
        for _ in 0..<50 { #expect(try steady.encode([Int16](repeating: 0, count: 960)) != nil) }
        // The other side may ask for it in mid-call, and for the opposite.
        try steady.setDTX(true)
        #expect(try (0..<100).count { _ in try steady.encode([Int16](repeating: 0, count: 960)) != nil } < 50)
        try steady.setDTX(false)
        for _ in 0..<50 { #expect(try steady.encode([Int16](repeating: 0, count: 960)) != nil) }
    }

    @Test func garbageNeverTraps() throws {
        let decoder = try OpusDecoder()
        let encoder = try OpusEncoder()
        let packet = try #require(try encoder.encode(tone(1)))
        #expect(throws: OpusError.self) { try decoder.decode([]) }
        #expect(decoder.duration(of: []) == 0)
        var generator = Generator(state: 77)
        for _ in 0..<3000 {
            var bytes = packet
            if Bool.random(using: &generator) {
                bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in .random(in: 0...255, using: &generator) }
            } else {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
                bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
            }
            let duration = decoder.duration(of: bytes)
            #expect((0...5760).contains(duration))
            _ = decoder.hasFEC(bytes)
            if let samples = try? decoder.decode(bytes) { #expect(samples.count == duration) }
            _ = try? decoder.decodeFEC(bytes, samples: 960)
        }
        #expect(try decoder.decode(packet).count == 960)
    }
}
