import RTP
import Wire

/// Turns the RTP packets of one audio stream into an even flow of sound: every 10 ms a frame of 480 samples, mono at 48 kHz.
///
/// Packets wait for as long as their jitter asks for, no longer. The delay is measured, not guessed from how full a buffer is:
/// it is the distance between when a sample is played and when it could have been played at the soonest. Where it is too long,
/// the sound is shortened without a change of pitch, where too short, lengthened; that also makes up for the difference between
/// the sender's clock and the playback device's. Lost packets come from the copy in their successor, or are concealed by the
/// decoder and fade. A silence that the sender announced becomes comfort noise.
public struct AudioPlayout<Decoder: AudioDecoding> {
    public struct Configuration: Sendable {
        /// The shortest and longest delay aimed at; 20 ms to 1 s.
        public var delay: ClosedRange<Duration>

        public init(delay: ClosedRange<Duration> = .milliseconds(20) ... .seconds(1)) {
            self.delay = delay
        }
    }

    /// Samples in a frame.
    public static var frameSize: Int { 480 }

    public internal(set) var statistics = AudioPlayoutStatistics()
    /// How much later than at the soonest sound is played at least, so that it stays with its picture: 0...500 ms, see ``LipSync``.
    public var minimumDelay: Duration = .zero
    /// The RTP timestamp of the first sample of the last frame; `nil` before the first packet is played.
    public internal(set) var playedTimestamp: UInt32?

    let configuration: Configuration
    var decoder: Decoder
    var packets = AudioPacketBuffer()
    var estimator = ArrivalDelayEstimator()
    var clock = PullClock()
    /// The device clock at which the next sample is played.
    var playing: Int64 = 0
    /// Decoded samples that are still to be played.
    var output: [Int16] = []
    /// What was played last, no longer than the stretcher looks back.
    var history: [Int16] = []
    /// The timestamp of the first sample after those in ``output``; `nil` until playout has begun.
    var expected: Int64?
    var gap = Gap()
    var stretching = Stretching()
    var repairs = RepairEstimator()
    /// What passed without its sound, and what was played from a copy.
    var missed = PassedFrames()
    var copied = PassedFrames()

    private var ssrc: UInt32?
    private var timestamps = SequenceUnwrapper<UInt32>()
    private var restart: RestartCandidate?

    public init(decoder: Decoder, configuration: Configuration = Configuration()) {
        self.decoder = decoder
        self.configuration = configuration
    }

    /// Takes in a packet of the stream's codec. Others (comfort noise, telephone events) are not to be given.
    public mutating func insert(_ packet: RTPPacket, at now: Instant) {
        guard !packet.payload.isEmpty else { return }
        let arrival = Self.samples(now)
        if ssrc != packet.ssrc {
            if ssrc != nil { beginAnew() }
            ssrc = packet.ssrc
        }
        var timestamp = timestamps.peek(packet.timestamp)
        if let base = estimator.base, abs((arrival &- timestamp) &- base) > RestartCandidate.distance {
            // One stray packet proves nothing; a second one that fits it does.
            let candidate = RestartCandidate(offset: arrival &- Int64(packet.timestamp), sequenceNumber: packet.sequenceNumber)
            guard let earlier = restart, candidate.follows(earlier) else {
                restart = candidate
                statistics.packetsDiscarded += 1
                return
            }
            beginAnew()
            timestamp = timestamps.peek(packet.timestamp)
        }
        restart = nil
        let duration = Int64(decoder.duration(of: packet.payload))
        let hasFEC = decoder.hasFEC(packet.payload)
        if hasFEC {
            statistics.fecPacketsReceived += 1
            noteRepair(of: timestamp - duration, at: arrival)
        }
        if let expected, timestamp + duration <= expected {
            if hasFEC { statistics.fecPacketsDiscarded += 1 }
            // What was played already, if only from a copy, is no loss (RFC 7002 does not count duplicates as discarded either).
            if copied.contains(timestamp) { statistics.packetsDuplicated += 1 } else { statistics.packetsDiscarded += 1 }
            // Where it was missed, it tells how late packets can be; unless the longest delay could not have saved it.
            if missed.contains(timestamp), expected - timestamp < ArrivalDelayEstimator.longest {
                estimator.packet(timestamp: timestamp, arrival: arrival)
            }
            return
        }
        let waiting = AudioPacketBuffer.Packet(
            timestamp: timestamp, sequenceNumber: packet.sequenceNumber, payload: packet.payload, arrival: arrival, isCopy: false)
        switch packets.insert(waiting) {
        case .duplicate:
            statistics.packetsDuplicated += 1
            return
        case .replacedCopy:
            // How late it came does not matter: its copy would have done.
            statistics.fecPacketsDiscarded += 1
            return
        case .overflowed: statistics.packetsDiscarded += 1
        case .inserted: break
        }
        _ = timestamps.unwrap(packet.timestamp)
        estimator.packet(timestamp: timestamp, arrival: arrival)
    }

