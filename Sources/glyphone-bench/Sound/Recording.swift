import Devices
import MediaSources

/// What a speaker gives out, with the time of each sample.
final class Recording: Sendable {
    private let source: MicrophoneSource
    private let chunks = Monitor<[AudioChunk]>([])

    /// Begins to record.
    init(speaker: String, server: String) {
        source = MicrophoneSource(device: "\(speaker).monitor", server: server, chunkSamples: AudioFormat.blockSamples)
        source.start { [chunks] chunk in chunks.withLock { $0.append(chunk) } }
    }

    /// Ends; what has been recorded.
    func finish() -> Sound {
        source.stop()
        return Sound(chunks.withLock { $0 })
    }

    /// Samples without a gap.
    struct Sound {
        let samples: [Int16]
        /// For each block of 10 ms, when its first sample was heard, in nanoseconds.
        private let times: [Int64]

        init(_ chunks: [AudioChunk]) {
            samples = chunks.flatMap(\.samples)
            times = chunks.map(\.timestamp.wholeNanoseconds)
        }

        func time(of sample: Int) -> Int64 {
            let (block, rest) = sample.quotientAndRemainder(dividingBy: AudioFormat.blockSamples)
            return times[min(block, times.count - 1)] + Int64(rest) * 1_000_000 / 48
        }

        func sample(at time: Int64) -> Int {
            let block = max(0, (times.firstIndex { $0 > time } ?? times.count) - 1)
            return block * AudioFormat.blockSamples + Int((time - times[block]) * 48 / 1_000_000)
        }

        /// Where the test tone's clicks begin, which come once a second.
        var clicks: [Int] {
            var found: [Int] = []
            for index in samples.indices where abs(Int(samples[index])) > 12_000 && index - (found.last ?? -48_000) > 24_000 {
                found.append(index)
            }
            return found
        }

        /// How much later than here, in milliseconds, the sound after `first` is heard in another recording: where both are most alike.
        func lag(of first: Int, in other: Sound) -> Double? {
            // The click and its end, within what is no call any more.
            let (length, longest) = (720, 48_000 / 2)
            let begin = other.sample(at: time(of: first))
            guard begin >= 0, first + length < samples.count, begin + longest + length < other.samples.count else { return nil }
            let pattern = samples[first..<(first + length)].map(Double.init)
            var best = (likeness: 0.0, offset: 0)
            for offset in 0..<longest {
                var (product, energy) = (0.0, 1.0)
                for index in 0..<length {
                    let sample = Double(other.samples[begin + offset + index])
                    product += sample * pattern[index]
                    energy += sample * sample
                }
                let likeness = product / energy.squareRoot()
                if likeness > best.likeness { best = (likeness, offset) }
            }
            let strength = best.likeness / pattern.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard strength > 0.5 else { return nil }
            return Double(other.time(of: begin + best.offset) - time(of: first)) / 1e6
        }
    }
}
