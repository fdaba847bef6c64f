/// Silence in real time: what stands in for a microphone that cannot be had, so that a call goes on.
public final class SilentAudioSource: AudioSource {
    public let chunkSamples: Int
    private let pacing: PacedAudio

    /// - Parameter chunkSamples: 960 (20 ms) or 480 (10 ms).
    public init(chunkSamples: Int = AudioFormat.packetSamples) {
        self.chunkSamples = chunkSamples
        pacing = PacedAudio(name: "silence", chunkSamples: chunkSamples)
    }

    public func start(onChunk: @escaping @Sendable (AudioChunk) -> Void) {
        let silence = [Int16](repeating: 0, count: chunkSamples)
        pacing.start { onChunk(AudioChunk(samples: silence, timestamp: $0)) }
    }

    public func stop() {
        pacing.stop()
    }
}
