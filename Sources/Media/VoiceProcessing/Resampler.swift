import CSpeexDSP

/// Sound at another rate, by the block: speexdsp's resampler.
///
/// Used on one thread.
package final class Resampler {
    /// Of 0...10: flat to 5 kHz between 48 and 16 kHz, 70 dB down from 9 kHz on. Better ones take a millisecond more each.
    private static let quality: Int32 = 1

    private let state: OpaquePointer

    /// - Parameters:
    ///   - rate: in samples a second.
    /// - Returns: nil where the library cannot be set up.
    package init?(from rate: Int, to target: Int) {
        guard let state = speex_resampler_init(1, UInt32(rate), UInt32(target), Self.quality, nil) else { return nil }
        self.state = state
    }

    deinit {
        speex_resampler_destroy(state)
    }

    /// Fills `target`, which is as long as `samples` at the other rate.
    package func process(_ samples: UnsafeBufferPointer<Int16>, into target: UnsafeMutableBufferPointer<Int16>) {
        var (count, room) = (UInt32(samples.count), UInt32(target.count))
        speex_resampler_process_int(state, 0, samples.baseAddress, &count, target.baseAddress, &room)
    }
}