    /// Takes in a frame as a later packet repeated it, before that packet itself. The timestamp is the frame's own.
    public mutating func insertCopy(_ packet: RTPPacket, at now: Instant) {
        guard !packet.payload.isEmpty, packet.ssrc == ssrc, let base = estimator.base else { return }
        statistics.fecPacketsReceived += 1
        let arrival = Self.samples(now)
        let timestamp = timestamps.peek(packet.timestamp)
        if abs((arrival &- timestamp) &- base) > RestartCandidate.distance {
            statistics.fecPacketsDiscarded += 1
            return
        }
        noteRepair(of: timestamp, at: arrival)
        let waiting = AudioPacketBuffer.Packet(
            timestamp: timestamp, sequenceNumber: packet.sequenceNumber, payload: packet.payload, arrival: arrival, isCopy: true)
        if let expected, timestamp + Int64(decoder.duration(of: packet.payload)) <= expected {
            statistics.fecPacketsDiscarded += 1
        } else if packets.insert(waiting) == .duplicate {
            statistics.fecPacketsDiscarded += 1
        }
    }

    /// Something that stands in for the frame at `timestamp` has come: if nothing else had, that is what waiting is for.
    private mutating func noteRepair(of timestamp: Int64, at arrival: Int64) {
        guard let base = estimator.base, !packets.contains(timestamp: timestamp) else { return }
        if let expected, timestamp < expected, !missed.contains(timestamp) { return }
        repairs.repaired(late: arrival &- timestamp &- base)
    }

    /// The next 10 ms of sound. To be called by the playback device's clock, 100 times a second, one call per frame however many
    /// it takes at once.
    public mutating func nextFrame(at now: Instant) -> [Int16] {
        playing = clock.pull(at: Self.samples(now))
        while output.count < Self.frameSize { fill() }
        stretch()
        if let expected {
            playedTimestamp = UInt32(truncatingIfNeeded: expected + (gap.isSilence ? gap.filled : 0) - Int64(output.count))
            statistics.played(output[..<Self.frameSize])
        }
        let frame = Array(output[..<Self.frameSize])
        output.removeFirst(Self.frameSize)
        history = history.suffix(TimeStretcher.lags.upperBound - Self.frameSize) + frame
        playing += PullClock.frame
        return frame
    }

    /// How long sound should wait: what the packets' jitter asks for, within the bounds set.
    public var targetDelay: Duration {
        Self.duration(target)
    }

    /// How long after it could have been played at the soonest sound is played now; `nil` until playout has begun.
    public var currentDelay: Duration? {
        guard let delay = delay() else { return nil }
        return Self.duration(delay)
    }

    private mutating func beginAnew() {
        packets.removeAll()
        estimator.restart()
        timestamps = SequenceUnwrapper()
        restart = nil
        expected = nil
        gap = Gap()
        stretching = Stretching()
        missed.removeAll()
        copied.removeAll()
    }

    static func samples(_ time: Instant) -> Int64 {
        time.nanoseconds / 1000 * 48 / 1000
    }

    static func samples(_ duration: Duration) -> Int64 {
        duration.nanoseconds / 1000 * 48 / 1000
    }

    private static func duration(_ samples: Int64) -> Duration {
        .microseconds(samples * 1000 / 48)
    }
}

/// A packet whose timestamp lies far off: perhaps the first one after the sender restarted or its clock stood still.
private struct RestartCandidate {
    /// 3 s, in samples: three times the longest delay.
    static let distance: Int64 = 3 * 48_000

    var offset: Int64
    var sequenceNumber: UInt16

    /// Whether the packet is one of the next few after `earlier` and keeps its pace.
    func follows(_ earlier: RestartCandidate) -> Bool {
        (1...16).contains(sequenceNumber &- earlier.sequenceNumber) && abs(offset - earlier.offset) < Self.distance
    }
}
