import Congestion
import Glibc
import Wire

/// Frames with the sizes that libvpx gives them at a bitrate, without the work: for calls in virtual time.
///
/// A model of what this project's encoder does with a moving portrait, its constants chosen by eye, not fitted: sizes vary from
/// frame to frame, a key frame is many times larger and is saved up for afterwards, a change of bitrate takes some frames, what is
/// too small even at the coarsest quantizer is overshot, and what the bit buffer cannot take is dropped.
struct SyntheticEncoder {
    private var format: VideoLadder.Format
    private var bitrate = 0
    private var random: RandomSource
    private var wantsKeyFrame = true
    /// What the encoder has in fact adapted to.
    private var adaptedBitrate = 0.0
    /// Bits sent beyond the bitrate; negative while there is room.
    private var debt = 0.0

    /// Bits a pixel at the coarsest quantizer that the encoder may take, in frames that follow and in key frames.
    private static let coarsest = (delta: 0.012, key: 0.09)
    /// Bits a pixel at the finest: more does not make a picture better.
    private static let finest = (delta: 0.5, key: 0.8)
    /// How many times a frame's share a key frame takes.
    private static let keyFrameFactor = 6.0
    /// Seconds of bitrate: the encoder's buffer, and how far above it frames are dropped.
    private static let longestDebt = 0.4

    init(format: VideoLadder.Format, random: RandomSource) {
        self.format = format
        self.random = random
    }

    /// Another size is another encoder, which begins with a key frame.
    mutating func set(_ format: VideoLadder.Format, bitrate: Int) {
        let isNewSize = format.width != self.format.width || format.height != self.format.height
        if isNewSize || self.bitrate == 0 { (wantsKeyFrame, adaptedBitrate, debt) = (true, Double(bitrate), 0) }
        self.format = format
        self.bitrate = bitrate
    }

    mutating func requestKeyFrame() { wantsKeyFrame = true }

    /// The size of the next picture in bytes; `nil` if it is dropped to keep to the bitrate.
    mutating func encode() -> (size: Int, isKeyFrame: Bool)? {
        adaptedBitrate += (Double(bitrate) - adaptedBitrate) * 0.4
        let framesPerSecond = format.framesPerSecond
        let share = adaptedBitrate / framesPerSecond
        let limit = adaptedBitrate * Self.longestDebt
        let pixels = Double(format.width * format.height)
        if !wantsKeyFrame, debt > limit {
            debt -= share
            return nil
        }
        let noise = exp(normal() * 0.25)
        var bits: Double
        if wantsKeyFrame {
            bits = min(max(share * Self.keyFrameFactor * noise, pixels * Self.coarsest.key), pixels * Self.finest.key)
        } else {
            // What was overdrawn is saved over the next half second.
            let wanted = max(share * 0.4, share - debt / (framesPerSecond / 2))
            bits = min(max(wanted * noise, pixels * Self.coarsest.delta * noise), pixels * Self.finest.delta)
        }
        bits = max(bits, 160)
        defer { wantsKeyFrame = false }
        debt = min(max(-limit, debt + bits - share), limit * 2)
        return (Int(bits / 8), wantsKeyFrame)
    }

    private mutating func normal() -> Double {
        (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
    }
}
