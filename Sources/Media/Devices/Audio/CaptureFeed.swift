import MediaSources
import Synchronization

/// Makes chunks of one length out of what a device captures, with steady times, and silence by the clock while the device
/// delivers nothing.
final class CaptureFeed: DeviceFeed {
    /// A device that has delivered nothing for this long stands still, in nanoseconds: 250 ms, above the blocks of any device.
    private static let stall: Int64 = 250_000_000
    /// Chunks of silence that make up for a standstill at most: a second of the shortest.
    private static let maximumCatchUp: Int64 = 100
    /// What a microphone's delay can be, in microseconds: some servers report more for a stream that has just begun.
    private static let maximumLatency: UInt64 = 200_000
    /// Times that jump by more than this are believed, in nanoseconds: the device stood still.
    private static let jump: Int64 = 50_000_000
    /// Less than that is the unsteadiness of being told, of which a fiftieth is followed.
    private static let smoothing: Int64 = 50

    private struct State {
        var samples: [Int16] = []
        /// The time of the first of them, in nanoseconds.
        var time: Int64?
        /// When the device last delivered; nil while there is none.
        var lastDelivery: Int64?
        var isStalled = false
    }

    private let chunkSamples: Int
    private let onChunk: @Sendable (AudioChunk) -> Void
    private let pacing: PacedAudio
    private let state = Mutex(State())

    init(chunkSamples: Int, _ onChunk: @escaping @Sendable (AudioChunk) -> Void) {
        self.chunkSamples = chunkSamples
        self.onChunk = onChunk
        pacing = PacedAudio(name: "capture clock", chunkSamples: chunkSamples)
    }

    func start(onTick: @escaping @Sendable (Int) -> Void) {
        let blocks = chunkSamples / AudioFormat.blockSamples
        pacing.start { [weak self] timestamp in
            self?.tick(timestamp.wholeNanoseconds)
            onTick(blocks)
        }
    }

    func stop() {
        pacing.stop()
    }

    /// What the device has captured; the last sample this many microseconds ago.
    func take(_ samples: [Int16], latency: UInt64) {
        state.withLock { state in
            let now = MediaClock.monotonicNanoseconds
            state.samples += samples
            if state.isStalled {
                // Silence has stood in for all but the newest.
                state.samples.removeFirst(max(0, state.samples.count - chunkSamples))
                state.isStalled = false
            }
            state.lastDelivery = now
            let measured = now - Int64(min(latency, Self.maximumLatency)) * 1_000 - nanoseconds(state.samples.count)
            var time = state.time ?? measured
            time = abs(measured - time) > Self.jump ? measured : time + (measured - time) / Self.smoothing
            var first = 0
            while state.samples.count - first >= chunkSamples {
                onChunk(AudioChunk(samples: Array(state.samples[first..<first + chunkSamples]), timestamp: .nanoseconds(time)))
                first += chunkSamples
                time += nanoseconds(chunkSamples)
            }
            state.samples.removeFirst(first)
            state.time = time
        }
    }

    func deviceFailed() {
        state.withLock { $0.lastDelivery = nil }
    }

    private func tick(_ timestamp: Int64) {
        state.withLock { state in
            var chunks: Int64 = 1
            if let lastDelivery = state.lastDelivery {
                let silence = MediaClock.monotonicNanoseconds - lastDelivery
                guard silence > Self.stall else { return }
                if !state.isStalled { chunks = min(silence / nanoseconds(chunkSamples), Self.maximumCatchUp) }
                state.isStalled = true
            }
            for remaining in (0..<chunks).reversed() {
                let time = timestamp - remaining * nanoseconds(chunkSamples)
                onChunk(AudioChunk(samples: [Int16](repeating: 0, count: chunkSamples), timestamp: .nanoseconds(time)))
            }
        }
    }

    private func nanoseconds(_ samples: Int) -> Int64 {
        Int64(samples) * 1_000_000 / 48
    }
}
