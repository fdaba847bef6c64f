import Glibc
import MediaSources

/// What of a voice lies above the band that is processed: it is held back for as long as processing takes, and becomes louder and quieter
/// as the top of that band does.
///
/// Voices have next to nothing up there but the edges of consonants, which all the same make them sound near. What processing leaves as
/// it is comes out exactly as it was, the two bands together.
///
/// Used on one thread.
package final class HighBand {
    /// By how much the high band becomes louder at most.
    private static let mostGain: Float = 4
    /// A sample's rounding, which says nothing, as an energy.
    private static let rounding: Float = 1

    /// By how much what is processed comes out later, in samples of the low band: 0...``LowBand/mostDelay``.
    package var delay: Int { didSet { delay = min(max(delay, 0), LowBand.mostDelay) } }

    private let upBefore: Resampler
    private let upAfter: Resampler
    private var gain: Float = 1
    /// The microphone's sound of late, the newest last.
    private var sound = [Int16](repeating: 0, count: LowBand.resamplingDelay + AudioFormat.blockSamples)
    /// What of it is high.
    private var high = [Int16](repeating: 0, count: LowBand.mostDelay * LowBand.factor + AudioFormat.blockSamples)
    /// The low band before processing.
    private var before = [Int16](repeating: 0, count: LowBand.mostDelay + 2 + LowBand.blockSamples)
    /// The low band after it, with the end of the last block.
    private var after = [Int16](repeating: 0, count: 2 + LowBand.blockSamples)
    private var resampled = [Int16](repeating: 0, count: AudioFormat.blockSamples)

    /// - Returns: nil where the resampler cannot be set up.
    package init?(delay: Int = 0) {
        guard let upBefore = Resampler(from: LowBand.rate, to: AudioFormat.sampleRate),
            let upAfter = Resampler(from: LowBand.rate, to: AudioFormat.sampleRate)
        else { return nil }
        (self.upBefore, self.upAfter) = (upBefore, upAfter)
        self.delay = min(max(delay, 0), LowBand.mostDelay)
    }

    /// Puts 10 ms together again.
    ///
    /// - Parameters:
    ///   - block: the microphone's, of 48 kHz; what is to be heard afterwards.
    ///   - low: its low band as it was.
    ///   - processed: its low band ``delay`` samples ago, as it is to be.
    package func join(
        _ block: UnsafeMutableBufferPointer<Int16>, low: UnsafeBufferPointer<Int16>, processed: UnsafeBufferPointer<Int16>
    ) {
        sound.shift(in: UnsafeBufferPointer(block))
        before.shift(in: low)
        after.shift(in: processed)
        resampled.withUnsafeMutableBufferPointer { resampled in
            upBefore.process(low, into: resampled)
            for index in block.indices { resampled[index] = Int16(clamping: Int32(sound[index]) - Int32(resampled[index])) }
        }
        resampled.withUnsafeBufferPointer { high.shift(in: $0) }
        resampled.withUnsafeMutableBufferPointer { upAfter.process(processed, into: $0) }
        let next = nextGain
        let step = (next - gain) / Float(block.count)
        let start = high.count - block.count - delay * LowBand.factor
        for index in block.indices {
            let changed = Float(high[start + index]) * (gain + step * Float(index + 1))
            block[index] = Int16(clamping: Int32(resampled[index]) + Int32(changed.rounded()))
        }
        gain = next
    }

    /// What processing did to the top of its band.
    private var nextGain: Float {
        let first = before.count - LowBand.blockSamples - delay
        let (energy, change) = (topEnergy(of: before, from: first), topEnergy(of: after, from: 2))
        return min(Self.mostGain, ((change + Self.rounding) / (energy + Self.rounding)).squareRoot())
    }

    /// Of a block's part above some 3 kHz, per sample; two samples before it are needed.
    private func topEnergy(of band: [Int16], from first: Int) -> Float {
        var sum: Int64 = 0
        for index in first..<(first + LowBand.blockSamples) {
            let difference = Int64(band[index]) - 2 * Int64(band[index - 1]) + Int64(band[index - 2])
            sum += difference * difference
        }
        return Float(sum) / Float(LowBand.blockSamples)
    }
}

/// The band in which a microphone's sound is processed: that of 16 kHz. Voices have nearly all of their energy in it, and the work is a
/// third of what it would be at 48 kHz.
package enum LowBand {
    /// In samples a second.
    package static let rate = 16_000
    /// Samples of a block of 10 ms.
    package static let blockSamples = AudioFormat.blockSamples / factor
    /// By how much sound comes out later, down and up again, in samples of 48 kHz: a millisecond.
    package static let resamplingDelay = 48
    /// What processing may take, in samples of 16 kHz: 13 ms.
    package static let mostDelay = 208
    package static let factor = 3
}

extension [Int16] {
    /// Takes in as many samples at the end as it loses at the beginning.
    fileprivate mutating func shift(in samples: UnsafeBufferPointer<Int16>) {
        let kept = count - samples.count
        withUnsafeMutableBufferPointer { line in
            guard let line = line.baseAddress, let first = samples.baseAddress else { return }
            line.update(from: line + samples.count, count: kept)
            (line + kept).update(from: first, count: samples.count)
        }
    }
}
