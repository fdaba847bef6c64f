import MediaSources
import Synchronization

/// Pulls a call's sound for a device at the device's pace, and at that of the clock while the device asks for nothing.
///
/// A server that hangs, or a device that takes seconds to begin, then holds up nothing but itself.
final class PlaybackFeed: DeviceFeed {
    /// A device that has asked for nothing for this long stands still, in nanoseconds: 250 ms, above the blocks of any device.
    private static let stall: Int64 = 250_000_000
    /// Blocks that make up for a standstill at most: the second after which a clock begins anew.
    private static let maximumCatchUp = 100

    private struct State {
        /// What the device did not yet take of the last block.
        var rest: [Int16] = []
        /// When the device last asked; nil while there is none.
        var lastRequest: Int64?
        var isStalled = false
    }

    private let pull: AudioPull
    private let pacing = PacedAudio(name: "playback clock", chunkSamples: AudioFormat.blockSamples)
    private let state = Mutex(State())

    init(_ pull: @escaping AudioPull) {
        self.pull = pull
    }

    func start(onTick: @escaping @Sendable (Int) -> Void) {
        pacing.start { [weak self] _ in
            self?.tick()
            onTick(1)
        }
    }

    func stop() {
        pacing.stop()
    }

    /// What the device asks for.
    func next(_ count: Int) -> [Int16] {
        state.withLock { state in
            state.lastRequest = MediaClock.monotonicNanoseconds
            state.isStalled = false
            var samples = state.rest
            while samples.count < count { samples += pull().filled(to: AudioFormat.blockSamples) }
            state.rest = Array(samples[count...])
            samples.removeSubrange(count...)
            return samples
        }
    }

    func deviceFailed() {
        state.withLock { $0.lastRequest = nil }
    }

    private func tick() {
        state.withLock { state in
            guard let lastRequest = state.lastRequest else {
                _ = pull()
                return
            }
            let silence = MediaClock.monotonicNanoseconds - lastRequest
            guard silence > Self.stall else { return }
            let blocks = state.isStalled ? 1 : min(Int(silence / 10_000_000), Self.maximumCatchUp)
            state.isStalled = true
            for _ in 0..<blocks { _ = pull() }
        }
    }
}
