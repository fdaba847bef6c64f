/// What W3C's `RTCInboundRtpStreamStats` tells of an audio stream's playout. Samples are at 48 kHz, times in seconds.
public struct AudioPlayoutStatistics: Equatable, Sendable {
    /// The sum over all decoded samples of the time from their packet's arrival to their playout.
    public var jitterBufferDelay = 0.0
    /// The sum over all decoded samples of the delay that was aimed at.
    public var jitterBufferTargetDelay = 0.0
    /// The samples that came out of packets.
    public var jitterBufferEmittedCount = 0
    /// All samples played since the first packet was.
    public var totalSamplesReceived = 0
    /// Samples made up for lost or late packets. Comfort noise in an announced silence is not among them.
    public var concealedSamples = 0
    /// Those concealed samples that were silence.
    public var silentConcealedSamples = 0
    /// How often concealment began.
    public var concealmentEvents = 0
    public var insertedSamplesForDeceleration = 0
    public var removedSamplesForAcceleration = 0
    /// Packets that came too late to be played, or were skipped because far too many had gathered.
    public var packetsDiscarded = 0
    /// Packets that came more than once, or after a copy of theirs had been played.
    public var packetsDuplicated = 0
    /// Copies of frames that came with later packets, by themselves (RFC 2198) or within them (Opus).
    public var fecPacketsReceived = 0
    /// Those copies that nothing was missing for, or that came too late.
    public var fecPacketsDiscarded = 0
    /// Loudness of the last tenth of a second, 0...1, where 1 is a full-scale square wave.
    public var audioLevel = 0.0
    /// The sum over all samples played of the squared level (0...1) times the sample's duration.
    public var totalAudioEnergy = 0.0
    public var totalSamplesDuration = 0.0

    public init() {}

    mutating func played(_ frame: ArraySlice<Int16>) {
        var sum: Int64 = 0
        frame.withUnsafeBufferPointer { samples in
            for index in samples.indices { sum &+= Int64(samples[index]) &* Int64(samples[index]) }
        }
        let energy = Double(sum) / (32767 * 32767)
        totalSamplesReceived += frame.count
        totalSamplesDuration += Double(frame.count) / 48_000
        totalAudioEnergy += energy / 48_000
        // A first-order filter over ten frames of 10 ms.
        let mean = energy / Double(max(1, frame.count))
        audioLevel = min(1, (audioLevel * audioLevel * 0.9 + mean * 0.1).squareRoot())
    }
}
