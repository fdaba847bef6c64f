import Wire

/// How the rate that the path takes is shared out. Sound comes first; pictures get what is left.
public struct BitrateAllocation: Hashable, Sendable {
    /// For the sound's encoder, in bits per second.
    public var audio: Int
    /// For the picture's encoder, in bits per second; 0: send none.
    public var video: Int

    public init(audio: Int, video: Int) {
        self.audio = audio
        self.video = video
    }

    /// What Opus is worth: the least that speech stays clear with, and the most that speech gains from.
    public static let audioBitrates = 12_000...40_000
    /// The line's rates at which sound gets the least and the most.
    private static let audioScale = (least: 60_000.0, most: 200_000.0)
    /// Headers of 50 packets in a second: IP and UDP 28 bytes, RTP with extensions 28, the tag 16.
    static let audioOverhead = 50 * (28 + 28 + 16) * 8
    /// The payload's part in a picture's packets.
    static let videoEfficiency = 0.94
    /// Below the first, a picture is not worth sending; from the second on it is worth beginning again.
    private static let videoMinimum = (stop: 25_000.0, start: 40_000.0)

    /// - Parameters:
    ///   - target: bits per second that the path takes, headers included.
    ///   - retransmission: bits per second that repeated packets take.
    ///   - maximumVideo: for the picture's encoder.
    ///   - sendsVideo: whether pictures are being sent; where they are not, it takes more to begin.
    public init(target: Int, retransmission: Int, maximumVideo: Int, sendsVideo: Bool) {
        let scale = (Double(target) - Self.audioScale.least) / (Self.audioScale.most - Self.audioScale.least)
        let range = Double(Self.audioBitrates.upperBound - Self.audioBitrates.lowerBound)
        audio = Self.audioBitrates.lowerBound + Int(min(max(scale, 0), 1) * range)
        let sound = audio + Self.audioOverhead
        // However much is repeated, half of the rest remains for what is new.
        let rest = Double(max(0, target - sound))
        let left = (rest - min(Double(retransmission), rest / 2)) * Self.videoEfficiency
        video = left < (sendsVideo ? Self.videoMinimum.stop : Self.videoMinimum.start) ? 0 : min(Int(left), maximumVideo)
    }
}

extension BitrateAllocation {
    /// What is sent in all, headers included, with so many bits per second for pictures.
    public static func wanted(video: Int) -> Int {
        audioBitrates.upperBound + audioOverhead + Int(Double(video) / videoEfficiency)
    }

    /// Whether an encoder would hardly notice the difference.
    public func isClose(to other: BitrateAllocation) -> Bool {
        func areClose(_ one: Int, _ other: Int) -> Bool { abs(one - other) * 50 <= max(one, other) }
        return (video == 0) == (other.video == 0) && areClose(audio, other.audio) && areClose(video, other.video)
    }
}
