import CSpeexDSP
import Glibc
import MediaSources

/// Takes out of a microphone's sound what is the speaker's by a linear filter that learns the room: speexdsp's.
///
/// It leaves the near voice as it is, also beside a loud far end, where suppression by frequencies takes most of it away. What is left
/// of an echo, because the speaker distorts or the clocks differ, is made quieter while there is next to nothing else.
///
/// Used on one thread, for sound of 16 kHz.
final class EchoFilter {
    /// How much later than its reference an echo's end may come, in samples: 128 ms.
    private static let tail: Int32 = 2_048
    /// Quieter than this, at the most, nobody hears a speaker in a room: -60 dBFS.
    private static let quietest: Int16 = 33
    /// Blocks of silence after which there is no echo any more: longer than the tail.
    private static let silence = 20
    /// What is left is only echo where it is quieter than what was taken away by this, in decibels; and so many decibels are taken away
    /// for each that it is quieter than that, up to ``mostSuppression``.
    private static let echoOnly = -8.0
    private static let slope = 1.5
    private static let mostSuppression = -18.0
    /// The part of an echo's energy that counts in the next block, as rooms take their time to become quiet.
    private static let decay = 0.7

    private let state: OpaquePointer
    private var quietBlocks = EchoFilter.silence
    private var echoEnergy = 0.0
    private var gain: Float = 1
    private var left = [Int16](repeating: 0, count: LowBand.blockSamples)

    /// - Returns: nil where the library cannot be set up.
    init?() {
        guard let state = speex_echo_state_init(Int32(LowBand.blockSamples), Self.tail) else { return nil }
        var rate = Int32(LowBand.rate)
        speex_echo_ctl(state, SPEEX_ECHO_SET_SAMPLING_RATE, &rate)
        self.state = state
    }

    deinit {
        speex_echo_state_destroy(state)
    }

    /// Processes 10 ms in place, with what the speaker played meanwhile.
    func process(_ block: UnsafeMutableBufferPointer<Int16>, reference: UnsafeBufferPointer<Int16>) {
        let isQuiet = reference.allSatisfy { $0.magnitude < Self.quietest }
        quietBlocks = isQuiet ? quietBlocks + 1 : 0
        guard quietBlocks < Self.silence else {
            (echoEnergy, gain) = (0, 1)
            return
        }
        speex_echo_cancellation(state, block.baseAddress, reference.baseAddress, &left)
        suppress(block)
    }

    private func suppress(_ block: UnsafeMutableBufferPointer<Int16>) {
        var (leftEnergy, takenEnergy): (Int64, Int64) = (0, 0)
        for index in block.indices {
            let (before, after) = (Int64(block[index]), Int64(left[index]))
            leftEnergy += after * after
            takenEnergy += (before - after) * (before - after)
        }
        echoEnergy = max(Double(takenEnergy), echoEnergy * Self.decay)
        // A sample's rounding is worth nothing.
        let rounding = Double(block.count)
        let ratio = 10 * log10((Double(leftEnergy) + rounding) / (echoEnergy + rounding))
        let decibels = min(0, max(Self.mostSuppression, (ratio - Self.echoOnly) * Self.slope))
        let next = Float(pow(10, decibels / 20))
        let step = (next - gain) / Float(block.count)
        for index in block.indices {
            block[index] = Int16((Float(left[index]) * (gain + step * Float(index))).rounded())
        }
        gain = next
    }
}
