import Codecs
import Glibc
import MediaSources

/// What libvpx and libopus take for what a bot encodes and decodes, with nothing else around them.
enum CodecCost {
    /// The mean of two at once, as two bots run at once and share the machine's caches.
    static func measureTwice(seconds: Int, bitrate: Int) async throws -> Double {
        async let other = measure(seconds: seconds, bitrate: bitrate)
        return try await (measure(seconds: seconds, bitrate: bitrate) + other) / 2
    }

    /// The share of a core that sending and receiving 640x480 at 30 a second, at `bitrate` bits per second, with sound takes in
    /// the codecs alone.
    private static func measure(seconds: Int, bitrate: Int) throws -> Double {
        let source = TestPicture.picture(for: TestVideoFormat())
        let frames = try (0..<30).map { index in
            let picture = try I420Buffer(width: 640, height: 480)
            source.draw(on: picture, at: Double(index) / 30)
            return picture
        }
        let encoder = VP8Encoder(VP8Encoder.Configuration(bitrate: bitrate))
        let decoder = VP8Decoder()
        let opusEncoder = try OpusEncoder(OpusEncoder.Configuration())
        let opusDecoder = try OpusDecoder()
        let tone = TestTone()
        let sound = (0..<50).map { tone.samples(from: Int64($0 * 960), count: 960) }
        let began = processorTime()
        for index in 0..<(seconds * 30) {
            // Back and forth through a second of pictures, so that motion never jumps.
            let position = index % 58
            let picture = frames[position < 30 ? position : 58 - position]
            let frame = VideoFrame(buffer: picture, timestamp: .nanoseconds(Int64(index) * 1_000_000_000 / 30))
            if let encoded = try encoder.encode(frame, forceKeyFrame: index == 0) { _ = try decoder.decode(encoded.bytes) }
        }
        for index in 0..<(seconds * 50) {
            if let packet = try opusEncoder.encode(sound[index % 50]) { _ = try opusDecoder.decode(packet) }
        }
        return (processorTime() - began) / Double(seconds)
    }

    /// Of this thread, in seconds.
    static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
