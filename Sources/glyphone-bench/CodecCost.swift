import Codecs
import Foundation
import MediaSources

/// What libvpx and libopus take for what a bot encodes and decodes, with nothing else around them.
enum CodecCost {
    /// The mean of two at once, as two bots run at once and share the machine's caches.
    static func measureTwice(seconds: Int, bitrate: Int) async throws -> Double {
        async let other = onThread(seconds: seconds, bitrate: bitrate)
        return try await (onThread(seconds: seconds, bitrate: bitrate) + other) / 2
    }

    private static func onThread(seconds: Int, bitrate: Int) async throws -> Double {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try measure(seconds: seconds, bitrate: bitrate) }) }
        }
    }

    /// The share of a core that sending and receiving 640x480 at 30 a second, at `bitrate` bits per second, with sound takes in
    /// the codecs alone: at the pace of a call, since codecs that never pause find everything in the caches.
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
        let (start, began) = (ContinuousClock.now, processorTime())
        var spoken = 0
        for index in 0..<(seconds * 30) {
            Thread.sleep(until: Date(timeIntervalSinceNow: (start.advanced(by: .seconds(1) * index / 30) - .now) / .seconds(1)))
            // Back and forth through a second of pictures, so that motion never jumps.
            let position = index % 58
            let picture = frames[position < 30 ? position : 58 - position]
            let frame = VideoFrame(buffer: picture, timestamp: .nanoseconds(Int64(index) * 1_000_000_000 / 30))
            if let encoded = try encoder.encode(frame, forceKeyFrame: index == 0) { _ = try decoder.decode(encoded.bytes) }
            while spoken * 30 < index * 50 {
                if let packet = try opusEncoder.encode(sound[spoken % 50]) { _ = try opusDecoder.decode(packet) }
                spoken += 1
            }
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
