/// The test tone, in real time.
public final class TestAudioSource: AudioSource {
    public let chunkSamples: Int
    private let pacing: PacedAudio

    /// - Parameter chunkSamples: 960 (20 ms) or 480 (10 ms).
    public init(chunkSamples: Int = AudioFormat.packetSamples) {
        self.chunkSamples = chunkSamples
        pacing = PacedAudio(name: "test tone", chunkSamples: chunkSamples)
    }

    public func start(onChunk: @escaping @Sendable (AudioChunk) -> Void) {
        let tone = TestTone()
        var next: Int64?
        // The chunk due now is the one that was captured until now. It follows the one before, unless the wall clock was set.
        pacing.start { [chunkSamples] timestamp in
            let age = MediaClock.monotonicNanoseconds - timestamp.wholeNanoseconds
            let expected = TestTone.sample(atUnixNanoseconds: MediaClock.unixNanoseconds - age)
            let first = next.flatMap { abs($0 - expected) <= 48 ? $0 : nil } ?? expected
            next = first + Int64(chunkSamples)
            onChunk(AudioChunk(samples: tone.samples(from: first, count: chunkSamples), timestamp: timestamp))
        }
    }

    public func stop() {
        pacing.stop()
    }
}
