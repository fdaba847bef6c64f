import Codecs
import MediaSources
import Testing

@Suite struct TestPictureTests {
    private func draw(_ format: TestVideoFormat, at time: Double) throws -> I420Buffer {
        let buffer = try I420Buffer(width: format.width, height: format.height)
        buffer.fill()
        TestPicture.picture(for: format).draw(on: buffer, at: time)
        return buffer
    }

    /// The mean difference of neighbours, as a measure of detail.
    private func detail(_ picture: I420Buffer) -> Double {
        picture.withPlanes { y, _, _ in
            var sum = 0
            for row in 0..<y.height {
                let samples = y.row(row)
                for x in 1..<y.width { sum += abs(Int(samples[x]) - Int(samples[x - 1])) }
            }
            return Double(sum) / Double(y.width * y.height)
        }
    }

    private func difference(_ one: I420Buffer, _ other: I420Buffer) -> Double {
        one.withPlanes { y1, _, _ in
            other.withPlanes { y2, _, _ in
                var sum = 0
                for row in 0..<y1.height {
                    for (a, b) in zip(y1.row(row), y2.row(row)) { sum += abs(Int(a) - Int(b)) }
                }
                return Double(sum) / Double(y1.width * y1.height)
            }
        }
    }

    @Test func movesAndHasDetail() throws {
        let format = try TestVideoFormat(width: 320, height: 240)
        let first = try draw(format, at: 1)
        #expect(detail(first) > 4)
        for time in [1 + 1.0 / 15, 1.2, 2, 10] { #expect(difference(first, try draw(format, at: time)) > 1) }
        #expect(difference(first, try draw(format, at: 1)) == 0)
    }

    @Test func someoneIsInTheMiddle() throws {
        let format = try TestVideoFormat(width: 320, height: 240)
        try draw(format, at: 0).withPlanes { y, u, v in
            // A cheek: brighter than the wall, and of the colour of skin.
            let (row, x) = (130, 142)
            #expect(y.row(row)[x] > 120)
            #expect(v.row(row / 2)[x / 2] > u.row(row / 2)[x / 2] + 15)
        }
    }

    @Test func theSameAtEverySize() throws {
        for (width, height) in [(96, 72), (160, 90), (640, 360), (90 * 2, 600), (1280, 720)] {
            let picture = try draw(try TestVideoFormat(width: width, height: height), at: 2.5)
            #expect(detail(picture) > 2)
        }
        let other = try I420Buffer(width: 100, height: 100)
        other.fill(y: 33)
        TestPicture.picture(for: TestVideoFormat()).draw(on: other, at: 0)
        other.withPlanes { y, _, _ in #expect(y.row(50).allSatisfy { $0 == 33 }) }
    }

    @Test func anyTimeCanBeDrawn() throws {
        let format = try TestVideoFormat(width: 96, height: 72)
        for time in [-5, 1e9, 1e15] { _ = try draw(format, at: time) }
    }

    @Test func sourceDeliversStampedFramesInRealTime() throws {
        let source = TestVideoSource(format: try TestVideoFormat(width: 160, height: 120, framesPerSecond: 50))
        let collector = Collector<(VideoFrame, Int64)>()
        source.start { collector.add(($0, MediaClock.unixMilliseconds)) }
        source.start { _ in Issue.record("a second start is ignored") }
        let frames = collector.first(20)
        source.stop()
        let stopped = collector.count
        try #require(frames.count == 20)
        var meter = StampMeter()
        for (frame, time) in frames { meter.receive(frame.buffer, at: time) }
        #expect(meter.hasStamps)
        #expect(meter.framesLost == 0)
        let times = frames.map(\.0.timestamp)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
        #expect(times[19] - times[0] >= .milliseconds(350))
        #expect(collector.count == stopped)
    }
}
