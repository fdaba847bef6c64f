import Codecs
import Glibc
import MediaSources
import Playout
import RTP
import VoiceProcessing
import Wire

/// Holds received sound until it is due, and gives it out by the block to whoever plays it.
///
/// Packets come from the event loop, blocks are pulled by the playback's thread: a lock stands between.
final class AudioReceiver: Sendable {
    fileprivate struct State {
        var playout: AudioPlayout<OpusAudioDecoding>
        var levelEnergy = 0.0
        var levelSamples = 0
        var levelDecibels: Double?
        var meter = LevelMeter()
    }

    private let state: Monitor<State>

    /// - Throws: `OpusError` where the decoder can't be made.
    init() throws {
        state = Monitor(State(playout: AudioPlayout(decoder: OpusAudioDecoding(decoder: try OpusDecoder()))))
    }

    func receive(_ packet: RTPPacket, at now: Instant) {
        state.withLock { $0.playout.insert(packet, at: now) }
    }

    /// Takes in a frame as a later packet repeated it.
    func receiveCopy(_ packet: RTPPacket, at now: Instant) {
        state.withLock { $0.playout.insertCopy(packet, at: now) }
    }

    /// The next 10 ms to be played, with the RTP timestamp of their first sample and how much later they come than they could have at
    /// the soonest; silence where nothing has come.
    func nextBlock() -> (samples: [Int16], played: (rtpTimestamp: UInt32, delay: Duration)?) {
        let now = Instant(nanoseconds: MediaClock.monotonicNanoseconds)
        return state.withLock { state in
            let block = state.playout.nextFrame(at: now)
            state.measureLevel(block)
            state.meter.measure(block)
            guard let timestamp = state.playout.playedTimestamp, let delay = state.playout.currentDelay else { return (block, nil) }
            return (block, (timestamp, delay))
        }
    }

    /// Lets sound come so much later than at the soonest at least, to keep it in step with a picture that comes later.
    func setMinimumDelay(_ delay: Duration) {
        state.withLock { $0.playout.minimumDelay = delay }
    }

    /// What is heard now, see ``LevelMeter``.
    var meterDecibels: Double {
        state.withLock { $0.meter.decibels }
    }

    /// The account so far, and the level over the last second in decibels relative to full scale (`nil` for digital silence).
    var statistics: (playout: AudioPlayoutStatistics, levelDecibels: Double?) {
        state.withLock { ($0.playout.statistics, $0.levelDecibels) }
    }
}

extension AudioReceiver.State {
    fileprivate mutating func measureLevel(_ block: [Int16]) {
        for sample in block { levelEnergy += Double(sample) * Double(sample) }
        levelSamples += block.count
        guard levelSamples >= AudioFormat.sampleRate else { return }
        // A full-scale sine is 0 dBFS, which has half the energy of a full-scale square.
        let mean = levelEnergy / Double(levelSamples) / (32768 * 32768 / 2)
        levelDecibels = mean > 0 ? 10 * log10(mean) : nil
        levelEnergy = 0
        levelSamples = 0
    }
}

/// The Opus decoder as the jitter buffer wants one.
private struct OpusAudioDecoding: AudioDecoding {
    let decoder: OpusDecoder

    func decode(_ payload: [UInt8]) throws -> [Int16] { try decoder.decode(payload) }
    func decodeFEC(_ payload: [UInt8], samples: Int) throws -> [Int16] { try decoder.decodeFEC(payload, samples: samples) }
    func conceal(samples: Int) throws -> [Int16] { try decoder.conceal(samples: samples) }
    func duration(of payload: [UInt8]) -> Int { decoder.duration(of: payload) }
    func hasFEC(_ payload: [UInt8]) -> Bool { decoder.hasFEC(payload) }
}
